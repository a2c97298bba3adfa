using System.Collections.Immutable;
using Cluster.Engine.Policies;
using Cluster.Scenarios.Catalogs;
using Cluster.Scenarios.Sections;
using Cluster.Scenarios.Workloads;
using Cluster.Scenarios.Yaml;

namespace Cluster.Scenarios.Reading;

/// <summary>Reads <c>workload</c>: where requests come from, and when.</summary>
internal static class WorkloadReader
{
    /// <summary>Sources of requests: naming one in a variant drops the others.</summary>
    public static IReadOnlyList<string> Sources { get; } = ["workload.trace", "workload.synthetic", "workload.sessions", "workload.agents"];

    public static WorkloadSection? Read(SectionReader? r, Catalog catalog)
    {
        if (r is null) return null;
        var trace = ReadTrace(r);
        var synthetic = SyntheticReader.Read(r.Section("synthetic", "Requests drawn from distributions."));
        var sessions = SessionReader.ReadSessions(r.Section("sessions", "Conversations: each turn follows the answer to the one before."));
        var agents = SessionReader.ReadAgents(r.Section("agents", "Agent runs: each call follows the tool that the one before asked for."));
        var workload = new WorkloadSection
        {
            Trace = trace,
            Synthetic = synthetic,
            Sessions = sessions ?? agents,
            Classes = ReadClasses(r.Section("classes", "Kinds of requests by name, drawn by share. Default: all alike."), catalog),
            Arrivals = ArrivalReader.ReadArrivals(r.Section("arrivals", "How arrivals are spaced. Default: the trace's own times; Poisson for drawn requests.", shortForm: "process")),
            Rate = ArrivalReader.ReadRate(r.Section("rate", "Arrivals per second; a trace is stretched to it. Default: the trace's own rate.", shortForm: "mean")),
            Concurrency = r.Int("concurrency", "Closed loop: so many clients, each sending when its last request ended.", 1, 1_000_000),
            Requests = r.Int("requests", "Stop after so many requests. Default: the trace's end.", 1, int.MaxValue),
            DurationNs = r.DurationNs("duration", "Stop when arrivals pass this time.", 1),
        };
        if (!r.Context.Describing) Check(r, workload);
        r.RejectUnknownKeys();
        return workload;
    }

    private static void Check(SectionReader r, WorkloadSection w)
    {
        string[] sources = ["trace", "synthetic", "sessions", "agents"];
        var named = sources.Where(r.Has).ToArray();
        if (named.Length != 1)
        {
            r.Error(named.Length == 0 ? "" : named[1], named.Length == 0 ? "A workload needs a source of requests." : "A workload has one source of requests.",
                null, string.Join(" or ", sources), "Write e.g. 'trace: traces/azure-conv-sample.csv' or 'synthetic: { input: 1024, output: 128 }'.");
        }

        var paced = r.Has("rate") || r.Has("concurrency");
        var sessions = r.Has("sessions") || r.Has("agents") || r.Has("think");
        if (r.Has("concurrency") && (r.Has("rate") || r.Has("arrivals")))
            r.Error("concurrency", "A closed loop sets its own pace.", null, null, "Remove 'rate' and 'arrivals', or remove 'concurrency'.");
        if (r.Has("concurrency") && sessions)
            r.Error("concurrency", "Sessions start at a rate; each is a closed loop in itself.", null, null, "Use 'rate'.");
        if (named is ["synthetic"] && !paced)
            r.Error("rate", "Drawn requests need a rate or a concurrency.", null, null, "Add e.g. 'rate: 4/s' or 'concurrency: 64'.");
        if (sessions && !r.Has("rate"))
            r.Error("rate", "Sessions need a rate at which they start.", null, null, "Add e.g. 'rate: 1/s'.");
        if (named is [not "trace"] && !r.Has("requests") && !r.Has("duration"))
            r.Error("requests", "Drawn requests never end by themselves.", null, null, "Add e.g. 'requests: 400' or 'duration: 60s'.");
        if (r.Has("concurrency") && r.Has("duration"))
            r.Error("duration", "A closed loop has no arrival times to stop at.", null, null, "Use 'requests'.");
        if (r.Has("arrivals") && !r.Has("rate"))
            r.Error("arrivals", "Drawn arrivals need a rate.", null, null, "Add e.g. 'rate: 4/s'.");
        if (w.Trace is { Format: TraceFormat.ShareGpt } && !paced)
            r.Error("rate", "This trace has no times of its own.", null, null, "Add e.g. 'rate: 4/s' or 'concurrency: 64'.");
        foreach (var key in new[] { "think", "chars_per_token" })
        {
            if (r.Has(key) && w.Trace is { Format: not TraceFormat.ShareGpt })
                r.Error(key, "It belongs to a trace of conversations in text (sharegpt).");
        }
    }

