using Cluster.Scenarios.Catalogs;

namespace Cluster.Cli;

/// <summary>The catalog as scenarios see it: what ships with the program, and what XPYD_CATALOG lays over it.</summary>
internal static class CliCatalog
{
    public const string OwnFolder = "XPYD_CATALOG";

    public static Catalog Load() => Environment.GetEnvironmentVariable(OwnFolder) is { Length: > 0 } own ? Catalog.WithOwn(own) : Catalog.Default;
}
