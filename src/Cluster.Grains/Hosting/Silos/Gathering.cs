namespace Cluster.Grains.Hosting.Silos;

/// <summary>Waits until a cluster is complete.</summary>
internal static class Gathering
{
    public static async Task WaitAsync(IClusterMembershipService membership, int silos, CancellationToken cancellation)
    {
        if (silos <= 0) return;
        await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(cancellation))
            if (snapshot.Members.Values.Count(m => m.Status == SiloStatus.Active && !SiloChoice.IsGateway(m.Name)) >= silos) return;
    }
}
