using Cluster.Compute;
using Cluster.Engine.Cost;
using Cluster.Engine.Topology;
using Cluster.Grains.Messages;

namespace Cluster.Grains.Instances;

/// <summary>
/// Times the steps of an instance over all its rank groups: each runs its share where it is, and the step is as long as the
/// slowest took. The first group is here; the others are asked once per step.
/// </summary>
internal sealed class RankGroups : IStepTimer
{
    private readonly IStepTimer _here;
    private readonly IRankGroupGrain[] _elsewhere;
    private readonly Task<RankTiming>[] _answers;
    private double[] _slowdowns;
    private readonly RankLayout _layout;
    private readonly Dictionary<int, double> _slowRanks = [];

    /// <param name="elsewhere">The groups after the first, in order.</param>
    public RankGroups(RankLayout layout, IStepTimer here, IRankGroupGrain[] elsewhere)
    {
        (_layout, _here, _elsewhere) = (layout, here, elsewhere);
        _answers = new Task<RankTiming>[elsewhere.Length];
        _slowdowns = new double[layout.Groups];
        Array.Fill(_slowdowns, 1);
        SlowestSteps = new long[layout.Groups];
    }

    /// <summary>The groups of an instance, the first here, the others wherever their grains are.</summary>
    public static RankGroups Of(ClusterContext context, InstanceSpec spec, IGrainFactory grains)
    {
        var layout = RankLayout.Of(spec);
        var elsewhere = new IRankGroupGrain[layout.Groups - 1];
        for (var i = 0; i < elsewhere.Length; i++) elsewhere[i] = grains.GetGrain<IRankGroupGrain>(GrainKeys.RankGroup(context.Cluster.Name, spec.Name, i + 1));
        return new RankGroups(layout, context.Timers(spec), elsewhere);
    }

    /// <summary>For each group, the steps of which it was the slowest.</summary>
    public long[] SlowestSteps { get; }

    /// <summary>Step time × of the slowest rank.</summary>
    public double Slowdown => _slowdowns.Max();

    /// <summary>A rank takes so many times as long; 1: as the cost model says. One that a smaller instance no longer has slows nobody.</summary>
    public void Slow(int rank, double factor)
    {
        if (rank >= _layout.Ranks) return;
        _slowRanks[rank] = factor;
        var slowdowns = new double[_slowdowns.Length];
        Array.Fill(slowdowns, 1);
        foreach (var (slow, times) in _slowRanks) slowdowns[_layout.GroupOf(slow)] = Math.Max(slowdowns[_layout.GroupOf(slow)], times);
        // A step that is being timed goes by one or the other.
        _slowdowns = slowdowns;
    }

    /// <exception cref="RankLostException">A group does not answer: the instance cannot step any more.</exception>
    public async ValueTask<StepTiming> RunAsync(StepShape shape, StepCost cost, CancellationToken cancellationToken)
    {
        for (var i = 0; i < _elsewhere.Length; i++) _answers[i] = _elsewhere[i].RunAsync(RankStep.Of(in cost));
        var slowest = Slowed(await _here.RunAsync(shape, cost, cancellationToken), 0);
        var group = 0;
        for (var i = 0; i < _answers.Length; i++)
        {
            var timing = Slowed((await AnswerAsync(i)).ToTiming(), i + 1);
            var saturated = slowest.Saturated || timing.Saturated;
            if (timing.EmulatedDurationNs > slowest.EmulatedDurationNs) (slowest, group) = (timing, i + 1);
            slowest = slowest with { Saturated = saturated };
        }

        SlowestSteps[group]++;
        return slowest;
    }

    private StepTiming Slowed(StepTiming timing, int group) =>
        _slowdowns[group] == 1 ? timing : timing with { EmulatedDurationNs = (long)(timing.EmulatedDurationNs * _slowdowns[group]) };

    private async Task<RankTiming> AnswerAsync(int index)
    {
        try
        {
            return await _answers[index];
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            throw new RankLostException($"Rank group {index + 1} is lost: {failure.Message}", failure);
        }
    }
}

/// <summary>A group of ranks is gone, and with it what the instance held: its requests go on elsewhere.</summary>
internal sealed class RankLostException(string message, Exception cause) : Exception(message, cause);
