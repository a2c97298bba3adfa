using System.CommandLine;
using System.Text.RegularExpressions;
using Cluster.Engine.Routing;
using Cluster.Scenarios;
using Cluster.Scenarios.Catalogs;
using Spectre.Console;

namespace Cluster.Cli.Scenarios;

/// <summary>The scenario file and the shorthand flags that every command with a scenario takes.</summary>
internal sealed partial class ScenarioArguments
{
    private readonly Argument<string?> _file = new("SCENARIO")
    {
        Description = "Scenario file; may be left out when flags say it all.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Override one key, e.g. --set topology.prefill.tp=8; repeatable.",
        HelpName = "path=value",
    };

    private readonly Option<string?> _topology = new("--topology") { Description = "2P2D, or 4A for four aggregated instances.", HelpName = "xPyD" };
    private readonly Option<string?> _gpu = new("--gpu") { Description = "GPU of every pool, by catalog name, e.g. h100-sxm." };
    private readonly Option<string?> _tp = new("--tp") { Description = "Tensor-parallel ranks of every pool." };

    private readonly (Option<string?> Option, string Path)[] _simple =
    [
        (new Option<string?>("--model") { Description = "Model, by catalog name, e.g. llama-3.1-70b." }, "model"),
        (new Option<string?>("--weights") { Description = "Weight format: bf16, fp8, int8, int4, …" }, "weights"),
        (new Option<string?>("--kv") { Description = "KV cache format: bf16, fp8, …" }, "kv"),
        (new Option<string?>("--link") { Description = "Link that carries KV, by catalog name, e.g. ib-ndr-400x4." }, "topology.link"),
        (new Option<string?>("--router") { Description = $"Routing policy: {string.Join(", ", Routers.Registry.All.Select(p => p.Name))}." }, "router.policy"),
        (new Option<string?>("--trace") { Description = "Trace file to replay." }, "workload.trace"),
        (new Option<string?>("--isl") { Description = "Input tokens of drawn requests, instead of a trace's." }, "workload.synthetic.input"),
        (new Option<string?>("--osl") { Description = "Output tokens of drawn requests, instead of a trace's." }, "workload.synthetic.output"),
        (new Option<string?>("--rate") { Description = "Open loop: requests per second, e.g. 4/s." }, "workload.rate"),
        (new Option<string?>("--concurrency") { Description = "Closed loop: so many clients, each sending when its last request ended." }, "workload.concurrency"),
        (new Option<string?>("--requests") { Description = "Requests to send." }, "workload.requests"),
        (new Option<string?>("--seed") { Description = "Seed of everything random." }, "seed"),
        (new Option<string?>("--time-scale") { Description = "Emulated seconds per wall second." }, "time.scale"),
    ];

    private const string PoolsOfNothing = "--gpu and --tp are of a scenario's pools: name a scenario file, or describe one with e.g. --topology 2P2D.";

    /// <summary>Keys that a flag stands in for: a load has one source of requests, and one pace.</summary>
    private static readonly Dictionary<string, string[]> s_standsFor = new()
    {
        ["workload.trace"] = ["synthetic", "sessions", "agents"],
        ["workload.synthetic.input"] = ["trace", "format", "window", "think", "chars_per_token", "sessions", "agents"],
        ["workload.synthetic.output"] = ["trace", "format", "window", "think", "chars_per_token", "sessions", "agents"],
        ["workload.rate"] = ["concurrency"],
        ["workload.concurrency"] = ["rate", "arrivals"],
    };

    public void AddTo(Command command)
    {
        command.Arguments.Add(_file);
        command.Options.Add(_set);
        command.Options.Add(_topology);
        command.Options.Add(_gpu);
        command.Options.Add(_tp);
        foreach (var (option, _) in _simple) command.Options.Add(option);
    }

    /// <summary>The scenario with all overrides applied; null where it, or a flag, is one of the problems.</summary>
    /// <param name="needsWorkload">False where clients bring it: flags alone need not describe one then.</param>
    public ScenarioResult? Load(ParseResult arguments, Catalog catalog, Problems problems, bool needsWorkload = true) =>
        Source(arguments, problems, needsWorkload: needsWorkload) is { } source ? problems.Of(() => source.Read(catalog).OrThrow()) : null;

    /// <summary>The scenario as text, for commands that read it many times with other settings; null where there is none to read.</summary>
    /// <param name="withSettings">False where <c>--set</c> means something else.</param>
    /// <param name="needsWorkload">As for <see cref="Load"/>.</param>
    public ScenarioSource? Source(ParseResult arguments, Problems problems, bool withSettings = true, bool needsWorkload = true)
    {
        var before = problems.Found.Count;
        var overrides = Overrides(arguments, problems, withSettings, needsWorkload);
        if (File(arguments, overrides, problems) is { } file) return problems.Of(() => ScenarioSource.Open(file, overrides));
        // Of flags alone, one that makes no sense leaves a hole in the scenario: errors of the rest would be about that.
        return problems.Found.Count > before ? null : ScenarioSource.FromFlags(overrides);
    }

    /// <summary>Errors of the scenario beside those found elsewhere. Where none were, whoever reads it comes upon them at once.</summary>
    public static void CheckBeside(ScenarioSource? source, Catalog catalog, Problems problems)
    {
        if (source is not null && problems.AreThere) problems.Of(() => source.Read(catalog).OrThrow());
    }

