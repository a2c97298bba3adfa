namespace Cluster.Grains.Hosting.Silos;

/// <summary>Waits until a cluster is complete.</summary>
internal static class Gathering
{
    public static async Task WaitAsync(IClusterMembershipService membership, IClusterManifestProvider manifests, int silos, CancellationToken cancellation)
    {
        if (silos <= 0) return;
        await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(cancellation))
            if (Active(snapshot).Count() >= silos) break;
        // A silo takes grains once it is known which: instances that are placed between the two are dealt out over those that were quicker.
        await foreach (var manifest in manifests.Updates.WithCancellation(cancellation))
            if (Active(membership.CurrentSnapshot).Count(member => manifest.Silos.ContainsKey(member.SiloAddress)) >= silos) return;
    }

    private static IEnumerable<ClusterMember> Active(ClusterMembershipSnapshot snapshot) =>
        snapshot.Members.Values.Where(member => member.Status == SiloStatus.Active && !SiloChoice.IsGateway(member.Name));
}
