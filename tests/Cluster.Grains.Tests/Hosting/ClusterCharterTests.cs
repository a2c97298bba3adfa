using Cluster.Grains.Hosting;
using Cluster.Grains.Timing;

namespace Cluster.Grains.Tests.Hosting;

public sealed class ClusterCharterTests
{
    private readonly ClusterCharter _charter = new("quickstart", "aaaa", "1.0", DateTime.UnixEpoch);

    [Fact]
    public void A_silo_of_the_same_scenario_and_version_may_join() => _charter.Refuse("silo-1", "quickstart", "aaaa", "1.0").ShouldBeNull();

    [Fact]
    public void Others_are_told_what_differs_and_what_to_do()
    {
        _charter.Refuse("silo-1", "agents", "bbbb", "1.0").ShouldBe(
            "Silo 'silo-1' has scenario 'agents' (bbbb), the cluster runs 'quickstart' (aaaa): start it with the same scenario file, variant and settings.");
        _charter.Refuse("silo-1", "quickstart", "bbbb", "1.0")!.ShouldContain("another 'quickstart' (bbbb)");
        _charter.Refuse("silo-1", "quickstart", "aaaa", "0.9").ShouldBe("Silo 'silo-1' is version 0.9, the cluster runs 1.0: start it from the same build.");
    }

    [Fact]
    public void Two_processes_with_one_epoch_tell_the_same_emulated_time()
    {
        using var pacer = new Pacer();
        var epoch = DateTime.UtcNow - TimeSpan.FromSeconds(5);
        var (first, second) = (new EmulatedClock(pacer, 10, epoch), new EmulatedClock(pacer, 10));
        second.Align(epoch);
        first.NowNs.ShouldBeGreaterThanOrEqualTo(50_000_000_000);
        // Read one after the other, at ten emulated seconds a second.
        (second.NowNs - first.NowNs).ShouldBeInRange(-1_000_000_000, 100_000_000_000);
    }
}
