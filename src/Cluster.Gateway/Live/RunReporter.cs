using Cluster.Engine.Topology;
using Cluster.Grains;
using Cluster.Grains.Messages;
using Cluster.ServiceDefaults.Recording;

namespace Cluster.Gateway.Live;

/// <summary>
/// Adds what this gateway sees to the run's record: how requests end, and what operators do. Sent once a second and at the
/// end; what did not get through is sent again under the same number, so that it counts once.
/// </summary>
internal sealed class RunReporter(ClusterBackend backend, ClusterContext context) : IAsyncDisposable
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);
    private readonly string _gateway = Guid.NewGuid().ToString("N");
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly CancellationTokenSource _ending = new();
    private List<RequestObservation> _ended = [];
    private List<RunEvent> _events = [];
    private RunNews? _underWay;
    private long _number;
    private Task _reporting = Task.CompletedTask;

    public void Start()
    {
        backend.Ended += OnEnded;
        _reporting = ReportAsync();
    }

    /// <summary>Something was done to the cluster.</summary>
    public void Note(string what, string text)
    {
        lock (_gate) _events.Add(new RunEvent(context.Clock.NowNs, what, text));
    }

    /// <summary>Says what is left, while there is somebody to say it to.</summary>
    public async Task StopAsync()
    {
        if (_ending.IsCancellationRequested) return;
        await _ending.CancelAsync();
        await _reporting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await TryFlushAsync();
    }

    /// <summary>Sends what there is; completes when it is kept.</summary>
    public async Task FlushAsync()
    {
        await _sending.WaitAsync();
        try
        {
            while ((_underWay ??= Take()) is { } news)
            {
                await backend.Runs.AddAsync(news);
                _underWay = null;
            }
        }
        finally
        {
            _sending.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        backend.Ended -= OnEnded;
        await StopAsync();
        _ending.Dispose();
        _sending.Dispose();
    }

    private void OnEnded(RequestObservation request)
    {
        lock (_gate) _ended.Add(request);
    }

    private async Task ReportAsync()
    {
        using var timer = new PeriodicTimer(s_period);
        // What is kept already is read now, while the cluster is whole, and not when the first request has ended.
        await TryAsync(() => backend.Runs.GetAsync());
        while (await timer.WaitForNextTickAsync(_ending.Token)) await TryFlushAsync();
    }

    private Task TryFlushAsync() => TryAsync(FlushAsync);

    private async Task TryAsync(Func<Task> asked)
    {
        try
        {
            await asked();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // A silo, or the storage, may be away at the moment.
            GatewayLog.NotRecorded(backend.Logger, failure);
        }
    }

    private RunNews? Take()
    {
        List<RequestObservation> ended;
        List<RunEvent> events;
        lock (_gate)
        {
            if (_ended.Count + _events.Count == 0) return null;
            (ended, events, _ended, _events) = (_ended, _events, [], []);
        }

        return new RunNews(_gateway, ++_number, context.Clock.NowNs, Tally(ended, context.Cluster.Slo), [.. events]);
    }

    private static RunTally Tally(List<RequestObservation> ended, SloSpec slo)
    {
        var completed = ended.Where(r => r.Outcome == RequestOutcome.Completed).ToList();
        return new RunTally
        {
            Completed = completed.Count,
            Failed = ended.Count(r => r.Outcome == RequestOutcome.Failed),
            Aborted = ended.Count(r => r.Outcome == RequestOutcome.Aborted),
            Rejected = ended.Count(r => r.Outcome == RequestOutcome.Rejected),
            MetSlo = completed.Count(r => slo.IsMetBy(r.TtftNs, double.IsNaN(r.TpotNs) ? 0 : r.TpotNs, r.E2eNs)),
            PromptTokens = ended.Sum(r => (long)r.PromptTokens),
            CachedTokens = ended.Sum(r => (long)r.CachedTokens),
            OutputTokens = ended.Sum(r => (long)r.OutputTokens),
            Ttft = DurationCounts.Of(completed.Select(r => r.TtftNs)),
            Tpot = DurationCounts.Of(completed.Where(r => !double.IsNaN(r.TpotNs)).Select(r => (long)r.TpotNs)),
        };
    }
}
