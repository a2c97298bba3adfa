using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;

namespace Cluster.Engine.Tests.Cost;

/// <summary>What pipeline stages gain: micro-batches under way at the same time.</summary>
public sealed class PipelineTests
{
    [Fact]
    public void A_large_decode_batch_over_two_stages_takes_the_time_of_half_of_it()
    {
        var (one, two) = (Model(pp: 1), Model(pp: 2));
        var halved = one.Evaluate(Steps.Decode(64, 1000)).DurationSeconds;
        two.Evaluate(Steps.Decode(128, 1000)).DurationSeconds.ShouldBe(halved, halved * 0.02, "but for what crosses the boundary");
    }

    [Fact]
    public void One_sequence_gains_nothing_from_more_stages()
    {
        foreach (var pp in new[] { 2, 4 })
        {
            Model(pp).Evaluate(Steps.Decode(1, 1000)).DurationSeconds.ShouldBeGreaterThanOrEqualTo(Model(1).Evaluate(Steps.Decode(1, 1000)).DurationSeconds);
            Model(pp).Evaluate(Steps.Prefill(1, 4096)).DurationSeconds.ShouldBeGreaterThanOrEqualTo(Model(1).Evaluate(Steps.Prefill(1, 4096)).DurationSeconds);
        }
    }

    [Fact]
    public void More_stages_never_make_a_step_of_many_sequences_longer_and_never_shorter_than_its_share()
    {
        foreach (var batch in new[] { 4, 16, 64, 256 })
        {
            var alone = Model(1).Evaluate(Steps.Decode(batch, 2000)).DurationSeconds;
            foreach (var pp in new[] { 2, 4 })
            {
                var spread = Model(pp).Evaluate(Steps.Decode(batch, 2000)).DurationSeconds;
                spread.ShouldBeLessThan(alone * 1.05, $"batch {batch}, pp {pp}");
                spread.ShouldBeGreaterThan(alone / pp, $"batch {batch}, pp {pp}: weights are read for each micro-batch");
            }
        }
    }

    private static StepCostModel Model(int pp) => new(Steps.Llama8b() with { Parallelism = new Parallelism(Pp: pp) });
}
