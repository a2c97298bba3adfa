using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cluster.Grains.Hosting.Silos;

/// <summary>Says, once, that a silo is lost: the runtime says it of every message that was on its way there, each with its stack.</summary>
internal sealed class MemberWatch(IClusterMembershipService membership, ILocalSiloDetails self, IHostApplicationLifetime lifetime, ILogger<MemberWatch> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var before = membership.CurrentSnapshot;
        try
        {
            await foreach (var now in membership.MembershipUpdates.WithCancellation(stoppingToken))
            {
                foreach (var member in now.Members.Values.Where(m => m.Status == SiloStatus.Dead && before.GetSiloStatus(m.SiloAddress) == SiloStatus.Active)) Tell(member);
                before = now;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The cluster is ending.
        }
    }

    private void Tell(ClusterMember lost)
    {
        // Silos that leave together with this process are no news.
        if (lifetime.ApplicationStopping.IsCancellationRequested) return;
        if (lost.SiloAddress.Equals(self.SiloAddress)) GrainLog.GivenUp(logger, lost.Name);
        else if (SiloChoice.IsGateway(self.Name)) GrainLog.SiloLost(logger, lost.Name, lost.SiloAddress.Endpoint);
    }
}
