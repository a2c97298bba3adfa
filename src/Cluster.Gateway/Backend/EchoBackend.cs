using System.Diagnostics;
using Cluster.Engine.Requests;

namespace Cluster.Gateway.Backend;

/// <summary>How an <see cref="EchoBackend"/> behaves.</summary>
public sealed record EchoOptions
{
    /// <summary>Gap between tokens; zero: everything at once.</summary>
    public TimeSpan TimePerOutputToken { get; init; }

    /// <summary>Delay of the first token; needs a non-zero gap to have an effect.</summary>
    public TimeSpan TimeToFirstToken { get; init; }

    /// <summary>Requests beyond this are rejected with <see cref="RetryAfter"/>.</summary>
    public int MaxRunning { get; init; } = int.MaxValue;

    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Remember blocks of 16 tokens, without limit, and report hits; off for wire measurements.</summary>
    public bool PrefixCache { get; init; }

    /// <summary>Threads that pace; each runs its streams' readers itself.</summary>
    public int PacerThreads { get; init; } = 1;
}

/// <summary>No cluster at all: emits what was asked for, at once or at an even pace. For tests and for measuring the wire.</summary>
public sealed class EchoBackend : IInferenceBackend, IDisposable
{
    private const int BlockSize = 16;

    private readonly EchoOptions _options;
    private readonly EchoPacer[] _pacers;
    private readonly HashSet<ulong> _cachedBlocks = [];
    private int _running;
    private int _completed;
    private int _submitted;

    public EchoBackend(EchoOptions? options = null, params ServedModel[] models)
    {
        _options = options ?? new EchoOptions();
        Models = models is { Length: > 0 } ? models : [new ServedModel("echo", 131_072)];
        _pacers = _options.TimePerOutputToken > TimeSpan.Zero ? new EchoPacer[Math.Max(1, _options.PacerThreads)] : [];
        for (var i = 0; i < _pacers.Length; i++) _pacers[i] = new EchoPacer(_options.TimePerOutputToken);
    }

    public IReadOnlyList<ServedModel> Models { get; }

    public bool IsReady => true;

    /// <summary>Requests that ended by cancellation.</summary>
    public int Aborted { get; private set; }

    /// <summary>Requests that were admitted.</summary>
    public int Submitted => Volatile.Read(ref _submitted);

    /// <summary>Requests that ran to their end.</summary>
    public int Completed => Volatile.Read(ref _completed);

    public ValueTask<IInferenceStream> SubmitAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var cached = _options.PrefixCache ? LookUp(request.Spec) : 0;
        var stream = new PushStream(request.Spec.Id, OnCancel, runReaderInline: _pacers.Length > 0);
        if (Interlocked.Increment(ref _running) > _options.MaxRunning)
        {
            Interlocked.Decrement(ref _running);
            stream.Push(0, 0, new StreamEnd.Rejected(_options.RetryAfter, "The emulated queue is full."));
            return ValueTask.FromResult<IInferenceStream>(stream);
        }

        Interlocked.Increment(ref _submitted);
        var outputTokens = request.Spec.OutputTokens;
        var end = new StreamEnd.Finished(request.EndsWith, new StreamUsage(cached, outputTokens));
        if (_pacers.Length == 0) Push(stream, outputTokens, Stopwatch.GetTimestamp(), end);
        else PacerOf(stream).Add(new PacedStream(this, stream, outputTokens, end), _options.TimeToFirstToken);
        return ValueTask.FromResult<IInferenceStream>(stream);
    }

    public ValueTask<bool> ResetPrefixCacheAsync(CancellationToken cancellationToken)
    {
        lock (_cachedBlocks) _cachedBlocks.Clear();
        return ValueTask.FromResult(true);
    }

    public LoadSnapshot LoadSnapshot() => new(Volatile.Read(ref _running), 0, 0);

    public void Dispose()
    {
        foreach (var pacer in _pacers) pacer.Dispose();
    }

    internal void Push(PushStream stream, int count, long nowTicks, StreamEnd? end)
    {
        if (stream.HasEnded) return;
        if (end is not null) Interlocked.Decrement(ref _running);
        if (end is StreamEnd.Finished) Interlocked.Increment(ref _completed);
        stream.Push(count, nowTicks, end);
    }

    private void OnCancel(PushStream stream)
    {
        lock (_cachedBlocks) Aborted++;
        Push(stream, 0, Stopwatch.GetTimestamp(), new StreamEnd.Aborted(new StreamUsage(0, stream.Pushed)));
    }

    private EchoPacer PacerOf(PushStream stream) => _pacers[(int)(stream.Id % _pacers.Length)];

    private int LookUp(RequestSpec spec)
    {
        var keys = spec.Content.ChainedBlockKeys(BlockSize, spec.Content.Length);
        lock (_cachedBlocks)
        {
            var hits = 0;
            while (hits < keys.Length && _cachedBlocks.Contains(keys[hits])) hits++;
            foreach (var key in keys) _cachedBlocks.Add(key);
            return Math.Min(hits, (spec.InputTokens - 1) / BlockSize) * BlockSize;
        }
    }
}
