using Cluster.Hosting;
using Cluster.Scenarios.Catalogs;

namespace Cluster.Cli;

/// <summary>The catalog as scenarios see it: what ships with the program, and what XPYD_CATALOG lays over it.</summary>
internal static class CliCatalog
{
    public const string OwnFolder = HostedScenario.OwnCatalog;

    public static Catalog Load() => HostedScenario.LoadCatalog();
}
