using Cluster.Engine.Units;
using Cluster.Simulator.Events;

namespace Cluster.Simulator.Tests;

public sealed class StepEndsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(64)]
    [InlineData(100)]
    public void The_earliest_end_is_next_and_of_equal_ones_that_of_the_first_instance(int instances)
    {
        var (ends, random, dueNs) = (new StepEnds(instances), new RandomStream(1, "ends"), Enumerable.Repeat(Time.Never, instances).ToArray());
        ends.NextNs.ShouldBe(Time.Never);
        for (var i = 0; i < 2000; i++)
        {
            var instance = random.NextInt(instances);
            dueNs[instance] = random.NextInt(4) == 0 ? Time.Never : random.NextInt(50);
            ends.Set(instance, dueNs[instance]);
            ends.NextNs.ShouldBe(dueNs.Min());
            if (ends.NextNs != Time.Never) ends.Next.ShouldBe(Array.IndexOf(dueNs, dueNs.Min()));
        }
    }
}
