using Cluster.Engine.Diagnosis;

namespace Cluster.Grains.Messages;

/// <summary>A distribution of durations: how many fell into which of <see cref="LogBuckets"/>, ascending.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.durations.v1")]
public sealed record DurationCounts(
    [property: Id(0)] int[] Buckets,
    [property: Id(1)] long[] Counts)
{
    public static DurationCounts Of(IEnumerable<long> durationsNs)
    {
        var groups = durationsNs.GroupBy(LogBuckets.Of).OrderBy(g => g.Key).ToList();
        return new DurationCounts([.. groups.Select(g => g.Key)], [.. groups.Select(g => g.LongCount())]);
    }

    /// <summary>Those of both; either may be null for none.</summary>
    public static DurationCounts? Sum(DurationCounts? some, DurationCounts? more) => some is null || more is null ? some ?? more : some.Plus(more);

    private DurationCounts Plus(DurationCounts more)
    {
        var all = Buckets.Zip(Counts).Concat(more.Buckets.Zip(more.Counts)).GroupBy(b => b.First, b => b.Second).OrderBy(g => g.Key).ToList();
        return new DurationCounts([.. all.Select(g => g.Key)], [.. all.Select(g => g.Sum())]);
    }

    /// <summary>The duration that a share of them does not exceed, nanoseconds; null while there is none.</summary>
    public double? QuantileNs(double quantile)
    {
        var rank = (long)Math.Ceiling(quantile * Counts.Sum());
        for (var i = 0; i < Buckets.Length; i++)
            if ((rank -= Counts[i]) <= 0) return LogBuckets.MiddleNs(Buckets[i]);
        return null;
    }
}

/// <summary>How requests fared. Sums, so that those of several gateways and times add up.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.run-tally.v1")]
public sealed record RunTally
{
    [Id(0)] public long Completed { get; init; }
    [Id(1)] public long Failed { get; init; }
    [Id(2)] public long Aborted { get; init; }
    [Id(3)] public long Rejected { get; init; }

    /// <summary>Of those completed, how many met every objective.</summary>
    [Id(4)] public long MetSlo { get; init; }
    [Id(5)] public long PromptTokens { get; init; }
    [Id(6)] public long CachedTokens { get; init; }
    [Id(7)] public long OutputTokens { get; init; }

    /// <summary>Of those completed, emulated; null while there are none.</summary>
    [Id(8)] public DurationCounts? Ttft { get; init; }
    [Id(9)] public DurationCounts? Tpot { get; init; }

    public RunTally Plus(RunTally more)
    {
        ArgumentNullException.ThrowIfNull(more);
        return new RunTally
        {
            Completed = Completed + more.Completed,
            Failed = Failed + more.Failed,
            Aborted = Aborted + more.Aborted,
            Rejected = Rejected + more.Rejected,
            MetSlo = MetSlo + more.MetSlo,
            PromptTokens = PromptTokens + more.PromptTokens,
            CachedTokens = CachedTokens + more.CachedTokens,
            OutputTokens = OutputTokens + more.OutputTokens,
            Ttft = DurationCounts.Sum(Ttft, more.Ttft),
            Tpot = DurationCounts.Sum(Tpot, more.Tpot),
        };
    }
}

/// <summary>Something that was done to the cluster.</summary>
/// <param name="AtNs">Emulated nanoseconds since it began.</param>
/// <param name="What">E.g. <c>scale</c>, <c>resize</c>, <c>fault</c>.</param>
[GenerateSerializer, Immutable, Alias("xpyd.run-event.v1")]
public sealed record RunEvent(
    [property: Id(0)] long AtNs,
    [property: Id(1)] string What,
    [property: Id(2)] string Text);

/// <summary>One run of a cluster: from its beginning, or from when an operator said so, to the next.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.run.v1")]
public sealed record RunMessage(
    [property: Id(0)] string Name,
    [property: Id(1)] DateTime BegunUtc,
    [property: Id(2)] long BegunNs)
{
    /// <summary>The latest news of it, emulated nanoseconds.</summary>
    [Id(3)] public long AtNs { get; init; } = BegunNs;

    /// <summary>Null: it goes on.</summary>
    [Id(4)] public DateTime? EndedUtc { get; init; }
    [Id(5)] public RunTally Tally { get; init; } = new();

    /// <summary>Oldest first.</summary>
    [Id(6)] public RunEvent[] Events { get; init; } = [];
}

/// <summary>What a gateway has to add to the run at hand.</summary>
/// <param name="Number">Counts the gateway's own; sent again under the same number when no answer came.</param>
[GenerateSerializer, Immutable, Alias("xpyd.run-news.v1")]
public sealed record RunNews(
    [property: Id(0)] string Gateway,
    [property: Id(1)] long Number,
    [property: Id(2)] long AtNs,
    [property: Id(3)] RunTally Tally,
    [property: Id(4)] RunEvent[] Events);

/// <summary>What the run grain keeps beyond its own life.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.run-state.v1")]
public sealed record RunState
{
    private const int MaxRuns = 50;
    private const int MaxEvents = 500;

    /// <summary>Oldest first; the last is the one at hand. Empty before anything has happened.</summary>
    [Id(0)] public RunMessage[] Runs { get; init; } = [];

    /// <summary>The last news taken of each gateway.</summary>
    [Id(1)] public Dictionary<string, long> Taken { get; init; } = [];

    /// <summary>News added to the run at hand; nothing changes when they were added before.</summary>
    public RunState With(RunNews news)
    {
        ArgumentNullException.ThrowIfNull(news);
        if (Taken.GetValueOrDefault(news.Gateway) >= news.Number) return this;
        var run = Runs[^1];
        run = run with
        {
            AtNs = Math.Max(run.AtNs, news.AtNs),
            Tally = run.Tally.Plus(news.Tally),
            Events = [.. run.Events.Concat(news.Events).TakeLast(MaxEvents)],
        };
        return new RunState { Runs = [.. Runs[..^1], run], Taken = new Dictionary<string, long>(Taken) { [news.Gateway] = news.Number } };
    }

    /// <summary>The run at hand has ended and another begun.</summary>
    public RunState Then(RunMessage next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return this with { Runs = [.. Runs.SkipLast(1).TakeLast(MaxRuns - 2), Runs[^1] with { EndedUtc = next.BegunUtc }, next] };
    }
}
