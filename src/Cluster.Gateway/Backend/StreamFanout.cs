using System.Collections.Concurrent;
using System.Diagnostics;

namespace Cluster.Gateway.Backend;

/// <summary>One stream's share of a step.</summary>
/// <param name="StreamId">As registered.</param>
/// <param name="Count">Tokens that became visible.</param>
public readonly record struct StepOutput(long StreamId, int Count, StreamEnd? End = null);

/// <summary>
/// Hands the tokens of one engine step to the streams of this gateway: one message in, one thread-pool item per lane,
/// every reader run inline from there. Without it each token would cost a task switch. Steps published by one thread
/// reach a stream in their order.
/// </summary>
public sealed class StreamFanout
{
    private readonly ConcurrentDictionary<long, PushStream> _streams = new();
    private readonly Lane[] _lanes;

    /// <param name="lanes">Streams are spread over so many serial lanes; 0: one per core.</param>
    public StreamFanout(int lanes = 0)
    {
        _lanes = new Lane[lanes > 0 ? lanes : Environment.ProcessorCount];
        for (var i = 0; i < _lanes.Length; i++) _lanes[i] = new Lane(this);
    }

    /// <summary>Streams that have not ended.</summary>
    public int Open => _streams.Count;

    /// <summary>Registers a new stream; it leaves by itself when its end is published.</summary>
    /// <param name="onCancel">Told when the client has gone; it should see to it that an end gets published.</param>
    /// <exception cref="ArgumentException">The id is taken.</exception>
    public PushStream Add(long id, Action<PushStream>? onCancel = null)
    {
        var stream = new PushStream(id, onCancel, runReaderInline: true);
        if (!_streams.TryAdd(id, stream)) throw new ArgumentException($"Stream {id} is open already.", nameof(id));
        return stream;
    }

    /// <summary>Ends every open stream, e.g. when the cluster behind it is lost.</summary>
    public void EndAll(Func<PushStream, StreamEnd> end)
    {
        ArgumentNullException.ThrowIfNull(end);
        foreach (var stream in _streams.Values) Publish([new StepOutput(stream.Id, 0, end(stream))], Stopwatch.GetTimestamp());
    }

    /// <summary>Passes a step on and returns at once. Outputs for streams that are gone are dropped.</summary>
    public void Publish(ReadOnlySpan<StepOutput> step, long emittedAtTicks)
    {
        Span<int> counts = stackalloc int[_lanes.Length];
        foreach (var output in step) counts[LaneOf(output.StreamId)]++;
        for (var lane = 0; lane < _lanes.Length; lane++)
        {
            if (counts[lane] == 0) continue;
            var share = new StepOutput[counts[lane]];
            var next = 0;
            foreach (var output in step)
            {
                if (LaneOf(output.StreamId) == lane) share[next++] = output;
            }

            Debug.Assert(next == share.Length, "Every output belongs to one lane.");
            _lanes[lane].Enqueue(share, emittedAtTicks);
        }
    }

    private int LaneOf(long id) => (int)((ulong)id % (ulong)_lanes.Length);

    /// <summary>A queue of steps with at most one thread in it.</summary>
    private sealed class Lane(StreamFanout owner) : IThreadPoolWorkItem
    {
        private readonly ConcurrentQueue<(StepOutput[] Share, long EmittedAtTicks)> _steps = new();
        private int _isScheduled;

        public void Enqueue(StepOutput[] share, long emittedAtTicks)
        {
            _steps.Enqueue((share, emittedAtTicks));
            if (Interlocked.Exchange(ref _isScheduled, 1) == 0) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        public void Execute()
        {
            do
            {
                while (_steps.TryDequeue(out var step)) Deliver(step.Share, step.EmittedAtTicks);
                Volatile.Write(ref _isScheduled, 0);
            }
            while (!_steps.IsEmpty && Interlocked.Exchange(ref _isScheduled, 1) == 0);
        }

        private void Deliver(StepOutput[] share, long emittedAtTicks)
        {
            foreach (var output in share)
            {
                if (!owner._streams.TryGetValue(output.StreamId, out var stream)) continue;
                if (output.End is not null) owner._streams.TryRemove(output.StreamId, out _);
                stream.Push(output.Count, emittedAtTicks, output.End);
            }
        }
    }
}
