using Cluster.Scenarios.Catalogs;

namespace Cluster.Scenarios.Tests;

/// <summary>The catalog that ships.</summary>
internal static class TestCatalog
{
    public static Catalog Instance => Catalog.Default;
}
