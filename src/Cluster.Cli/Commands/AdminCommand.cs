using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.Admin;
using Cluster.Cli.Scenarios;
using Cluster.Engine.Faults;
using Cluster.Engine.Units;
using Cluster.Scenarios;

namespace Cluster.Cli.Commands;

/// <summary><c>xpyd admin</c>: operates a cluster that <c>xpyd up</c> keeps running, through its admin API.</summary>
internal static class AdminCommand
{
    private static readonly Option<string> s_url = new("--url")
    {
        Description = "Base address of the gateway.",
        DefaultValueFactory = _ => "http://127.0.0.1:8000",
        Recursive = true,
    };

    private static readonly Option<string?> s_token = new("--token")
    {
        Description = "Admin token; default the variable XPYD_ADMIN_TOKEN. None is needed on loopback.",
        Recursive = true,
    };

    private static readonly Option<bool> s_json = new("--json") { Description = "Print JSON for programs instead of a table.", Recursive = true };

    /// <summary>Method, path below <c>/admin/</c>, body.</summary>
    private sealed record Call(HttpMethod Method, string Path, JsonObject? Body = null);

    public static Command Create()
    {
        var pool = new Argument<string>("POOL") { Description = "prefill, decode, aggregated or a pool's own name." };
        var count = new Argument<int>("INSTANCES") { Description = "How many there are to be." };
        var instance = new Argument<string>("INSTANCE") { Description = "E.g. decode-1." };
        var name = new Argument<string>("NAME") { Description = "Dial, e.g. time.scale." };
        var value = new Argument<double>("VALUE");
        var policy = new Argument<string>("POLICY") { Description = "Routing policy." };
        var dial = new Option<string[]>("--dial") { Description = "Dial of the policy; repeatable.", HelpName = "name=value" };
        var run = new Argument<string>("RUN") { Description = "Its name." };
        var limit = new Option<int>("--limit") { Description = "How many, newest first.", DefaultValueFactory = _ => 20 };
        var command = new Command("admin", "Operate a running cluster: topology, scale, drain, resize, router, dials, runs, faults.") { s_url, s_token, s_json };
        command.Add(Part("topology", "Instances, links and router as they are now.", [], _ => new Call(HttpMethod.Get, "topology")));
        command.Add(Part("scale", "Bring a pool to a number of instances; those too many drain first.", [pool, count],
            a => new Call(HttpMethod.Post, "scale", new JsonObject { ["pool"] = a.GetValue(pool), ["instances"] = a.GetValue(count) })));
        command.Add(Part("drain", "Take an instance out of routing; it finishes what it has.", [instance],
            a => new Call(HttpMethod.Post, "drain", new JsonObject { ["instance"] = a.GetValue(instance) })));
        command.Add(Part("open", "Let a drained or failed instance take requests again.", [instance],
            a => new Call(HttpMethod.Post, "open", new JsonObject { ["instance"] = a.GetValue(instance) })));
        command.Add(Resize(instance));
        command.Add(Part("dials", "What can be turned, with value, range and meaning.", [], _ => new Call(HttpMethod.Get, "dials")));
        command.Add(Part("set", "Turn a dial.", [name, value],
            a => new Call(HttpMethod.Put, $"dials/{Uri.EscapeDataString(a.GetValue(name)!)}", new JsonObject { ["value"] = a.GetValue(value) })));
        command.Add(Part("router", "Route by another policy from the next request on.", [policy, dial],
            a => new Call(HttpMethod.Put, "router", new JsonObject { ["policy"] = a.GetValue(policy), ["dials"] = Dials(a.GetValue(dial) ?? []) })));
        command.Add(Part("decisions", "The newest routing decisions, with every candidate's cost.", [limit],
            a => new Call(HttpMethod.Get, $"router/decisions?limit={a.GetValue(limit)}")));
        command.Add(Part("runs", "Records of the cluster's runs, the one at hand last: how requests fared and what was done.", [], _ => new Call(HttpMethod.Get, "runs")));
        command.Add(Part("begin", "End the run at hand and begin another.", [run], a => new Call(HttpMethod.Post, "runs", new JsonObject { ["name"] = a.GetValue(run) })));
        AddFaults(command);
        return command;
    }

