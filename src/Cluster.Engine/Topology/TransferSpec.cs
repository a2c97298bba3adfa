namespace Cluster.Engine.Topology;

/// <summary>How KV moves from prefill to decode instances.</summary>
public sealed record TransferSpec
{
    /// <summary>Layer ℓ leaves once it is computed; only what does not fit behind the remaining layers is exposed.</summary>
    public bool LayerwiseOverlap { get; init; }

    /// <summary>Move only the blocks that the destination's prefix cache lacks.</summary>
    public bool MissingOnly { get; init; } = true;

    /// <summary>Compute the prompt on the decode instance when it is short; null: always disaggregate.</summary>
    public ConditionalDisaggregation? Conditional { get; init; }

    /// <summary>Control messages and polls of a hand-over, before its first byte moves. See <see cref="Hardware.EngineProfile.HandOverSeconds"/>.</summary>
    public double HandOverSeconds { get; init; }

    /// <summary>What these instances' engines take for it; of different ones, the slowest.</summary>
    public static double HandOverOf(IReadOnlyCollection<InstanceSpec> instances)
    {
        ArgumentNullException.ThrowIfNull(instances);
        return instances.Select(i => i.Deployment.Engine.HandOverSeconds).DefaultIfEmpty().Max();
    }

    /// <summary>Source blocks are dropped when nobody has pulled them for this long (vLLM's NIXL connector: 480 s).</summary>
    public long ExpiryNs { get; init; } = 480 * Units.Time.Second;
}

/// <summary>Prefill runs on the decode instance iff uncached tokens &lt; <paramref name="MaxUncachedTokens"/> and uncached ÷ length &lt; <paramref name="MaxUncachedRatio"/>.</summary>
/// <param name="MaxUncachedTokens">Dynamo's default: 2048.</param>
/// <param name="MaxUncachedRatio">Dynamo's default: 0.7.</param>
public sealed record ConditionalDisaggregation(int MaxUncachedTokens = 2048, double MaxUncachedRatio = 0.7);
