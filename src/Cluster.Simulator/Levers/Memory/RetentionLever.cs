using Cluster.Engine.Diagnosis;

namespace Cluster.Simulator.Levers.Memory;

/// <summary>Forget tokens: keep sinks, a recent window and, if asked, heavy hitters.</summary>
/// <param name="name">Its name.</param>
/// <param name="window">Recent tokens kept.</param>
/// <param name="heavyHitters">Most attended tokens kept.</param>
internal sealed class RetentionLever(string name, int window, int heavyHitters) : ILever
{
    /// <summary>StreamingLLM keeps four sinks (arXiv:2309.17453 §3.2).</summary>
    private const int Sinks = 4;

    public string Name => name;

    public string Summary => heavyHitters == 0
        ? $"keep {Sinks} sinks and the last {window} tokens of KV"
        : $"keep {Sinks} sinks, the last {window} tokens and {heavyHitters} heavy hitters of KV";

    public Wall Moves => Wall.Capacity;

    public string Pays => "long contexts whose KV outweighs the weights";

    public string Trap => "what is evicted cannot be recalled, nor found again as a prefix by the next prompt; short contexts gain nothing";

    public bool IsLossy => true;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Any(i => i.Deployment.Retention is not null)) return LeverContext.No("the scenario sets a retention already");
        var kept = Sinks + window + heavyHitters;
        if (context.MeanContextTokens <= kept) return LeverContext.No($"contexts of {context.MeanContextTokens:F0} tokens on average fit in the {kept} that would be kept");
        var settings = $"{{ window: {window}, sinks: {Sinks}, heavy_hitters: {heavyHitters} }}";
        return context.InEveryPool(("engine.retention", settings));
    }
}
