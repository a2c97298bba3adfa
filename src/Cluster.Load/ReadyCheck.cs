using System.Net;
using Cluster.Load.Client.Wires;

namespace Cluster.Load;

/// <summary>What an endpoint says before a load.</summary>
public enum Readiness
{
    /// <summary>It serves, or has no <c>/health</c> to say otherwise.</summary>
    Ready,
    /// <summary>It went on saying that it does not serve yet.</summary>
    Starting,
    /// <summary>Nobody answers at its address.</summary>
    Unreachable,
}

/// <summary>Waits for an endpoint that says of itself that it does not serve yet: what it would refuse until then says nothing about it.</summary>
public static class ReadyCheck
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_perAsk = TimeSpan.FromSeconds(5);

    /// <summary>Asks <c>/health</c> until it says something else than 503. Endpoints without it are not waited for: their requests tell. Nor are addresses at which nobody listens.</summary>
    /// <param name="endpoint">Base address, as requests have it.</param>
    /// <param name="patience">Longest wait, wall time.</param>
    /// <param name="onWait">Called once, when there is something to wait for.</param>
    public static async Task<Readiness> WaitAsync(Uri endpoint, LoadOptions options, TimeSpan patience, Action onWait, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(onWait);
        using var handler = new SocketsHttpHandler { SslOptions = TlsTrust.Of(options) };
        using var client = new HttpClient(handler) { Timeout = s_perAsk };
        var health = new Uri($"{endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/')}/health");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var first = await AskAsync(client, health, cancellationToken);
        if (first != Readiness.Starting) return first;
        onWait();
        limit.CancelAfter(patience);
        try
        {
            // What listened and is gone for a moment is still starting.
            while (await AskAsync(client, health, limit.Token) != Readiness.Ready) await Task.Delay(s_pause, limit.Token);
            return Readiness.Ready;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Readiness.Starting;
        }
    }

    private static async Task<Readiness> AskAsync(HttpClient client, Uri health, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await client.GetAsync(health, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return answer.StatusCode == HttpStatusCode.ServiceUnavailable ? Readiness.Starting : Readiness.Ready;
        }
        catch (HttpRequestException nobody) when (nobody.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError)
        {
            return Readiness.Unreachable;
        }
        catch (Exception silence) when (silence is HttpRequestException || (silence is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return Readiness.Ready;
        }
    }
}
