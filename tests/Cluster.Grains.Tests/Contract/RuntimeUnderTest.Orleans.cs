using Microsoft.Extensions.Hosting;
using Orleans.Hosting;

namespace Cluster.Grains.Tests.Contract;

internal static class RuntimeUnderTest
{
    public const string Name = "Microsoft Orleans";

    /// <summary>Whether a grain may block its thread until a grain answers that has yet to be activated: with Orleans it may wait for itself.</summary>
    public const bool LetsGrainsBlock = false;

    /// <summary>Whether calls that wait for no turn are served while a grain that is to end has one left.</summary>
    public const bool ServesWhileEnding = false;

    public static void Add(HostApplicationBuilder builder) => builder.UseOrleans(silo =>
    {
        silo.UseLocalhostClustering(FreePort(), FreePort());
        silo.AddMemoryGrainStorageAsDefault();
    });

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
