using Cluster.Engine.Hardware;
using Cluster.Engine.Topology;

namespace Cluster.Scenarios.Tests;

/// <summary>What an instance is on other ranks than its pool was declared with.</summary>
public sealed class ReshapingTests
{
    private static readonly InstanceSpec s_decode = Scenarios.Read(Scenarios.Disaggregated).OrThrow().Variants[0].Cluster.Find("decode-1");

    [Theory]
    [InlineData(2, 1)]
    [InlineData(8, 1)]
    [InlineData(4, 2)]
    public void It_is_what_the_scenario_would_have_made_of_it(int tp, int pp)
    {
        var declared = Scenarios.Read(Scenarios.Disaggregated, new ScenarioOverride("topology.decode.tp", $"{tp}"), new ScenarioOverride("topology.decode.pp", $"{pp}"))
            .OrThrow().Variants[0].Cluster.Find("decode-1");
        var reshaped = s_decode.On(new Parallelism(tp, pp)).Instance.ShouldNotBeNull();
        (reshaped.Name, reshaped.Deployment.Parallelism, reshaped.Scheduler, reshaped.Kv.TotalBlocks, reshaped.Memory)
            .ShouldBe((declared.Name, declared.Deployment.Parallelism, declared.Scheduler, declared.Kv.TotalBlocks, declared.Memory));
        var shape = new Engine.Cost.StepShape { DecodeSequences = 8, DecodeTokensPerSequence = 1, DecodeContextTokens = 8000, DecodeBoundedContextTokens = 8000, SampledSequences = 8 };
        reshaped.Cost.Evaluate(in shape).ShouldBe(declared.Cost.Evaluate(in shape));
    }

    [Fact]
    public void It_can_be_reshaped_again_and_back()
    {
        var back = s_decode.On(new Parallelism(8)).Instance!.On(s_decode.Deployment.Parallelism).Instance!;
        (back.Name, back.Kv.TotalBlocks, back.Memory).ShouldBe((s_decode.Name, s_decode.Kv.TotalBlocks, s_decode.Memory));
    }

    [Theory]
    [InlineData(1, "does not fit")]
    [InlineData(3, "does not divide the 64 query heads")]
    public void What_it_cannot_be_has_its_reasons(int tp, string said)
    {
        var wide = Scenarios.Read(Scenarios.Disaggregated, new ScenarioOverride("weights", "bf16")).OrThrow().Variants[0].Cluster.Find("decode-1");
        var impossible = wide.On(new Parallelism(tp));
        impossible.Instance.ShouldBeNull();
        string.Join(' ', impossible.Reasons).ShouldContain(said);
    }
}
