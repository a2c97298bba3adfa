using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cluster.Engine.Topology;
using Cluster.Scenarios;

namespace Cluster.Simulator.Sweeping;

/// <summary>
/// What a run's outcome depends on, as a short hash: the resolved variant, its hardware, its trace and this build. Rows
/// with the same fingerprint need not be run again.
/// </summary>
public static class Fingerprint
{
    private static readonly JsonSerializerOptions Json = new(Scenarios.Catalogs.CatalogJson.Options)
    {
        IncludeFields = true,
        IgnoreReadOnlyProperties = false,
        WriteIndented = false,
    };

    private static readonly string Build = string.Join(' ',
        new[] { typeof(ClusterSpec), typeof(ResolvedVariant), typeof(ClusterSimulation) }.Select(t => t.Module.ModuleVersionId.ToString("N")));

    /// <summary>Sixteen hexadecimal digits.</summary>
    public static string Of(ResolvedVariant variant)
    {
        ArgumentNullException.ThrowIfNull(variant);
        var text = new StringBuilder(Build)
            .Append(JsonSerializer.Serialize(variant.Variant, Json))
            .Append(JsonSerializer.Serialize(variant.Cluster.Link, Json));
        foreach (var deployment in variant.Cluster.Instances.Select(i => i.Deployment).Distinct())
            text.Append(JsonSerializer.Serialize(deployment, Json));
        if (variant.Variant.Workload.Trace is { } trace) text.Append(Convert.ToHexString(OfFile(trace.File)));
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16].ToLower(CultureInfo.InvariantCulture);
    }

    private static byte[] OfFile(string path)
    {
        using var stream = File.OpenRead(path);
        return SHA256.HashData(stream);
    }
}
