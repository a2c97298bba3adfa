using System.Net;
using Microsoft.Extensions.Configuration;

namespace Cluster.Hosting;

/// <summary>
/// Where a host process listens: <c>Xpyd:Http:Host</c> (default loopback; <c>0.0.0.0</c> in a container) and
/// <c>Xpyd:Http:Port</c> (0 takes any free one).
/// </summary>
public sealed record HttpConfiguration(IPAddress Host, int Port)
{
    public const string HostKey = $"{HostedScenario.Section}:Http:Host";
    public const string PortKey = $"{HostedScenario.Section}:Http:Port";

    /// <exception cref="HostConfigurationException">All problems at once.</exception>
    public static HttpConfiguration Read(IConfiguration configuration, int defaultPort)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var problems = new List<string>();
        var (host, port) = (IPAddress.Loopback, defaultPort);
        if (configuration[HostKey] is { Length: > 0 } address && !IPAddress.TryParse(address, out host))
            problems.Add($"{HostKey}: '{address}' is no IP address; use 127.0.0.1, or 0.0.0.0 in a container.");
        if (configuration[PortKey] is { Length: > 0 } number && (!int.TryParse(number, out port) || port is < 0 or > 65535))
            problems.Add($"{PortKey}: '{number}' is no port; 0 (any free one) to 65535.");
        if (problems.Count > 0) throw new HostConfigurationException(string.Join(Environment.NewLine, problems));
        return new HttpConfiguration(host!, port);
    }
}
