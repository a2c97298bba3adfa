using Cluster.Engine.Units;

namespace Cluster.Engine.Requests;

/// <summary>
/// When a request passed each station, in emulated nanoseconds; <see cref="Time.Unset"/> where it did not.
/// The gaps between stations are the hops of its TTFT and add up to it exactly.
/// </summary>
public sealed class RequestTimeline
{
    public long ArrivedNs { get; set; } = Time.Unset;
    public long TokenizedNs { get; set; } = Time.Unset;
    public long RoutedNs { get; set; } = Time.Unset;
    public long PrefillStartedNs { get; set; } = Time.Unset;
    public long PrefillEndedNs { get; set; } = Time.Unset;
    public long KvReservedNs { get; set; } = Time.Unset;
    public long KvArrivedNs { get; set; } = Time.Unset;
    public long FirstTokenNs { get; set; } = Time.Unset;
    public long FinishedNs { get; set; } = Time.Unset;

    /// <summary>As if new.</summary>
    public void Clear()
    {
        ArrivedNs = TokenizedNs = RoutedNs = PrefillStartedNs = PrefillEndedNs = Time.Unset;
        KvReservedNs = KvArrivedNs = FirstTokenNs = FinishedNs = Time.Unset;
    }

    public long TtftNs => FirstTokenNs - ArrivedNs;
    public long E2eNs => FinishedNs - ArrivedNs;

    /// <summary>Where the time to the first token went. Stations that were skipped cost nothing.</summary>
    public TtftHops Hops()
    {
        var last = ArrivedNs;
        return new TtftHops(
            Step(TokenizedNs), Step(RoutedNs), Step(PrefillStartedNs), Step(PrefillEndedNs),
            Step(KvReservedNs), Step(KvArrivedNs), Step(FirstTokenNs));

        long Step(long stationNs)
        {
            if (stationNs == Time.Unset) return 0;
            // Where the transfer overlaps the prefill, stations are passed before the one they follow: nothing is exposed.
            var hop = Math.Max(0, stationNs - last);
            last = Math.Max(last, stationNs);
            return hop;
        }
    }
}

/// <summary>The hops of one TTFT, in nanoseconds; they add up to it.</summary>
public readonly record struct TtftHops(
    long TokenizeNs, long RouteNs, long PrefillQueueNs, long PrefillNs, long KvAllocNs, long KvTransferNs, long DecodeQueueNs)
{
    /// <summary>Names in the order of travel, as metrics and reports print them.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["tokenize", "route", "prefill_queue", "prefill", "kv_alloc", "kv_transfer", "decode_queue"];

    public long this[int hop] => hop switch
    {
        0 => TokenizeNs,
        1 => RouteNs,
        2 => PrefillQueueNs,
        3 => PrefillNs,
        4 => KvAllocNs,
        5 => KvTransferNs,
        6 => DecodeQueueNs,
        _ => throw new ArgumentOutOfRangeException(nameof(hop), hop, $"There are {Names.Count} hops."),
    };

    public long TotalNs => TokenizeNs + RouteNs + PrefillQueueNs + PrefillNs + KvAllocNs + KvTransferNs + DecodeQueueNs;
}
