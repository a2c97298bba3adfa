using Cluster.Engine.Autoscaling;
using Cluster.Engine.Requests;
using Cluster.Grains;
using Cluster.Grains.Messages;
using Cluster.ServiceDefaults.Recording;

namespace Cluster.Gateway.Live;

/// <summary>
/// Scales the pools of a live cluster: tells the engine's planner what requests experience, asks it at its interval, and has
/// the topology open and drain instances as it decides.
/// </summary>
internal sealed class Autoscaler(ClusterBackend backend, ClusterContext context, AutoscaleSpec spec, RunReporter runs) : IAsyncDisposable
{
    private readonly Planner _planner = new(context.Cluster, spec);
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly int[] _startups = new int[context.Cluster.Instances.Length];
    private Task _planning = Task.CompletedTask;

    public void Start()
    {
        backend.Arrived += OnArrived;
        backend.FirstToken += OnFirstToken;
        backend.Ended += OnEnded;
        _planning = PlanAsync();
    }

    public async ValueTask DisposeAsync()
    {
        backend.Arrived -= OnArrived;
        backend.FirstToken -= OnFirstToken;
        backend.Ended -= OnEnded;
        await _ending.CancelAsync();
        await _planning.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private void OnArrived()
    {
        lock (_gate) _planner.Arrived();
    }

    private void OnFirstToken(long ttftNs)
    {
        lock (_gate) _planner.FirstToken(ttftNs);
    }

    private void OnEnded(RequestObservation request)
    {
        if (request.Outcome != RequestOutcome.Completed) return;
        // The planner looks at lengths alone.
        var shape = new RequestSpec(0, 0, request.PromptTokens, request.OutputTokens, TokenContent.Unique(0, request.PromptTokens + request.OutputTokens));
        lock (_gate) _planner.Completed(shape, request.CachedTokens, double.IsNaN(request.TpotNs) ? 0 : request.TpotNs);
    }

    private async Task PlanAsync()
    {
        for (var atNs = context.Clock.NowNs + spec.LoadIntervalNs; ; atNs += spec.LoadIntervalNs)
        {
            await context.Clock.WaitUntilAsync(atNs).WaitAsync(_ending.Token);
            try
            {
                await PlanOnceAsync(atNs);
            }
            catch (Exception failure) when (failure is not (OutOfMemoryException or OperationCanceledException))
            {
                // A silo may be lost at the moment.
                GatewayLog.NotPlanned(backend.Logger, failure);
            }
        }
    }

    private async Task PlanOnceAsync(long nowNs)
    {
        await TurnOffDrainedAsync((await backend.Topology.GetPlanAsync()).Members);
        var active = new int[context.Cluster.Instances.Length];
        for (var i = 0; i < active.Length; i++) active[i] = await backend.Router.CountActiveAsync(NameOf(i));
        foreach (var action in Decide(nowNs, active)) await CarryOutAsync(action);
    }

    private List<ScaleAction> Decide(long nowNs, int[] active)
    {
        lock (_gate)
        {
            // Who waits for a first token beyond the objective has missed it, though nobody has measured that yet.
            if (context.Cluster.Slo.TtftNs is { } objectiveNs)
                foreach (var sinceNs in backend.WaitingSinceNs)
                    if (nowNs - sinceNs > objectiveNs) _planner.FirstToken(nowNs - sinceNs);
            return [.. _planner.Tick(nowNs, instance => active[instance])];
        }
    }

    private async Task CarryOutAsync(ScaleAction action)
    {
        runs.Note("autoscale", $"{action.Step.ToString().ToLowerInvariant()} {NameOf(action.Instance)}");
        switch (action.Step)
        {
            case ScaleStep.Provision: _ = StartAsync(action.Instance, ++_startups[action.Instance]); break;
            case ScaleStep.Reopen: await backend.Topology.OpenAsync(NameOf(action.Instance)); break;
            case ScaleStep.Drain: await backend.Topology.DrainAsync(NameOf(action.Instance)); break;
            case ScaleStep.Cancel: break; // it never opened
            default: throw new InvalidOperationException($"Unknown step {action.Step}.");
        }
    }

    private async Task StartAsync(int instance, int startup)
    {
        await context.Clock.WaitUntilAsync(context.Clock.NowNs + spec.ProvisioningNs).WaitAsync(_ending.Token);
        // Given up meanwhile, and perhaps begun anew.
        lock (_gate)
            if (_startups[instance] != startup || !_planner.Fleet.Started(instance)) return;
        await backend.Topology.OpenAsync(NameOf(instance));
    }

    private async Task TurnOffDrainedAsync(MemberMessage[] members)
    {
        for (var i = 0; i < _startups.Length; i++)
        {
            if (_planner.Fleet[i] != InstancePower.Draining || !members.Any(m => m.Name == NameOf(i) && m.State == "drained")) continue;
            lock (_gate) _planner.Fleet.Emptied(i);
            // Its cache goes with it.
            await backend.Instance(NameOf(i)).ResetPrefixCacheAsync();
        }
    }

    private string NameOf(int instance) => context.Cluster.Instances[instance].Name;
}
