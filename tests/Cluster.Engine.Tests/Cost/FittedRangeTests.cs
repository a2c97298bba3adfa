using Cluster.Engine.Cost;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Cost;

/// <summary>A price beyond the kernel tables says so.</summary>
public sealed class FittedRangeTests
{
    [Theory]
    [InlineData(8_192, false)]
    [InlineData(16_385, true)]
    public void A_prompt_longer_than_any_measured_one_is_flagged(long context, bool flagged)
    {
        var cost = new StepCostModel(Catalogue.TinyDeployment);
        cost.Evaluate(new StepShape { PrefillSequences = 1, PrefillTokens = 1024, PrefillPairs = 1024 * context, PrefillContextTokens = context, SampledSequences = 1 })
            .Extrapolated.ShouldBe(flagged);
    }

    [Fact]
    public void A_GPU_whose_kernels_were_not_measured_is_flagged_whatever_the_size()
    {
        var deployment = Catalogue.TinyDeployment;
        var cost = new StepCostModel(deployment with { Gpu = deployment.Gpu with { DerivedFrom = "another" } });
        cost.Evaluate(new StepShape { DecodeSequences = 1, DecodeTokensPerSequence = 1, DecodeContextTokens = 100, SampledSequences = 1 }).Extrapolated.ShouldBeTrue();
    }
}
