using Cluster.Cli.Output;
using Cluster.Gateway.Live;
using Cluster.Grains.Hosting;
using Cluster.Hosting;
using Spectre.Console;

namespace Cluster.Cli.Live;

/// <summary>A cluster with gateway and router in this process and its instances on silo processes of their own.</summary>
internal static class SpreadCluster
{
    /// <summary>EX_CONFIG: the program is fine, the host or the build lacks something.</summary>
    private const int HostLacksSomething = 78;

    /// <param name="stay">Runs while the cluster does: its name, the cluster, the end.</param>
    public static async Task<int> RunAsync(
        HostedScenario hosted, LiveOptions options, int count, Func<string, LiveCluster, CancellationToken, Task<int>> stay, CancellationToken cancellation)
    {
        if (ClusterRuntime.OneProcessOnly is { } reason)
        {
            Terminal.Error.WriteLine(reason);
            return HostLacksSomething;
        }

        var membership = MembershipOptions.OnLoopback(MembershipOptions.GatewayPrefix, count);
        using var starting = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await using var silos = SiloProcesses.Start(count, membership, hosted, Console.Error.WriteLine);
        // This process keeps the membership: the others leave while there is something to leave.
        options = options with { Membership = membership, Charter = hosted.Begin(), OnStopping = silos.EndAsync };
        silos.OnFirstLoss(() => starting.Cancel());
        LiveCluster cluster;
        try
        {
            cluster = await LiveCluster.StartAsync(hosted.Resolved.Cluster, options, starting.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            Terminal.Error.WriteLine($"The cluster could not be completed: {await silos.FirstLoss}");
            return HostLacksSomething;
        }

        await using (cluster)
        {
            return await stay($"{hosted.Resolved.Cluster.Name} on {count} silos", cluster, cancellation);
        }
    }
}
