using Cluster.Engine.Requests;
using Cluster.Load.Client;

namespace Cluster.Load;

/// <summary>Drives an OpenAI-compatible endpoint with a workload and measures what its clients see.</summary>
public static class LoadDriver
{
    /// <summary>Runs an open loop: requests are sent when they arrive, whatever became of those before.</summary>
    /// <param name="endpoint">Base address, e.g. <c>http://127.0.0.1:8000</c>.</param>
    /// <param name="requests">Ascending by arrival.</param>
    public static Task<LoadResult> RunAsync(
        Uri endpoint, IEnumerable<RequestSpec> requests, LoadOptions options, IProgress<LoadProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        RunAsync(endpoint, new Workload.OpenLoop(requests), options, progress, cancellationToken);

    /// <summary>Runs any workload to its end, or until cancelled; what had ended by then is in the result.</summary>
    /// <exception cref="ArgumentException">The options are unsound.</exception>
    public static async Task<LoadResult> RunAsync(
        Uri endpoint, Workload workload, LoadOptions options, IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(workload);
        ArgumentNullException.ThrowIfNull(options);
        options.ThrowIfUnsound();
        if (endpoint.Scheme is not ("http" or "https")) throw new ArgumentException($"'{endpoint}' is not an http or https address.", nameof(endpoint));
        using var pool = new ConnectionPool(endpoint, options);
        // Clients of a closed loop send at once; who has a time has it from the first request on.
        using var clock = new LoadClock(options.TimeScale, workload is Workload.ClosedLoop ? TimeSpan.Zero : LoadClock.Lead);
        var recorder = new LoadRecorder(options);
        var sender = new RequestSender(pool, new RequestEncoder(endpoint, options), clock, recorder, options);
        using var ticker = progress is null ? null : new Timer(_ => progress.Report(recorder.Progress(clock)), null, 250, 250);
        var wasCancelled = false;
        try
        {
            await Dispatch.RunAsync(workload, sender, clock, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            wasCancelled = true;
        }

        progress?.Report(recorder.Progress(clock));
        return recorder.ToResult(wasCancelled);
    }
}
