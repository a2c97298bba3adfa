using System.Globalization;
using Cluster.Engine.Topology;
using Cluster.Grains.Hosting;
using Cluster.Scenarios;
using Cluster.Scenarios.Catalogs;
using Microsoft.Extensions.Configuration;

namespace Cluster.Hosting;

/// <summary>The scenario that a host process was configured to run, resolved.</summary>
/// <param name="Name">The scenario's.</param>
/// <param name="Resolved">The one variant that it runs.</param>
public sealed record HostedScenario(string Name, ScenarioSource Source, ResolvedVariant Resolved)
{
    /// <summary>Section of the configuration.</summary>
    public const string Section = "Xpyd";

    /// <summary>Environment variable that names a folder whose catalog entries are laid over those that ship with the program.</summary>
    public const string OwnCatalog = "XPYD_CATALOG";

    public string Fingerprint => ScenarioFingerprint.Of(Source, Resolved.Cluster.Name);

    public double TimeScale => Resolved.Variant.Time.Scale;

    public ComputeMode Compute => Resolved.Variant.Time.Compute;

    /// <summary>What ships with the program, and what the user laid over it.</summary>
    public static Catalog LoadCatalog() => Environment.GetEnvironmentVariable(OwnCatalog) is { Length: > 0 } own ? Catalog.WithOwn(own) : Catalog.Default;

    /// <summary>Whether the configuration names a scenario at all.</summary>
    public static bool IsConfigured(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return configuration[$"{Section}:Scenario"] is not null || configuration.GetSection($"{Section}:Settings").Exists();
    }

    /// <summary>Reads <c>Xpyd:Scenario</c> (a file), <c>Xpyd:Settings:0…</c> (path=value each) and <c>Xpyd:Variant</c>.</summary>
    /// <exception cref="ScenarioException">The scenario is wrong; every error is listed.</exception>
    /// <exception cref="HostConfigurationException">The configuration around it is.</exception>
    public static HostedScenario Read(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        if (!IsConfigured(configuration))
            throw new HostConfigurationException($"No scenario: give {Section}:Scenario, e.g. --Xpyd:Scenario scenarios/quickstart.yaml, or {Section}__Scenario in the environment.");
        var settings = configuration.GetSection($"{Section}:Settings").GetChildren()
            .OrderBy(setting => int.Parse(setting.Key, CultureInfo.InvariantCulture)).Select(setting => Parse(setting.Value ?? "")).ToList();
        var file = configuration[$"{Section}:Scenario"];
        return Of(string.IsNullOrEmpty(file) ? ScenarioSource.FromFlags(settings) : ScenarioSource.Open(file, settings), configuration[$"{Section}:Variant"]);
    }

    /// <param name="variant">Null: the first.</param>
    /// <exception cref="HostConfigurationException">There is no such variant.</exception>
    public static HostedScenario Of(ScenarioSource source, string? variant)
    {
        ArgumentNullException.ThrowIfNull(source);
        var result = source.Read(LoadCatalog()).OrThrow();
        var variants = result.Variants;
        var chosen = variant is null ? variants[0] : variants.FirstOrDefault(v => v.Cluster.Name == variant);
        return new HostedScenario(result.Scenario!.Name, source, chosen ?? throw new HostConfigurationException(
            $"There is no variant '{variant}'; the scenario has {string.Join(", ", variants.Select(v => v.Cluster.Name))}."));
    }

    /// <summary>The same scenario as settings of another process's configuration.</summary>
    public IEnumerable<(string Key, string Value)> ToConfiguration()
    {
        if (Source.File.Length > 0 && File.Exists(Source.File)) yield return ($"{Section}:Scenario", Path.GetFullPath(Source.File));
        for (var i = 0; i < Source.Overrides.Count; i++)
            yield return ($"{Section}:Settings:{i.ToString(CultureInfo.InvariantCulture)}", $"{Source.Overrides[i].Path}={Source.Overrides[i].Value}");
        yield return ($"{Section}:Variant", Resolved.Cluster.Name);
    }

    /// <summary>What the cluster agrees on when this process is its first.</summary>
    public ClusterCharter Begin() => ClusterCharter.Begin(Name, Fingerprint);

    private static ScenarioOverride Parse(string setting)
    {
        var equals = setting.IndexOf('=', StringComparison.Ordinal);
        return equals > 0
            ? new ScenarioOverride(setting[..equals], setting[(equals + 1)..])
            : throw new HostConfigurationException($"{Section}:Settings: '{setting}' is no path=value, e.g. topology.prefill.instances=4.");
    }
}

/// <summary>A host's configuration makes no sense; the message says what would.</summary>
public sealed class HostConfigurationException(string message) : Exception(message);
