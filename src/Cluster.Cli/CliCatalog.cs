using Cluster.Scenarios.Catalogs;

namespace Cluster.Cli;

/// <summary>The catalog that ships with the program, as scenarios see it.</summary>
internal static class CliCatalog
{
    public static Catalog Load() => Catalog.Default;
}
