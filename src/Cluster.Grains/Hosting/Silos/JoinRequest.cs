using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;

namespace Cluster.Grains.Hosting.Silos;

/// <summary>
/// Asks a cluster as its client, before anything of it runs here: a silo that does not fit never becomes a member, so no
/// grain is ever placed on it.
/// </summary>
internal static class JoinRequest
{
    private static readonly string[] s_clientKeys = ["Orleans:ClusterId", "Orleans:ServiceId", "Orleans:Clustering", "ConnectionStrings"];
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    /// <returns>The cluster's answer; null when nobody answered in time.</returns>
    public static async Task<CharterReply?> SendAsync(
        MembershipOptions membership, SiloCard card, IConfiguration configuration, TimeSpan patience, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(patience);
        using var host = Client(membership, configuration, deadline.Token);
        try
        {
            await host.StartAsync(deadline.Token);
            var reply = await host.Services.GetRequiredService<IClusterClient>().GetGrain<ICharterGrain>(ICharterGrain.Key).PresentAsync(card).WaitAsync(deadline.Token);
            await host.StopAsync(cancellation);
            return reply;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
        catch (OrleansException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    private static IHost Client(MembershipOptions membership, IConfiguration configuration, CancellationToken giveUp)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(configuration.AsEnumerable().Where(entry => ConcernsClients(entry.Key)));
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleansClient(client =>
        {
            if (!membership.UsesConfiguredProvider)
                client.UseLocalhostClustering(membership.Primary?.GatewayPort ?? membership.GatewayPort, membership.ServiceId, membership.ClusterId);
            client.UseConnectionRetryFilter(async (_, _) =>
            {
                if (giveUp.IsCancellationRequested) return false;
                await Task.Delay(s_pause, CancellationToken.None);
                return true;
            });
        });
        return builder.Build();
    }

    /// <summary>Where the cluster is. The rest of a silo's section, such as storage, is nothing that a client knows.</summary>
    private static bool ConcernsClients(string key) =>
        s_clientKeys.Any(prefix => key.Equals(prefix, StringComparison.OrdinalIgnoreCase) || key.StartsWith(prefix + ":", StringComparison.OrdinalIgnoreCase));
}
