using Cluster.Engine.Diagnosis;

namespace Cluster.Load;

/// <summary>Collects records as requests end.</summary>
internal sealed class LoadRecorder(LoadOptions options)
{
    private readonly Lock _gate = new();
    private readonly List<LoadRecord> _records = [];
    private readonly DurationHistogram _gaps = new();
    private long _sent;
    private long _completed;
    private long _failed;
    private long _tokens;

    public void Sent() => Interlocked.Increment(ref _sent);

    /// <summary>Cut off by the end of the run: neither completed nor failed.</summary>
    public void Dropped() => Interlocked.Decrement(ref _sent);

    public void Tokens(int count) => Interlocked.Add(ref _tokens, count);

    public LoadRecord Ended(LoadRecord record, List<long> textTicks, LoadClock clock)
    {
        var isCompleted = record.Outcome == LoadOutcome.Completed;
        Interlocked.Increment(ref isCompleted ? ref _completed : ref _failed);
        if (options.KeepTokenTimes)
        {
            var tokenNs = new long[textTicks.Count];
            for (var i = 0; i < tokenNs.Length; i++) tokenNs[i] = clock.ToNs(textTicks[i]);
            record = record with { TokenNs = tokenNs };
        }

        lock (_gate)
        {
            if (_completed + _failed <= options.WarmupRequests) return record;
            _records.Add(record);
            if (!isCompleted) return record;
            for (var i = 1; i < textTicks.Count; i++) _gaps.Record(clock.ToNs(textTicks[i]) - clock.ToNs(textTicks[i - 1]));
        }

        return record;
    }

    public LoadProgress Progress(LoadClock clock) => new(
        Interlocked.Read(ref _sent), Interlocked.Read(ref _completed), Interlocked.Read(ref _failed), Interlocked.Read(ref _tokens), clock.NowNs);

    public LoadResult ToResult(bool wasCancelled)
    {
        lock (_gate)
        {
            var durationNs = _records.Count == 0 ? 0 : _records.Max(r => r.FinishedNs) - _records.Min(r => r.IntendedNs);
            return new LoadResult(_records, _gaps, durationNs, wasCancelled);
        }
    }
}
