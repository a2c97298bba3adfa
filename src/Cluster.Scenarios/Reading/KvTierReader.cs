using System.Collections.Immutable;
using Cluster.Engine.Topology;
using Cluster.Scenarios.Catalogs;
using Cluster.Scenarios.Sections;
using Cluster.Scenarios.Yaml;

namespace Cluster.Scenarios.Reading;

/// <summary>Reads <c>engine.kv_tiers</c>: what lies below HBM.</summary>
internal static class KvTierReader
{
    private static readonly (KvTierKind Kind, string Key, string About, string Link)[] Tiers =
    [
        (KvTierKind.Host, "host", "Memory of the host, each GPU over its own link.", "host-dram"),
        (KvTierKind.Ssd, "ssd", "A local disk.", "nvme"),
        (KvTierKind.Remote, "remote", "A store over the network, one for all instances of a model.", "roce-200x1"),
    ];

    public static ImmutableArray<KvTierSection> Read(SectionReader? r, Catalog catalog)
    {
        if (r is null) return [];
        var tiers = ImmutableArray.CreateBuilder<KvTierSection>();
        foreach (var (kind, key, about, link) in Tiers)
        {
            var section = r.Section(key, about, shortForm: "capacity");
            if (section is null) continue;
            var capacity = section.Needed("capacity", section.Bytes("capacity", kind == KvTierKind.Remote ? "Of the store." : "Of each instance."), "64GiB");
            var over = section.Choice("link", $"Link of the catalog that it is reached over. Default {link}.", [.. catalog.Links.Keys], open: true) ?? link;
            var concurrency = section.Int("concurrency", "Copies under way at a time, per direction; further ones wait. Default 4.", 1, 1024);
            var bandwidth = kind == KvTierKind.Remote ? section.BytesPerSecond("bandwidth", "Of the store, per direction, shared by all instances. Default: their own links are all that bounds them.") : null;
            section.RejectUnknownKeys();
            if (capacity is not null) tiers.Add(new KvTierSection(kind, capacity.Value, over) { Concurrency = concurrency ?? 4, StoreBytesPerSecond = bandwidth });
        }

        r.RejectUnknownKeys();
        return tiers.ToImmutable();
    }
}
