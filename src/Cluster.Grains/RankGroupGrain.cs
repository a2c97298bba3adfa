using Cluster.Compute;
using Cluster.Grains.Messages;

namespace Cluster.Grains;

/// <summary>Runs the share of one rank group in each step of its instance, as timed matrix products on its own silo.</summary>
public sealed class RankGroupGrain(ClusterContext context) : Grain, IRankGroupGrain
{
    private IStepTimer _timer = null!;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _timer = context.Timers(context.Cluster.Find(GrainKeys.SplitGroup(this.GetPrimaryKeyString()).Instance));
        return base.OnActivateAsync(cancellationToken);
    }

    public async Task<RankTiming> RunAsync(RankStep step) => RankTiming.Of(await _timer.RunAsync(default, step.ToCost(), CancellationToken.None));
}
