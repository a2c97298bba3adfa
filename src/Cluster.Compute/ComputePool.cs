namespace Cluster.Compute;

/// <summary>
/// A few threads that do nothing but matmul, each pinned to a core, behind one bounded queue in order of arrival. A full queue
/// refuses: the caller learns at once that the host cannot keep up.
/// </summary>
public sealed class ComputePool : IDisposable
{
    /// <summary>A monitor, because its waiters sleep at once: a semaphore of the framework would spin away the time that the grains need.</summary>
    private readonly object _lock = new();
    private readonly IComputeWork[] _queue;
    private readonly Thread[] _threads;
    private readonly List<string> _notes = [];
    private int _head;
    private int _count;
    private bool _stopping;
    private long _refused;
    private long _executed;

    /// <param name="threads">At least 1.</param>
    /// <param name="queueCapacity">Items that may wait; at least 1.</param>
    /// <param name="isPatient">Nobody waits for what it runs: it never interrupts others.</param>
    public ComputePool(int threads, int queueCapacity, bool pinThreads = true, bool isPatient = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(queueCapacity);
        _queue = new IComputeWork[queueCapacity];
        _threads = new Thread[threads];
        var cores = ThreadAffinity.AllowedCores();
        for (var i = 0; i < threads; i++)
        {
            var core = cores[cores.Count - 1 - i % cores.Count];
            _threads[i] = new Thread(() => Work(pinThreads ? core : null, isPatient)) { IsBackground = true, Name = $"xpyd-compute-{i}" };
            _threads[i].Start();
        }
    }

    public int Threads => _threads.Length;

    public int QueueCapacity => _queue.Length;

    /// <summary>Items that no thread took because the queue was full.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    public long Executed => Interlocked.Read(ref _executed);

    /// <summary>What the pool could not do as asked: a thread that could not be pinned.</summary>
    public IReadOnlyList<string> Notes
    {
        get
        {
            lock (_lock) return [.. _notes];
        }
    }

    /// <returns>False when the queue is full: nothing will run.</returns>
    /// <exception cref="ObjectDisposedException">The pool has been disposed.</exception>
    public bool TryEnqueue(IComputeWork work)
    {
        ArgumentNullException.ThrowIfNull(work);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            if (_count == _queue.Length)
            {
                Interlocked.Increment(ref _refused);
                return false;
            }
            _queue[(_head + _count++) % _queue.Length] = work;
            Monitor.Pulse(_lock);
        }
        return true;
    }

    /// <summary>Runs what is queued, then ends the threads.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_stopping) return;
            _stopping = true;
            Monitor.PulseAll(_lock);
        }
        foreach (var thread in _threads) thread.Join();
    }

    private void Work(int? core, bool isPatient)
    {
        if (core is { } wanted && ThreadAffinity.TryPin(wanted) is { } refusal)
        {
            lock (_lock) _notes.Add($"{Thread.CurrentThread.Name} runs unpinned: {refusal}");
        }
        if (isPatient) PatientThread.Ask();
        while (Take() is { } work)
        {
            work.Execute();
            Interlocked.Increment(ref _executed);
        }
    }

    /// <summary>Waits for work; null when there will be none.</summary>
    private IComputeWork? Take()
    {
        lock (_lock)
        {
            while (_count == 0)
            {
                if (_stopping) return null;
                Monitor.Wait(_lock);
            }

            var work = _queue[_head];
            _queue[_head] = null!;
            _head = (_head + 1) % _queue.Length;
            _count--;
            return work;
        }
    }
}

/// <summary>Something a <see cref="ComputePool"/> thread runs. It reports its own failures: <see cref="Execute"/> must not throw.</summary>
public interface IComputeWork
{
    void Execute();
}
