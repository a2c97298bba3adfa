using Cluster.Scenarios.Sections;
using Cluster.Scenarios.Workloads;
using Cluster.Scenarios.Yaml;

namespace Cluster.Scenarios.Reading;

/// <summary>Reads <c>workload</c>: where requests come from, and when.</summary>
internal static class WorkloadReader
{
    /// <summary>Sources of requests: naming one in a variant drops the other.</summary>
    public static IReadOnlyList<string> Sources { get; } = ["workload.trace", "workload.synthetic"];

    public static WorkloadSection? Read(SectionReader? r)
    {
        if (r is null) return null;
        var trace = ReadTrace(r);
        var synthetic = ReadSynthetic(r.Section("synthetic", "Requests drawn from distributions."));
        var workload = new WorkloadSection
        {
            Trace = trace,
            Synthetic = synthetic,
            Arrivals = ReadArrivals(r.Section("arrivals", "How arrivals are spaced. Default: the trace's own times; Poisson for drawn requests.", shortForm: "process")),
            Rate = ReadRate(r.Section("rate", "Arrivals per second; a trace is stretched to it. Default: the trace's own rate.", shortForm: "mean")),
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
        if (r.Has("trace") == r.Has("synthetic"))
        {
            r.Error(r.Has("trace") ? "synthetic" : "", r.Has("trace") ? "A workload has one source of requests." : "A workload needs a source of requests.",
                null, "trace or synthetic", "Write e.g. 'trace: traces/azure-conv-sample.csv' or 'synthetic: { input: 1024, output: 128 }'.");
        }

        if (w.Concurrency is not null && (r.Has("rate") || r.Has("arrivals")))
            r.Error("concurrency", "A closed loop sets its own pace.", null, null, "Remove 'rate' and 'arrivals', or remove 'concurrency'.");
        if (r.Has("synthetic") && w.Concurrency is null && !r.Has("concurrency") && !r.Has("rate"))
            r.Error("rate", "Drawn requests need a rate or a concurrency.", null, null, "Add e.g. 'rate: 4/s' or 'concurrency: 64'.");
        if (r.Has("synthetic") && !r.Has("requests") && !r.Has("duration"))
            r.Error("requests", "Drawn requests never end by themselves.", null, null, "Add e.g. 'requests: 400' or 'duration: 60s'.");
        if (w.Concurrency is not null && w.DurationNs is not null)
            r.Error("duration", "A closed loop has no arrival times to stop at.", null, null, "Use 'requests'.");
        if (w.Arrivals is not null && w.Rate is null && !r.Has("rate"))
            r.Error("arrivals", "Drawn arrivals need a rate.", null, null, "Add e.g. 'rate: 4/s'.");
    }

    private static TraceSection? ReadTrace(SectionReader r)
    {
        var file = r.Text("trace", "Trace file, relative to this file.");
        var format = r.Choice("format", "Format of the trace. Default: recognised from the file.",
            [.. Enum.GetNames<TraceFormat>().Select(n => n.ToLowerInvariant())]);
        var window = ReadWindow(r.Section("window", "Only the part of the trace from … to."));
        if (file is null)
        {
            foreach (var key in new[] { "format", "window" })
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
            r.Error("trace", $"The format of '{file}' is not recognised.", file, null, "Name it with 'format: …' if it is one of those supported.");
            return null;
        }

        return new TraceSection(path, known.Value) { Window = window };
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

    private static SyntheticSection? ReadSynthetic(SectionReader? r)
    {
        if (r is null) return null;
        var input = ReadLength(r.Section("input", "Prompt tokens: a number, or a distribution.", shortForm: "mean"));
        var output = ReadLength(r.Section("output", "Output tokens: a number, or a distribution.", shortForm: "mean"));
        foreach (var key in new[] { "input", "output" })
        {
            if (!r.Context.Describing && !r.Has(key)) r.Error(key, "Drawn requests need a length.", null, null, $"Add e.g. '{key}: 1024'.");
        }

        r.RejectUnknownKeys();
        return input is null || output is null ? null : new SyntheticSection(input, output);
    }

    internal static LengthSection? ReadLength(SectionReader? r)
    {
        if (r is null) return null;
        var shape = r.Choice("distribution", "Default: constant.", [.. Enum.GetNames<LengthShape>().Select(n => n.ToLowerInvariant())]);
        var mean = r.Number("mean", "Mean, in tokens.", 1, 10_000_000);
        var cv = r.Number("cv", "Standard deviation ÷ mean, for normal and lognormal. Default 0.5.", 0, 100);
        var min = r.Int("min", "Fewest tokens. Default 1.", 1, 10_000_000) ?? 1;
        var max = r.Int("max", "Most tokens. Default: no limit but the model's.", 1, 10_000_000);
        var parsed = shape is null ? LengthShape.Constant : Enum.Parse<LengthShape>(shape, ignoreCase: true);
        if (!r.Context.Describing)
        {
            if (parsed == LengthShape.Uniform && max is null && !r.Has("max")) r.Error("max", "A uniform distribution needs 'max'.");
            if (parsed == LengthShape.Uniform && mean is not null) r.Error("mean", "A uniform distribution is given by 'min' and 'max'; remove the mean.");
            if (parsed != LengthShape.Uniform && mean is null && !r.Has("mean")) r.Error("mean", "The distribution needs a mean.");
            if (max < min) r.Error("max", $"{max} is less than min = {min}.");
        }

        r.RejectUnknownKeys();
        return new LengthSection(parsed, mean ?? 1, cv ?? 0.5, min, max ?? 10_000_000);
    }

    private static ArrivalSection? ReadArrivals(SectionReader? r)
    {
        if (r is null) return null;
        var process = r.Choice("process", "Spacing of arrivals.", [.. Enum.GetNames<ArrivalProcess>().Select(n => n.ToLowerInvariant())]);
        var cv = r.Number("cv", "Standard deviation ÷ mean of the gaps, for gamma; above 1 is bursty. Default 1.", 0, 100, above: true);
        r.RejectUnknownKeys();
        return new ArrivalSection(process is null ? ArrivalProcess.Poisson : Enum.Parse<ArrivalProcess>(process, ignoreCase: true), cv ?? 1);
    }

    private static RateSection? ReadRate(SectionReader? r)
    {
        if (r is null) return null;
        var mean = r.PerSecond("mean", "A constant rate.");
        var ramp = r.Section("ramp", "From one rate to another, then staying there.");
        var square = r.Section("square", "A wave between two rates, low first.");
        RateSection? rate = mean is null ? null : new RateSection(RateShape.Constant, mean.Value);
        if (ramp is not null)
        {
            rate = new RateSection(RateShape.Ramp,
                Need(ramp, "from", ramp.PerSecond("from", "Rate at the start.", zeroAllowed: true)) ?? 0,
                Need(ramp, "to", ramp.PerSecond("to", "Rate at the end.")) ?? 1,
                Need(ramp, "over", ramp.DurationNs("over", "How long the ramp takes.", 1)) ?? 1);
            ramp.RejectUnknownKeys();
        }

        if (square is not null)
        {
            rate = new RateSection(RateShape.Square,
                Need(square, "low", square.PerSecond("low", "Low rate.", zeroAllowed: true)) ?? 0,
                Need(square, "high", square.PerSecond("high", "High rate.")) ?? 1,
                Need(square, "period", square.DurationNs("period", "One low and one high.", 1)) ?? 1,
                square.Number("duty", "Share of the period that is high. Default 0.5.", 0, 1) ?? 0.5);
            square.RejectUnknownKeys();
        }

        var ways = new[] { "mean", "ramp", "square" };
        if (ways.Count(r.Has) > 1) r.Error("", "A rate is given in one way.", null, string.Join(" or ", ways));
        r.RejectUnknownKeys();
        return rate;
    }

    private static T? Need<T>(SectionReader r, string key, T? value) where T : struct
    {
        if (!r.Context.Describing && !r.Has(key)) r.Error(key, "This key is needed.");
        return value;
    }
}
