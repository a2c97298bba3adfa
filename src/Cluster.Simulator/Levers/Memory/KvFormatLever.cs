using Cluster.Engine.Diagnosis;
using Cluster.Engine.Models;

namespace Cluster.Simulator.Levers.Memory;

/// <summary>KV in fewer bits: twice the sequences per halving, cheaper transfers, a denser prefix cache.</summary>
internal sealed class KvFormatLever(NumberFormat format) : ILever
{
    public string Name => $"{NumberFormats.Name(format)}-kv";

    public string Summary => $"store KV in {NumberFormats.Name(format)}";

    public Wall Moves => Wall.Capacity;

    public string Pays => "a batch limited by KV; long contexts; KV that crosses slow links";

    public string Trap => "capacity that is roomy already: nothing to gain, and accuracy on long contexts to lose";

    public bool IsLossy => true;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var name = NumberFormats.Name(format);
        if (!context.Any(i => NumberFormats.Bits(i.Deployment.Kv) > NumberFormats.Bits(format)))
            return LeverContext.No($"KV is in {NumberFormats.Name(context.Resolved.Cluster.Instances[0].Deployment.Kv)} already");
        if (context.Resolved.Cluster.Instances.FirstOrDefault(i => !i.Deployment.Engine.KvFormats.Contains(format)) is { } lacking)
            return LeverContext.No($"engine profile {lacking.Deployment.Engine.Name} does not offer {name} KV");
        return context.InEveryPool(("kv", name));
    }
}
