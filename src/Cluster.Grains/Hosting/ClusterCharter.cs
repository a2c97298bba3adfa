using System.Reflection;

namespace Cluster.Grains.Hosting;

/// <summary>What all processes of one cluster must agree on.</summary>
/// <param name="Scenario">Its name, for people.</param>
/// <param name="Fingerprint">Of the scenario with all settings: equal where the same cluster is meant.</param>
/// <param name="Version">Of the product.</param>
/// <param name="EpochUtc">When the cluster's emulated time began.</param>
public sealed record ClusterCharter(string Scenario, string Fingerprint, string Version, DateTime EpochUtc)
{
    /// <summary>This product's version.</summary>
    public static string ProductVersion { get; } =
        typeof(ClusterCharter).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>A cluster that begins now.</summary>
    public static ClusterCharter Begin(string scenario, string fingerprint) => new(scenario, fingerprint, ProductVersion, DateTime.UtcNow);

    /// <summary>Why a silo with another charter may not join; null when it may.</summary>
    public string? Refuse(string silo, string scenario, string fingerprint, string version)
    {
        if (version != Version)
            return $"Silo '{silo}' is version {version}, the cluster runs {Version}: start it from the same build.";
        if (fingerprint == Fingerprint) return null;
        var theirs = scenario == Scenario ? $"another '{scenario}' ({fingerprint})" : $"scenario '{scenario}' ({fingerprint})";
        return $"Silo '{silo}' has {theirs}, the cluster runs '{Scenario}' ({Fingerprint}): start it with the same scenario file, variant and settings.";
    }
}
