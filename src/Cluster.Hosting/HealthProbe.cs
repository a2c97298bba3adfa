namespace Cluster.Hosting;

/// <summary>Asks a host process whether it is ready: for probes in images that have neither curl nor a shell.</summary>
public static class HealthProbe
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    /// <summary>Whether the arguments ask for a probe: <c>--health URL</c>.</summary>
    public static bool IsAsked(IReadOnlyList<string> args)
    {
        ArgumentNullException.ThrowIfNull(args);
        return args.Count == 2 && args[0] == "--health";
    }

    /// <returns>Whether <c>/health</c> at <paramref name="address"/> answers with success, and what it answered.</returns>
    public static async Task<(bool IsReady, string Said)> AskAsync(string address, CancellationToken cancellation = default)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var endpoint)) return (false, $"{address}: not an address; e.g. http://127.0.0.1:8000.");
        try
        {
            using var handler = new SocketsHttpHandler();
            // On this machine a probe asks whether the gateway serves; whom its certificate convinces is not the question.
#pragma warning disable CA5359
            if (endpoint.IsLoopback) handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
            using var client = new HttpClient(handler) { Timeout = s_limit };
            using var answer = await client.GetAsync(new Uri(endpoint, "/health"), cancellation);
            return (answer.IsSuccessStatusCode, $"{endpoint}: {(int)answer.StatusCode} {answer.ReasonPhrase}");
        }
        catch (Exception silence) when (silence is HttpRequestException or TaskCanceledException)
        {
            return (false, $"{endpoint}: {silence.Message}");
        }
    }

    /// <summary>Runs the probe that the arguments ask for.</summary>
    /// <returns>0 when ready, 1 when not.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        ArgumentNullException.ThrowIfNull(args);
        var (isReady, said) = await AskAsync(args[1]);
        await Console.Error.WriteLineAsync(said);
        return isReady ? 0 : 1;
    }
}
