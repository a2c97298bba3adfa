namespace Cluster.Grains.Hosting;

/// <summary>Who a process is among the silos of its cluster, and how it finds the others. Only Orleans spans processes.</summary>
public sealed record MembershipOptions
{
    /// <summary>Silos whose names begin with this serve a gateway: router, topology and links live there, instances elsewhere.</summary>
    public const string GatewayPrefix = "gateway";

    /// <summary>Name in the membership table; what <see cref="SiloChoice"/> goes by.</summary>
    public required string SiloName { get; init; }

    public string ClusterId { get; init; } = "xpyd";

    public string ServiceId { get; init; } = "xpyd";

    /// <summary>Loopback port that other silos connect to.</summary>
    public int SiloPort { get; init; }

    /// <summary>Loopback port that joining silos and clients connect to first.</summary>
    public int GatewayPort { get; init; }

    /// <summary>The silo on loopback that keeps the membership table: its two ports; null: this one does.</summary>
    public (int SiloPort, int GatewayPort)? Primary { get; init; }

    /// <summary>A provider of the configuration section <c>Orleans:Clustering</c> (Redis, AdoNet, …) keeps the membership instead.</summary>
    public bool UsesConfiguredProvider { get; init; }

    /// <summary>Silos to wait for before instances are placed, gateways not counted.</summary>
    public int Silos { get; init; }

    /// <summary>A silo that does not answer so long, three times in a row, is declared dead and its instances begin elsewhere.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The first process of a cluster on loopback, on ports that were free a moment ago.</summary>
    public static MembershipOptions OnLoopback(string siloName, int silos = 0) =>
        new() { SiloName = siloName, SiloPort = FreePorts.Take(), GatewayPort = FreePorts.Take(), Silos = silos };

    /// <summary>A further process of the cluster that a primary on loopback keeps.</summary>
    public static MembershipOptions Joining(string siloName, int primarySiloPort, int primaryGatewayPort) =>
        OnLoopback(siloName) with { Primary = (primarySiloPort, primaryGatewayPort) };
}
