using Cluster.Engine;
using Cluster.Grains.Messages;

namespace Cluster.Grains.Instances;

/// <summary>Takes the picture of an instance that consoles and metrics show.</summary>
internal static class Snapshots
{
    public static InstanceSnapshot Of(Instance instance, StepLoop loop)
    {
        var (state, counters, walls) = (instance.State, instance.State.Counters, instance.Walls);
        return new InstanceSnapshot
        {
            Name = instance.Spec.Name,
            Role = instance.Spec.Role.ToString().ToLowerInvariant(),
            Running = state.Running,
            Waiting = state.WaitingCount + state.Reserving.Count,
            KvUsage = state.Pool.Usage,
            Steps = counters.Steps,
            Preemptions = counters.Preemptions,
            PromptTokens = counters.PromptTokens,
            GenerationTokens = counters.GenerationTokens,
            PrefixCacheQueries = counters.PrefixCacheQueries,
            PrefixCacheHits = counters.PrefixCacheHits,
            WallSeconds =
            [
                walls.ComputeSeconds, walls.BandwidthSeconds, walls.NetworkSeconds, walls.HostSeconds,
                walls.BlockedOnBlocksSeconds, walls.BlockedOnSlotsSeconds,
            ],
            BusySeconds = walls.BusySeconds,
            LatenessNs = [loop.Lateness.QuantileNs(0.5), loop.Lateness.QuantileNs(0.99), loop.Lateness.QuantileNs(1)],
            MatmulRatio = loop.RatioMillionths.Count == 0 ? 1 : loop.RatioMillionths.QuantileNs(0.5) / 1e6,
            SaturatedSteps = loop.SaturatedSteps,
            LateSteps = loop.LateSteps,
            KvCached = state.Pool.Total == 0 ? 0 : state.Pool.Evictable / (double)state.Pool.Total,
            LateSeconds = loop.LateSeconds,
            LatestSteps = [.. loop.Latest],
            HeldBlocks = state.Pool.Allocated + state.Pool.Referenced,
            TotalBlocks = state.Pool.Total,
            Gpus = instance.Spec.Deployment.Parallelism.Gpus,
            FellBack = counters.FellBack,
            KvExpired = counters.KvExpired,
            ExtrapolatedSteps = walls.ExtrapolatedSteps,
            Drafts = counters.Drafts,
            DraftTokens = counters.DraftTokens,
            AcceptedDraftTokens = counters.AcceptedDraftTokens,
            OnboardedTokens = counters.OnboardedTokens,
            KvHeldTokenSteps = counters.KvHeldTokenSteps,
            KvUsedTokenSteps = counters.KvUsedTokenSteps,
        };
    }
}
