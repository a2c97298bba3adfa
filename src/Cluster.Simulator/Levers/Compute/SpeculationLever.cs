using System.Globalization;
using Cluster.Engine.Diagnosis;
using Cluster.Engine.Topology;

namespace Cluster.Simulator.Levers.Compute;

/// <summary>Spend idle compute on verifying drafts: E = (1 − α^(K+1)) ÷ (1 − α) tokens per pass (arXiv:2211.17192 eq. 1).</summary>
internal sealed class SpeculationLever : ILever
{
    /// <summary>K = 4 and α = 0.8: the worked example of the speculative-decoding literature; measure your own α.</summary>
    private const int DraftTokens = 4;

    private const double AcceptanceRate = 0.8;

    public string Name => "speculative-decoding";

    public string Summary => $"draft {DraftTokens} tokens and verify them in one pass";

    public Wall Moves => Wall.Bandwidth;

    public string Pays => "few users, decode bound by bandwidth, compute to spare";

    public string Trap => "a large batch has no compute to spare: drafts and rejected tokens displace real work; it never helps TTFT";

    public string Assumes { get; } = string.Create(CultureInfo.InvariantCulture,
        $"{DraftTokens} drafts a pass, each accepted with probability {AcceptanceRate}: measure your own and set engine.speculative");

    public bool IsLossy => false;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Any(i => i.Deployment.Speculation is not null)) return LeverContext.No("the scenario speculates already");
        var method = context.Model.DraftLayers > 0 ? "mtp" : "eagle";
        var acceptance = AcceptanceRate.ToString(CultureInfo.InvariantCulture);
        return context.InPools(p => p.Role == InstanceRole.Prefill
            ? []
            : [("engine.speculative", $"{{ method: {method}, num_speculative_tokens: {DraftTokens}, acceptance_rate: {acceptance} }}")]);
    }
}
