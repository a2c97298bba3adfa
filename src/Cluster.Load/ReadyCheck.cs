using System.Net;
using Cluster.Load.Client.Wires;

namespace Cluster.Load;

/// <summary>Waits for an endpoint that says of itself that it does not serve yet: what it would refuse until then says nothing about it.</summary>
public static class ReadyCheck
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_perAsk = TimeSpan.FromSeconds(5);

    /// <summary>Asks <c>/health</c> until it says something else than 503. Endpoints without it, or that nobody reaches, are not waited for: their requests tell.</summary>
    /// <param name="endpoint">Base address, as requests have it.</param>
    /// <param name="patience">Longest wait, wall time.</param>
    /// <param name="onWait">Called once, when there is something to wait for.</param>
    /// <returns>False when the endpoint was not ready in time.</returns>
    public static async Task<bool> WaitAsync(Uri endpoint, LoadOptions options, TimeSpan patience, Action onWait, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(onWait);
        using var handler = new SocketsHttpHandler { SslOptions = TlsTrust.Of(options) };
        using var client = new HttpClient(handler) { Timeout = s_perAsk };
        var health = new Uri($"{endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/')}/health");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (!await IsStartingAsync(client, health, cancellationToken)) return true;
        onWait();
        limit.CancelAfter(patience);
        try
        {
            while (await IsStartingAsync(client, health, limit.Token)) await Task.Delay(s_pause, limit.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static async Task<bool> IsStartingAsync(HttpClient client, Uri health, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await client.GetAsync(health, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return answer.StatusCode == HttpStatusCode.ServiceUnavailable;
        }
        catch (Exception silence) when (silence is HttpRequestException || (silence is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }
}
