using System.Diagnostics;
using Cluster.Load.Client;

namespace Cluster.Load.Soak;

/// <summary>
/// Keeps an endpoint at its limit for a long time with clients that finish, hang up, half-close, read slowly and come again
/// when refused, and accounts for every stream.
/// </summary>
public static class StreamSoak
{
    /// <param name="onProgress">Told the outcome so far, every few seconds.</param>
    public static async Task<SoakOutcome> RunAsync(Uri endpoint, SoakPlan plan, Action<SoakOutcome>? onProgress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(plan);
        var options = new LoadOptions { ReceiveBufferBytes = 2048 };
        var (encoder, tally) = (new RequestEncoder(endpoint, options), new SoakTally());
        var startedTicks = Stopwatch.GetTimestamp();
        var clients = Enumerable.Range(0, plan.Clients).Select(i => new SoakClient(endpoint, encoder, options, plan, tally, i, startedTicks)).ToList();
        try
        {
            var running = Task.WhenAll(clients.Select(c => c.RunAsync(cancellation)));
            while (onProgress is not null && await Task.WhenAny(running, Task.Delay(TimeSpan.FromSeconds(5), cancellation)) != running) onProgress(tally.Outcome());
            await running;
        }
        finally
        {
            foreach (var client in clients) client.Dispose();
        }

        return tally.Outcome();
    }
}