    private static Command Resize(Argument<string> instance)
    {
        string[] names = ["tp", "pp", "dp", "ep"];
        var degrees = names.Select(name => new Option<int?>("--" + name) { Description = $"{name.ToUpperInvariant()} degree; default: as it is." }).ToArray();
        var now = new Option<bool>("--now") { Description = "Do not wait for its requests: they go on elsewhere with the tokens they have." };
        return Part("resize", "Build an instance anew on other ranks; it finishes what it has first.", [instance, .. degrees, now], a =>
        {
            var body = new JsonObject { ["instance"] = a.GetValue(instance), ["now"] = a.GetValue(now) };
            foreach (var (name, degree) in names.Zip(degrees))
                if (a.GetValue(degree) is { } value) body[name] = value;
            return new Call(HttpMethod.Post, "resize", body);
        });
    }

    private static void AddFaults(Command command)
    {
        var kind = new Argument<string>("KIND") { Description = string.Join(", ", FaultKinds.All.Select(k => k.Name)) + "." };
        var target = new Argument<string?>("TARGET") { Description = "Instance, pool, or the link's name for all instances.", Arity = ArgumentArity.ZeroOrOne };
        var factor = new Option<double?>("--factor") { Description = "Of slow: step time ×. Of link and store: bandwidth ×, 0 is cut. Of disconnect: share of clients. Of slow_client: tokens per second that they read." };
        var duration = new Option<string?>("--for") { Description = "Emulated time that it lasts, e.g. 30s, or a number of seconds; default: until it is cleared.", HelpName = "time" };
        var rank = new Option<int>("--rank") { Description = "Of slow: which rank; the instance waits for it." };
        var id = new Argument<string>("ID") { Description = "As 'faults' lists it." };
        command.Add(Part("faults", "Faults in force, and the kinds there are.", [], _ => new Call(HttpMethod.Get, "faults")));
        command.Add(Part("fault", "Break or slow something: requests of a lost instance continue elsewhere.", [kind, target, factor, rank, duration],
            a => new Call(HttpMethod.Post, "faults", new JsonObject
            {
                ["kind"] = a.GetValue(kind),
                ["target"] = a.GetValue(target),
                ["factor"] = a.GetValue(factor),
                ["rank"] = a.GetValue(rank),
                ["duration_seconds"] = Seconds(a.GetValue(duration)),
            })));
        command.Add(Part("clear", "Undo a fault.", [id], a => new Call(HttpMethod.Delete, $"faults/{Uri.EscapeDataString(a.GetValue(id)!)}")));
    }

    private static Command Part(string name, string description, Symbol[] symbols, Func<ParseResult, Call> call)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument) command.Arguments.Add(argument);
            else if (symbol is Option option) command.Options.Add(option);
        }

        command.SetAction((arguments, cancellation) => Guarded.RunAsync(async () =>
        {
            var token = arguments.GetValue(s_token) ?? Environment.GetEnvironmentVariable("XPYD_ADMIN_TOKEN");
            using var client = new AdminClient(Address(arguments.GetValue(s_url)!), string.IsNullOrEmpty(token) ? null : token);
            var (method, path, body) = call(arguments);
            var answer = await client.CallAsync(method, path, body, cancellation);
            if (arguments.GetValue(s_json)) Console.Out.WriteLine(answer.ToJsonString(CommonOptions.Indented));
            else AdminTables.Print(answer);
            return 0;
        }));
        return command;
    }

    private static double? Seconds(string? text)
    {
        if (text is null) return null;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)) return seconds;
        return UnitText.TryDurationNs(text, out var ns)
            ? Time.ToSeconds(ns)
            : throw new UsageException($"--for {text}: expected a time such as 500ms, 30s or 2m.");
    }

    private static Uri Address(string url) => Uri.TryCreate(url.TrimEnd('/') + "/", UriKind.Absolute, out var address) && address.Scheme is ("http" or "https")
        ? address
        : throw new UsageException($"--url {url}: expected an address such as http://127.0.0.1:8000.");

    private static JsonObject Dials(string[] settings)
    {
        var dials = new JsonObject();
        foreach (var setting in settings)
        {
            var equals = setting.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1 || !double.TryParse(setting.AsSpan(equals + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
                throw new UsageException($"--dial {setting}: expected name=number, e.g. --dial temperature=0.5.");
            dials[setting[..equals]] = value;
        }

        return dials;
    }
}
