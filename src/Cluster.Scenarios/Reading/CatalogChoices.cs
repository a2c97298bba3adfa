using Cluster.Engine.Models;
using Cluster.Scenarios.Catalogs;
using Cluster.Scenarios.Yaml;

namespace Cluster.Scenarios.Reading;

/// <summary>Keys whose value is a name in the catalog, or a number format.</summary>
internal static class CatalogChoices
{
    private static readonly string[] Formats = [.. Enum.GetValues<NumberFormat>().Select(NumberFormats.Name)];

    /// <summary>A model by catalog name or alias; the catalog's name of it is returned.</summary>
    public static string? Model(this SectionReader r, Catalog catalog, string about) =>
        r.Choice("model", about, [.. catalog.Models.Keys], open: true, alias: name => catalog.FindModel(name) is not null) is { } written
            ? catalog.FindModel(written)!.Name
            : null;

    public static string? Gpu(this SectionReader r, Catalog catalog, string about) =>
        r.Choice("gpu", about, [.. catalog.Gpus.Keys], open: true, alias: name => catalog.FindGpu(name) is not null);

    public static NumberFormat? Format(this SectionReader r, string key, string about) =>
        r.Choice(key, about, Formats) is { } name && NumberFormats.TryParse(name, out var format) ? format : null;
}
