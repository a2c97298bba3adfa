using System.Collections.Immutable;
using Cluster.Scenarios.Sections;
using Cluster.Scenarios.Yaml;

namespace Cluster.Scenarios.Reading;

/// <summary>Reads <c>faults</c>: what goes wrong, by name.</summary>
internal static class FaultReader
{
    public static ImmutableArray<FaultSection> Read(SectionReader? r)
    {
        if (r is null) return [];
        if (r.Context.Describing)
        {
            var described = new SectionReader(r.Context, null, "");
            ReadOne(described, "");
            r.Schema["additionalProperties"] = described.Schema;
        }

        return [.. r.WrittenKeys.Select(name => r.Section(name, "") is { } section ? ReadOne(section, name) : null).OfType<FaultSection>()];
    }

    private static FaultSection? ReadOne(SectionReader r, string name)
    {
        var kind = r.Needed("kind", r.Choice("kind",
            "crash: its requests continue elsewhere; drain: no new requests; resize: built anew on other ranks; slow: steps take longer; link: less bandwidth; store: the same of remote KV stores; expire_kv: KV held for others is dropped; "
            + "router_restart: it knows nothing; disconnect: clients hang up; slow_client: clients read slowly.", [.. FaultSection.Kinds.Keys]), "crash");
        var at = r.Needed("at", r.DurationNs("at", "When it begins, since the run began."), "10s");
        var lasts = r.DurationNs("for", "How long it lasts; then a crashed instance returns empty, a drained one opens. Default: for good.", 1);
        var target = r.Text("target", "An instance, e.g. decode-1, or a pool, e.g. decode: each of its instances.");
        var factor = r.Number("factor", "Of slow: step time × this, 1 or more. Of link and store: bandwidth × this, 0 is cut. Of slow_client: tokens that it reads per second.", 0, 1e6);
        var share = r.Number("share", "Of disconnect: share of the clients under way. Of slow_client: of those that come while it lasts. Default 1.", 0, 1, above: true);
        var ranks = (Degree("tp"), Degree("pp"), Degree("dp"), Degree("ep"));
        var atOnce = r.Flag("at_once", "Of resize: its requests go on elsewhere at once. Default false: it finishes them first.");
        r.RejectUnknownKeys();
        if (kind is null || at is null || r.Context.Describing) return null;
        Check(r, kind, target, factor);
        return new FaultSection(name, kind, at.Value) { ForNs = lasts, Target = target ?? "", Factor = factor ?? 1, Share = share ?? 1, Ranks = ranks, AtOnce = atOnce ?? false };

        int? Degree(string key) => r.Int(key, $"Of resize: {key} of the instance from then on. Default: as it is.", 1, 1024);
    }

    private static void Check(SectionReader r, string kind, string? target, double? factor)
    {
        var aims = FaultSection.Kinds[kind];
        if (aims && !r.Has("target")) r.Error("target", $"Which instance does '{kind}' strike?", null, null, "Add e.g. 'target: decode-0'.");
        if (!aims && target is not null) r.Error("target", $"'{kind}' strikes no instance; remove it.");
        if (kind is not ("slow" or "link" or "store" or "slow_client") && r.Has("factor")) r.Error("factor", $"'{kind}' has no factor; remove it.");
        if (kind is not ("disconnect" or "slow_client") && r.Has("share")) r.Error("share", $"'{kind}' has no share; remove it.");
        var degrees = new[] { "tp", "pp", "dp", "ep" };
        if (kind == "resize" && !degrees.Any(r.Has)) r.Error("", "Which ranks is it to have?", null, string.Join(", ", degrees), "Add e.g. 'tp: 8'.");
        foreach (var key in kind == "resize" ? [] : degrees.Append("at_once").Where(r.Has)) r.Error(key, $"'{kind}' changes no ranks; remove it.");
        if (kind is "expire_kv" or "router_restart" or "disconnect" or "resize" && r.Has("for")) r.Error("for", $"'{kind}' is over at once; remove it.");
        if (kind is "slow" or "link" or "store" or "slow_client" && !r.Has("factor")) r.Error("factor", "This key is needed.", null, null, $"Add e.g. 'factor: {(kind == "slow" ? "2" : kind is "link" or "store" ? "0.1" : "5")}'.");
        if (kind == "slow" && factor is < 1) r.Error("factor", "A slow rank makes steps longer, not shorter.", null, "1 … 1000", "The nearest is 1.");
        if (kind == "slow" && factor is > 1000) r.Error("factor", "A rank that slow is a crash.", null, "1 … 1000", "The nearest is 1000.");
        if (kind == "slow_client" && factor is 0) r.Error("factor", "A client that reads nothing never ends.", null, "more than 0 … 1000000", "To lose clients, use 'disconnect'.");
        if (kind is "link" or "store" && factor is > 1) r.Error("factor", $"A {kind} degrades; it does not get faster.", null, "0 … 1", "The nearest is 1.");
    }
}
