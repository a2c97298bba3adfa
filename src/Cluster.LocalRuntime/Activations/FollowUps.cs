using System.Diagnostics;

namespace Cluster.LocalRuntime.Activations;

/// <summary>
/// What a slice of a grain's work sets going elsewhere: calls to other grains, messages to observers. To wake a thread of the
/// pool for each costs more than most of them take, so the thread that caused them goes on with them when its slice is over.
/// </summary>
/// <remarks>
/// Only a few are kept, and not for long; the rest goes to the pool, where other threads take part. A slice that blocks may be
/// waiting for the very work it holds back: <see cref="Rescue"/> gives that to the pool.
/// </remarks>
internal sealed class FollowUps
{
    /// <summary>How often <see cref="Rescue"/> looks, which only code that blocks makes necessary; a slice that lasted from one look to the next is taken to block.</summary>
    public static readonly TimeSpan RescuePeriod = TimeSpan.FromMilliseconds(500);

    /// <summary>Slices of other grains kept at a time, such as the router's, to which a step reports.</summary>
    private const int MaxKept = 2;

    /// <summary>Pieces that one thread runs in a row before it lets the pool decide.</summary>
    private const int MaxInARow = 8;
    private static readonly long s_longestRow = Stopwatch.Frequency / 5_000;
    private static readonly List<WeakReference<FollowUps>> s_all = [];

    [ThreadStatic]
    private static FollowUps? s_mine;

    private readonly Queue<IThreadPoolWorkItem> _kept = new();
    private IThreadPoolWorkItem? _last;
    private bool _isOpen;
    private bool _wasSeen;

    private FollowUps()
    {
        lock (s_all) s_all.Add(new WeakReference<FollowUps>(this));
    }

    /// <summary>Runs the piece on this thread after its slice, or on the pool.</summary>
    /// <param name="isLong">It may go on for as long as others give it work, as an observer does: nothing waits behind it.</param>
    public static void Queue(IThreadPoolWorkItem piece, bool isLong = false)
    {
        if (s_mine is not { } mine || !mine.TryKeep(piece, isLong)) ThreadPool.UnsafeQueueUserWorkItem(piece, preferLocal: true);
    }

    /// <summary>A slice begins on this thread. Null inside another slice, whose end is what counts.</summary>
    public static FollowUps? Begin()
    {
        var mine = s_mine ??= new FollowUps();
        if (mine._isOpen) return null;
        lock (mine._kept) (mine._isOpen, mine._wasSeen) = (true, false);
        return mine;
    }

    /// <summary>The slice is over: what it set going runs now, slices first.</summary>
    public void End()
    {
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; TryTake(isEnough: i == MaxInARow || Stopwatch.GetTimestamp() - began > s_longestRow, out var piece); i++) piece.Execute();
        Close()?.Execute();
    }

    /// <summary>Gives to the pool what slices hold back that have lasted since the last call.</summary>
    public static void Rescue()
    {
        lock (s_all)
        {
            s_all.RemoveAll(reference => !reference.TryGetTarget(out _));
            foreach (var reference in s_all)
                if (reference.TryGetTarget(out var one)) one.GiveUpIfBlocked();
        }
    }

    private bool TryKeep(IThreadPoolWorkItem piece, bool isLong)
    {
        lock (_kept)
        {
            if (!_isOpen || (isLong ? _last is not null : _kept.Count >= MaxKept)) return false;
            if (isLong) _last = piece;
            else _kept.Enqueue(piece);
            return true;
        }
    }

    private bool TryTake(bool isEnough, out IThreadPoolWorkItem piece)
    {
        lock (_kept)
        {
            _wasSeen = false;
            piece = null!;
            return !isEnough && _kept.TryDequeue(out piece!);
        }
    }

    /// <summary>From now on everything goes to the pool, what is left with it, but for the last piece, which this thread goes on with.</summary>
    private IThreadPoolWorkItem? Close()
    {
        lock (_kept)
        {
            _isOpen = false;
            var last = _last;
            _last = null;
            GiveUp();
            return last;
        }
    }

    private void GiveUpIfBlocked()
    {
        lock (_kept)
        {
            if (_isOpen && _wasSeen) GiveUp();
            _wasSeen = true;
        }
    }

    private void GiveUp()
    {
        while (_kept.TryDequeue(out var piece)) ThreadPool.UnsafeQueueUserWorkItem(piece, preferLocal: false);
        if (_last is { } last) ThreadPool.UnsafeQueueUserWorkItem(last, preferLocal: false);
        _last = null;
    }
}
