using System.Net;
using System.Net.Sockets;

namespace Cluster.Grains.Hosting;

/// <summary>Finds ports for silos that share a host.</summary>
internal static class FreePorts
{
    /// <summary>A loopback port that was free a moment ago.</summary>
    public static int Take()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
