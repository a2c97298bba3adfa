namespace Cluster.Gateway.Backend;

/// <summary>
/// What stands behind the HTTP surface: the live cluster, or an <see cref="EchoBackend"/>. The gateway decides what
/// the answer says and how long it will be; the backend decides when each token becomes visible.
/// </summary>
public interface IInferenceBackend
{
    /// <summary>Models on offer, at least one; the first serves requests that name none.</summary>
    IReadOnlyList<ServedModel> Models { get; }

    /// <summary>True once requests can be served: <c>/health</c> answers 200 from then on, 503 before.</summary>
    bool IsReady { get; }

    /// <summary>
    /// Takes a request in. Overload is no exception: the stream then ends with <see cref="StreamEnd.Rejected"/> before
    /// any token, and the gateway answers 429.
    /// </summary>
    /// <param name="cancellationToken">Bounds the submission alone; a running request ends by <see cref="IInferenceStream.Cancel"/>.</param>
    ValueTask<IInferenceStream> SubmitAsync(InferenceRequest request, CancellationToken cancellationToken);

    /// <summary>Forgets cached prefixes everywhere; false when running requests hold some of them.</summary>
    ValueTask<bool> ResetPrefixCacheAsync(CancellationToken cancellationToken);

    /// <summary>How busy the cluster is now; cheap enough to be asked several times a second.</summary>
    LoadSnapshot LoadSnapshot();
}

/// <summary>How busy the cluster is.</summary>
/// <param name="Running">Requests in a batch.</param>
/// <param name="Waiting">Requests queued at an instance or in transfer.</param>
/// <param name="KvCacheUsage">Share of KV blocks held by requests, 0 to 1, mean over instances.</param>
public readonly record struct LoadSnapshot(int Running, int Waiting, double KvCacheUsage);