    /// <summary>What <c>--set</c> was given, as written.</summary>
    public IReadOnlyList<string> Settings(ParseResult arguments) => arguments.GetValue(_set) ?? [];

    private string? File(ParseResult arguments, List<ScenarioOverride> overrides, Problems problems)
    {
        var file = arguments.GetValue(_file);
        if (file is null && arguments.GetValue(_topology) is null && !overrides.Exists(o => o.Path == "topology") && !problems.Found.Contains(PoolsOfNothing))
            problems.Add("Name a scenario file, e.g. scenarios/quickstart.yaml, or describe a cluster by --model llama-3.1-8b --gpu h100-sxm --topology 2A, and what it serves by --isl 512 --osl 128 --rate 4/s --requests 200, or by --trace FILE.");
        return file is null ? null : Shipped(file);
    }

    /// <summary>A scenario that ships with the program is found from anywhere, and said to be that one.</summary>
    private static string Shipped(string file)
    {
        if (System.IO.File.Exists(file) || Path.IsPathRooted(file)) return file;
        var shipped = Path.Combine(AppContext.BaseDirectory, file);
        if (!System.IO.File.Exists(shipped)) return file;
        Output.Terminal.Error.WriteLine($"{file} is not in this folder; taking the one that ships with xpyd.");
        return shipped;
    }

    private List<ScenarioOverride> Overrides(ParseResult arguments, Problems problems, bool withSettings, bool needsWorkload)
    {
        var overrides = new List<ScenarioOverride>();
        var given = _simple.Where(s => arguments.GetValue(s.Option) is not null).Select(s => s.Option.Name).ToHashSet();
        if (given.Contains("--trace") && (given.Contains("--isl") || given.Contains("--osl"))) problems.Add("--trace and --isl, --osl: requests are those of a trace or drawn; give one.");
        if (given.Contains("--rate") && given.Contains("--concurrency")) problems.Add("--rate and --concurrency: an open loop has a rate, a closed loop a concurrency; give one.");
        foreach (var (option, path) in _simple)
        {
            if (arguments.GetValue(option) is not { } value) continue;
            overrides.Add(new ScenarioOverride(path, option.Name == "--trace" ? FromHere(value) : value, option.Name));
            foreach (var key in s_standsFor.GetValueOrDefault(path, [])) overrides.Add(new ScenarioOverride($"workload.{key}", "null", option.Name));
        }

        if (arguments.GetValue(_topology) is { } shape)
        {
            var isWhole = arguments.GetValue(_gpu) is not null || Settings(arguments).Any(s => s.StartsWith("topology", StringComparison.Ordinal));
            if (!isWhole)
                problems.Add($"--topology {shape} says how many instances there are, instead of the file's pools, not of which GPU: add --gpu, e.g. --gpu h100-sxm, and --tp where one GPU is too few.");
            if (problems.Of(() => Topology(shape, arguments.GetValue(_gpu), arguments.GetValue(_tp))) is { } topology && isWhole) overrides.Add(topology);
        }
        else if (arguments.GetValue(_file) is null && (arguments.GetValue(_gpu) ?? arguments.GetValue(_tp)) is not null)
        {
            problems.Add(PoolsOfNothing);
        }
        else
        {
            foreach (var (option, key) in (ReadOnlySpan<(Option<string?>, string)>)[(_gpu, "gpu"), (_tp, "tp")])
                if (arguments.GetValue(option) is { } value) overrides.Add(new ScenarioOverride($"topology.*.{key}", value, option.Name));
        }

        foreach (var setting in withSettings ? Settings(arguments) : [])
        {
            var equals = setting.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) problems.Add($"--set {setting}: expected path=value, e.g. --set workload.rate=4/s.");
            else overrides.Add(new ScenarioOverride(setting[..equals], setting[(equals + 1)..]));
        }

        if (!needsWorkload && arguments.GetValue(_file) is null && overrides.Count > 0 && !overrides.Exists(o => o.Path.StartsWith("workload", StringComparison.Ordinal)))
            overrides.Add(new ScenarioOverride("workload", "{ synthetic: { input: 512, output: 128 }, rate: 1/s, requests: 1 }"));
        return overrides;
    }

    /// <summary>A path on the command line is meant from where the user stands; if nothing is there, from the scenario's folder, as in the file.</summary>
    private static string FromHere(string path) => System.IO.File.Exists(path) ? Path.GetFullPath(path) : path;

    private static ScenarioOverride Topology(string shape, string? gpu, string? tp)
    {
        var match = Shape().Match(shape);
        if (!match.Success) throw new UsageException($"--topology {shape}: expected xPyD, e.g. 2P2D, or xA for aggregated instances, e.g. 4A.");
        var rest = $"{(gpu is null ? "" : $", gpu: {gpu}")}{(tp is null ? "" : $", tp: {tp}")}";
        var pools = match.Groups["a"].Success
            ? $"aggregated: {{ instances: {match.Groups["a"].Value}{rest} }}"
            : $"prefill: {{ instances: {match.Groups["p"].Value}{rest} }}, decode: {{ instances: {match.Groups["d"].Value}{rest} }}, link: ib-ndr-400x4";
        return new ScenarioOverride("topology", $"{{ {pools} }}", "--topology");
    }

    [GeneratedRegex("^((?<p>\\d+)P(?<d>\\d+)D|(?<a>\\d+)A)$", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Shape();
}

/// <summary>The command line makes no sense; the message says what would. Exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);
