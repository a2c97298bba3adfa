using System.Globalization;
using Cluster.Grains.Hosting;
using Microsoft.Extensions.Configuration;

namespace Cluster.Hosting;

/// <summary>
/// Reads a process's place in the cluster: <c>Xpyd:Silo:Name</c>; for clusters on loopback <c>Xpyd:Silo:Join</c>, the two
/// ports of the silo that keeps the membership; for others Orleans' own section, e.g. <c>Orleans:Clustering:ProviderType</c> Redis.
/// </summary>
public static class MembershipConfiguration
{
    public const string NameKey = $"{HostedScenario.Section}:Silo:Name";
    public const string JoinKey = $"{HostedScenario.Section}:Silo:Join";

    /// <exception cref="HostConfigurationException">All problems at once.</exception>
    public static MembershipOptions Read(IConfiguration configuration, string defaultName)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var name = configuration[NameKey] ?? defaultName;
        if (configuration.GetSection("Orleans:Clustering").Exists())
            return new MembershipOptions { SiloName = name, UsesConfiguredProvider = true };
        return configuration[JoinKey] is { } join ? Joining(name, join) : MembershipOptions.OnLoopback(name);
    }

    /// <summary>What a joining process is told of a cluster that this one keeps.</summary>
    public static IEnumerable<(string Key, string Value)> ToConfiguration(MembershipOptions primary, string siloName)
    {
        ArgumentNullException.ThrowIfNull(primary);
        yield return (NameKey, siloName);
        yield return (JoinKey, string.Create(CultureInfo.InvariantCulture, $"{primary.SiloPort},{primary.GatewayPort}"));
    }

    private static MembershipOptions Joining(string name, string join)
    {
        var ports = join.Split(',');
        if (ports.Length == 2 && IsPort(ports[0], out var silo) && IsPort(ports[1], out var gateway)) return MembershipOptions.Joining(name, silo, gateway);
        throw new HostConfigurationException(
            $"{JoinKey}: '{join}' is no pair of ports; expected the silo port and the gateway port of the first silo, 1 to 65535, e.g. 11111,30000.");
    }

    private static bool IsPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= 65535;
}
