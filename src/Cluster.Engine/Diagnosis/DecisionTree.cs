using System.Globalization;

namespace Cluster.Engine.Diagnosis;

/// <summary>What the decision tree asks about: a run's figures, all of them measured or counted.</summary>
public sealed record TreeFacts
{
    public required string Model { get; init; }

    /// <summary>Weights and activations if one GPU held all of the model.</summary>
    public required double OneGpuBytes { get; init; }

    /// <summary>What the engine may use of one GPU.</summary>
    public required double UsableBytes { get; init; }

    /// <summary>Fewest GPUs, a power of two, that hold one instance with room for KV.</summary>
    public required int MinimumGpus { get; init; }

    /// <summary>GPUs of one instance.</summary>
    public required int InstanceGpus { get; init; }

    /// <summary>Sequences of the workload's mean length whose KV fits where they decode.</summary>
    public required double CapacitySequences { get; init; }

    /// <summary>Requests in the system at a time, on average (Little's law).</summary>
    public required double MeanConcurrency { get; init; }

    /// <summary>Share of the decoding role's busy time with a request that lacked KV blocks.</summary>
    public required double WaitingForBlocks { get; init; }

    public required long Preemptions { get; init; }

    public required double TpotP90Ms { get; init; }

    /// <summary>Null: not asked for.</summary>
    public double? TpotSloMs { get; init; }

    public required double TtftP90Ms { get; init; }

    public double? TtftSloMs { get; init; }

    /// <summary>Mean share of TTFT that requests spent queueing.</summary>
    public required double QueueShareOfTtft { get; init; }

    public required double RequestsPerSecond { get; init; }

    public required double GoodputRps { get; init; }

    /// <summary>What binds where prompts are computed, and where tokens are.</summary>
    public required Wall PrefillWall { get; init; }

    public required Wall DecodeWall { get; init; }
}

/// <summary>One question, its answer, the figures that decided it, and where to look when the answer is no.</summary>
public sealed record TreeAnswer(string Question, bool Yes, string Figures, string? ReachFor);

/// <summary>Name the binding constraint before reaching for a lever: four questions, in order; the first no decides.</summary>
public static class DecisionTree
{
    /// <summary>Below this share of requests that met the SLO, aggregate throughput is too low.</summary>
    public const double Attainment = 0.9;

    private const double CapacityHolds = 0.05;

    public static IReadOnlyList<TreeAnswer> Ask(TreeFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        return [Fits(facts), Holds(facts), FastEnough(facts), EnoughInAll(facts)];
    }

    /// <summary>One sentence: the first question answered no and what follows, or that nothing does.</summary>
    public static string Verdict(IReadOnlyList<TreeAnswer> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        // A model that is spread over enough GPUs already has had its lever pulled.
        var first = answers.FirstOrDefault(a => a is { Yes: false, ReachFor: not null });
        return first is null
            ? "Nothing is too slow at this load: raise the load to find the wall, or give GPUs back."
            : $"{first.Question} No: {first.Figures}. Reach for {first.ReachFor}.";
    }

    private static TreeAnswer Fits(TreeFacts f)
    {
        var spread = f.InstanceGpus >= f.MinimumGpus;
        return new TreeAnswer(
            "Does the model fit on one GPU?", f.OneGpuBytes <= f.UsableBytes,
            Text($"{f.Model} takes {f.OneGpuBytes / 1e9:F1} GB of {f.UsableBytes / 1e9:F1} GB usable; the least is {f.MinimumGpus} GPU{(f.MinimumGpus == 1 ? "" : "s")}, an instance has {f.InstanceGpus}"),
            f.OneGpuBytes <= f.UsableBytes || spread ? null : "parallelism (TP, PP, EP), then narrower weights to fit on fewer GPUs");
    }

    private static TreeAnswer Holds(TreeFacts f)
    {
        var yes = f.WaitingForBlocks <= CapacityHolds && f.Preemptions == 0;
        return new TreeAnswer(
            "At this concurrency, does capacity hold?", yes,
            Text($"KV holds {f.CapacitySequences:F0} sequences of mean length, {f.MeanConcurrency:F1} are in the system; requests lacked KV for {f.WaitingForBlocks:P0} of the time, {f.Preemptions} were preempted"),
            yes ? null : "KV quantisation and narrower weights, then paging, prefix caching and a smaller attention variant");
    }

    private static TreeAnswer FastEnough(TreeFacts f)
    {
        var yes = f.TpotSloMs is not { } slo || f.TpotP90Ms <= slo;
        var asked = f.TpotSloMs is { } limit ? Text($" against {limit:F0} ms asked for") : ", no objective set";
        return new TreeAnswer(
            "Is each user served fast enough?", yes,
            Text($"TPOT p90 is {f.TpotP90Ms:F1} ms{asked}; decoding is bound by {Name(f.DecodeWall)}"),
            yes ? null : f.DecodeWall switch
            {
                Wall.Bandwidth => "narrower weights, then fewer active parameters (MoE) and speculative decoding",
                Wall.Compute => "keeping prompts away from decodes (chunking, disaggregation), then smaller batches",
                Wall.Network => "smaller TP degree or a faster interconnect",
                Wall.Host => "CUDA graphs, fusion, fewer ranks per instance",
                _ => "a shorter queue: more instances on this side, or a better router",
            });
    }

    private static TreeAnswer EnoughInAll(TreeFacts f)
    {
        var yes = f.RequestsPerSecond <= 0 || f.GoodputRps >= Attainment * f.RequestsPerSecond;
        var asked = f.TtftSloMs is { } limit ? Text($" against {limit:F0} ms asked for") : "";
        return new TreeAnswer(
            "Is enough served in all?", yes,
            Text($"{f.GoodputRps:F2} of {f.RequestsPerSecond:F2} req/s met the SLO; TTFT p90 is {f.TtftP90Ms:F0} ms{asked}, {f.QueueShareOfTtft:P0} of it queueing; prefill is bound by {Name(f.PrefillWall)}"),
            yes ? null : "system levers: batching, prefix caching, routing, the split of prefill and decode");
    }

    private static string Name(Wall wall) => wall.ToString().ToLowerInvariant();

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
