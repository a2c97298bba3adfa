using Cluster.Gateway.Live;
using Cluster.Grains.Messages;

namespace Cluster.Gateway.Tests.Live;

public sealed class HostWatchTests
{
    private readonly HostWatch _watch = new();
    private (long Steps, long Late, long Saturated) _now;

    [Fact]
    public void A_host_that_falls_behind_is_announced_once_and_its_recovery_too()
    {
        Window(steps: 1000, late: 10).ShouldBeEmpty();
        Window(steps: 1000, late: 120).Single().ShouldContain("of the last 1000 steps 12 % ended over a millisecond late");
        Window(steps: 1000, late: 300).ShouldBeEmpty();
        Window(steps: 1000, late: 40).ShouldBeEmpty();
        Window(steps: 1000, late: 5).Single().ShouldContain("keeps up again: 0.5 %");
        Window(steps: 1000, late: 0).ShouldBeEmpty();
    }

    [Fact]
    public void Saturated_compute_threads_count_as_much_as_late_steps() =>
        Window(steps: 1000, late: 0, saturated: 100).Single().ShouldContain("10 % found its compute threads saturated");

    [Fact]
    public void A_handful_of_steps_says_nothing() => Window(steps: 5, late: 5).ShouldBeEmpty();

    [Fact]
    public void An_instance_that_begins_anew_makes_nobody_late()
    {
        Window(steps: 1000, late: 100).Count.ShouldBe(1);
        _now = default;
        Window(steps: 2000, late: 0).ShouldBeEmpty();
    }

    /// <summary>What is announced in the looks of one window in which so much is added.</summary>
    private List<string> Window(long steps, long late, long saturated = 0)
    {
        _now = (_now.Steps + steps, _now.Late + late, _now.Saturated + saturated);
        return [.. Enumerable.Range(0, HostWatch.Looks).Select(_ => _watch.Look(Snapshot())).OfType<string>()];
    }

    private TopologySnapshot Snapshot() => new("c",
    [
        new InstanceSnapshot
        {
            Name = "aggregated-0", Role = "aggregated", Running = 0, Waiting = 0, KvUsage = 0, Preemptions = 0, PromptTokens = 0, GenerationTokens = 0,
            PrefixCacheQueries = 0, PrefixCacheHits = 0, WallSeconds = [], LatenessNs = [0, 0, 0], MatmulRatio = 1, BusySeconds = 0,
            Steps = _now.Steps, LateSteps = _now.Late, SaturatedSteps = _now.Saturated,
        },
    ], new LinkSnapshot(0, 0));
}
