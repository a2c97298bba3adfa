using System.CommandLine;
using Cluster.Cli.Scenarios;
using Cluster.Engine.Cost.FirstOrder;
using Cluster.Engine.Models;
using Cluster.Engine.Policies;
using Cluster.Scenarios.Calc;

namespace Cluster.Cli.Commands;

/// <summary>Catalog entries that a law's numbers can come from: options that name a model, a GPU, a link, a format.</summary>
internal sealed class CalcSources
{
    private static readonly string[] OfModel =
    [
        "params", "active-params", "weight-bytes", "active-weight-bytes", "active-bytes-per-weight", "kv-per-token", "window-kv", "window", "state", "kv-shares", "layers", "attention-layers",
        "hidden", "kv-heads", "query-heads", "head-size", "latent", "rope", "experts", "active-experts",
    ];

    private static readonly string[] OfGpu = ["bandwidth", "hbm", "peak-flops", "ridge-batch", "interconnect", "latency"];
    private static readonly string[] OfLink = ["link-bandwidth"];
    private static readonly string[] OfWeights = ["bytes-per-weight", "active-bytes-per-weight", "weight-bytes", "active-weight-bytes", "peak-flops", "ridge-batch"];
    private static readonly string[] OfKv = ["bytes-per-kv", "kv-per-token", "window-kv"];

    private readonly Option<string?> _model = new("--model") { Description = "Model of the catalog: fills in parameters, layers, heads." };
    private readonly Option<string?> _gpu = new("--gpu") { Description = "GPU of the catalog: fills in bandwidth, memory, peak." };
    private readonly Option<string?> _link = new("--link") { Description = "Link of the catalog: fills in bandwidth, efficiency, set-up." };
    private readonly Option<string?> _weights = new("--weights") { Description = "Weight format. Default bf16." };
    private readonly Option<string?> _kv = new("--kv") { Description = "KV format. Default bf16." };
    private readonly List<Option<string?>> _added = [];

    /// <summary>The options that this law takes.</summary>
    public IEnumerable<string> Names => _added.Select(o => o.Name);

    /// <summary>Adds the options that can give this law a number.</summary>
    public void AddTo(Command command, Law law)
    {
        foreach (var (option, numbers) in new[] { (_model, OfModel), (_gpu, OfGpu), (_link, OfLink), (_weights, OfWeights), (_kv, OfKv) })
        {
            if (!law.Inputs.Any(i => numbers.Contains(i.Given))) continue;
            command.Options.Add(option);
            _added.Add(option);
        }
    }

    /// <summary>What the named entries give, of the numbers that the law needs.</summary>
    /// <exception cref="UsageException">A name that the catalog lacks.</exception>
    public Dictionary<string, NamedNumber> Numbers(ParseResult arguments, Law law)
    {
        var catalog = CliCatalog.Load();
        var (weights, kv) = (Format(arguments, _weights), Format(arguments, _kv));
        var known = new Dictionary<string, NamedNumber>(StringComparer.Ordinal);
        if (weights is { } w) known["bytes-per-weight"] = known["active-bytes-per-weight"] = new(NumberFormats.BytesPerWeight(w), NumberFormats.Name(w));
        if (kv is { } k) known["bytes-per-kv"] = new(NumberFormats.BytesPerKvElement(k), NumberFormats.Name(k));
        var (weightsOrDefault, kvOrDefault) = (weights ?? NumberFormat.Bf16, kv ?? NumberFormat.Bf16);
        if (Given(arguments, _model) is { } model)
            Take(CatalogNumbers.Of(catalog.FindModel(model) ?? throw Unknown("--model", model, catalog.Models.Keys), weightsOrDefault, kvOrDefault));
        if (Given(arguments, _gpu) is { } gpu)
            Take(CatalogNumbers.Of(catalog.FindGpu(gpu) ?? throw Unknown("--gpu", gpu, catalog.Gpus.Keys), weightsOrDefault));
        if (Given(arguments, _link) is { } link)
            Take(CatalogNumbers.Of(catalog.Links.TryGetValue(link, out var profile) ? profile : throw Unknown("--link", link, catalog.Links.Keys)));
        return law.Inputs.Where(i => known.ContainsKey(i.Given)).ToDictionary(i => i.Name, i => known[i.Given], StringComparer.Ordinal);

        void Take(Dictionary<string, NamedNumber> numbers)
        {
            foreach (var (name, number) in numbers) known[name] = number;
        }
    }

    /// <summary>Why the named model lacks what the law still misses; empty without one.</summary>
    public IEnumerable<string> Lacks(ParseResult arguments, Law law, IReadOnlyDictionary<string, NamedNumber> known) =>
        Given(arguments, _model) is { } name && CliCatalog.Load().FindModel(name) is { } model
            ? CatalogNumbers.Lacks(model, law.Inputs.Where(i => i.Default is null && !known.ContainsKey(i.Name)).Select(i => i.Given))
            : [];

    private string? Given(ParseResult arguments, Option<string?> option) => _added.Contains(option) ? arguments.GetValue(option) : null;

    private NumberFormat? Format(ParseResult arguments, Option<string?> option)
    {
        if (Given(arguments, option) is not { } name) return null;
        return NumberFormats.TryParse(name, out var format) ? format : throw Unknown(option.Name, name, Enum.GetValues<NumberFormat>().Select(NumberFormats.Name));
    }

    private static UsageException Unknown(string option, string name, IEnumerable<string> choices)
    {
        var names = choices.ToList();
        return new($"{option} {name}: no such name.{(NearestName.Question(name, names) is { } near ? $" {near}" : "")} There are: {string.Join(", ", names)}.");
    }
}
