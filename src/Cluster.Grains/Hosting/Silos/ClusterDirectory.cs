using Orleans.Configuration;
using Orleans.Hosting;

namespace Cluster.Grains.Hosting.Silos;

/// <summary>
/// Who of a cluster knows where its grains are. The directory is spread over the silos, and by default a silo that is lost takes its part along: Orleans
/// then ends the grains of that part wherever they run, so that instances on healthy silos, and the KV store, would begin anew with nothing.
/// </summary>
internal static class ClusterDirectory
{
    /// <summary>Makes the silos that are left tell the directory anew what runs on them.</summary>
    public static void AddClusterDirectory(this ISiloBuilder silo)
    {
#pragma warning disable ORLEANSEXP003 // Orleans may still change how it is switched on; what it does is what a cluster needs whose grains hold what nobody else has.
        silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
        // A silo that was declared dead may only have been out of reach, and Orleans can keep what it carried from beginning elsewhere for half a minute. Here that
        // is an outage and saves nothing: gateways know incarnations apart, and do not hear one that was given up.
        silo.Configure<GrainDirectoryOptions>(options => NewerSettings.Set(options, ("RangeLeaseDuration", TimeSpan.Zero)));
    }
}