    private static ImmutableArray<ClassSection> ReadClasses(SectionReader? r, Catalog catalog)
    {
        if (r is null) return [];
        if (r.Context.Describing)
        {
            var described = new SectionReader(r.Context, null, "");
            ReadClass(described, "", catalog);
            r.Schema["additionalProperties"] = described.Schema;
        }

        return [.. r.WrittenKeys.Select(name => r.Section(name, "") is { } section ? ReadClass(section, name, catalog) : null).OfType<ClassSection>()];
    }

    private static ClassSection ReadClass(SectionReader r, string name, Catalog catalog)
    {
        var section = new ClassSection(
            name,
            r.Needed("share", r.Number("share", "Weight against the other kinds.", 0, 1e9, above: true), "1") ?? 1,
            r.Int("priority", "Smaller runs first where the engine orders by priority. Default 0.", -1_000_000, 1_000_000) ?? 0,
            r.Model(catalog, "Model asked for. Default: the cluster's, when it serves one."));
        r.RejectUnknownKeys();
        return section;
    }

    private static TraceSection? ReadTrace(SectionReader r)
    {
        var file = r.Text("trace", "Trace file, relative to this file.");
        var format = r.Choice("format", "Format of the trace. Default: recognised from the file.",
            [.. Enum.GetNames<TraceFormat>().Select(n => n.ToLowerInvariant())]);
        var window = ReadWindow(r.Section("window", "Only the part of the trace from … to."));
        var chars = r.Number("chars_per_token", "Of a trace of texts: characters counted as one token. Default 4.", 0.1, 100);
        var think = SessionReader.ReadPause(r.Section("think",
            "Of a trace of conversations: the pause before each further turn. Default: only first turns are sent.", shortForm: "mean"));
        if (file is null)
        {
            foreach (var key in new[] { "format", "window", "chars_per_token", "think" })
            {
                if (r.Has(key) && !r.Has("trace")) r.Error(key, "It belongs to a trace, and there is none.");
            }

            return null;
        }

        var path = Path.GetFullPath(Path.Combine(r.Context.Directory, file));
        if (!File.Exists(path))
        {
            var folder = Path.GetDirectoryName(path);
            var others = Directory.Exists(folder) ? Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal).ToArray() : [];
            r.Error("trace", $"No file '{file}' in {(r.Context.Directory.Length == 0 ? "the current folder" : r.Context.Directory)}.", file, null,
                NearestName.Question(Path.GetFileName(path), others));
            return null;
        }

        var known = format is null ? TraceFile.Recognise(path) : Enum.Parse<TraceFormat>(format, ignoreCase: true);
        if (known is null)
        {
            r.Error("trace", $"The format of '{file}' is not recognised.", file, string.Join(", ", Enum.GetNames<TraceFormat>().Select(n => n.ToLowerInvariant())), "Set 'format' if it is one of those; docs/how-to/replay-your-trace.md shows what each holds.");
            return null;
        }

        return new TraceSection(path, known.Value) { Window = window, CharsPerToken = chars ?? 4, Think = think };
    }

    private static (long, long)? ReadWindow(SectionReader? r)
    {
        if (r is null) return null;
        var from = r.DurationNs("from", "Start, after the trace's first request. Default 0s.") ?? 0;
        var to = r.DurationNs("to", "End, excluded. Default: the trace's end.") ?? long.MaxValue;
        if (from >= to) r.Error("to", "The window ends before it starts.", UnitText.Duration(to), $"more than {UnitText.Duration(from)}");
        r.RejectUnknownKeys();
        return (from, to);
    }
}
