namespace Cluster.Grains;

/// <summary>What a silo says of itself before it joins.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.silo-card.v1")]
public sealed record SiloCard(
    [property: Id(0)] string Silo,
    [property: Id(1)] string Scenario,
    [property: Id(2)] string Fingerprint,
    [property: Id(3)] string Version);

/// <summary>Whether it may, and when the cluster's emulated time began.</summary>
/// <param name="Refusal">Why it may not join, for a person to read; null when it may.</param>
[GenerateSerializer, Immutable, Alias("xpyd.charter.v1")]
public sealed record CharterReply(
    [property: Id(0)] string? Refusal,
    [property: Id(1)] DateTime EpochUtc);

/// <summary>Speaks for the cluster towards silos that want to join it.</summary>
public interface ICharterGrain : IGrainWithStringKey
{
    /// <summary>Its only key: a process that runs another scenario has to find it, too.</summary>
    const string Key = "xpyd";

    Task<CharterReply> PresentAsync(SiloCard card);
}

/// <inheritdoc cref="ICharterGrain"/>
public sealed class CharterGrain(ClusterContext context) : Grain, ICharterGrain
{
    public Task<CharterReply> PresentAsync(SiloCard card)
    {
        ArgumentNullException.ThrowIfNull(card);
        var charter = context.Charter;
        return Task.FromResult(new CharterReply(charter.Refuse(card.Silo, card.Scenario, card.Fingerprint, card.Version), charter.EpochUtc));
    }
}
