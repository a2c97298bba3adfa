using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Cluster.Grains.Timing;
using Orleans.Concurrency;

namespace Cluster.Grains.Tests.Contract;

public interface IProbeObserver : IGrainObserver
{
    void Notify(int value);
}

/// <summary>Does whatever a test wants to see a grain do.</summary>
public interface IProbeGrain : IGrainWithStringKey
{
    Task<int> AppendAsync(int value);

    Task<int[]> GetAppendedAsync();

    /// <summary>Ends when <see cref="OpenGateAsync"/> is called.</summary>
    Task HoldAsync();

    [AlwaysInterleave]
    Task OpenGateAsync();

    [AlwaysInterleave]
    Task<int> CountWaitersAsync();

    Task FailAsync(string message);

    Task WaitForCancellationAsync(CancellationToken cancellationToken);

    [AlwaysInterleave]
    Task<bool> SawCancellationAsync();

    Task<string> GetActivationAsync();

    /// <summary>Asks for the grain factory, and uses one that a turn was given, outside of any turn.</summary>
    Task<bool> IsRefusedOutsideOfTurnsAsync(string other);

    Task DeactivateAsync();

    /// <summary>As <see cref="DeactivateAsync"/>, without waiting for a turn.</summary>
    [AlwaysInterleave]
    Task DeactivateAtOnceAsync();

    Task StartTimerAsync(TimeSpan due, TimeSpan period);

    Task<int> CountTicksAsync();

    IAsyncEnumerable<int> CountToAsync(int end, CancellationToken cancellationToken = default);

    Task NotifyAsync(IProbeObserver observer, int count);

    Task<bool> ContinuesOnItsSchedulerAsync();

    /// <summary>Yields so many items, then fails.</summary>
    IAsyncEnumerable<int> FailAfterAsync(int items);

    /// <summary>Yields one item, then waits for cancellation.</summary>
    IAsyncEnumerable<int> WaitAfterOneAsync(CancellationToken cancellationToken = default);

    /// <summary>What the observer answered.</summary>
    Task<int> AskAsync(IAnsweringObserver observer, int value);

    [OneWay]
    Task FailUnheardAsync();

    /// <summary>Calls another grain and blocks the thread until it answers, which grains should not do.</summary>
    Task<int> BlockOnAsync(string other);

    /// <summary>Sleeps, and then blocks the thread it woke up on until another sleep ends.</summary>
    Task<bool> BlockAfterSleepAsync();
}

public interface IAnsweringObserver : IGrainObserver
{
    Task<int> AnswerAsync(int value);
}

public interface IReentrantProbeGrain : IGrainWithStringKey
{
    Task<int> CallItselfAsync(int depth);

    /// <summary>Reads, yields, adds one: loses updates unless a turn runs alone between its awaits.</summary>
    Task<int> IncrementAsync(int times);
}

/// <summary>What outlives an activation: the tests' log of who lived.</summary>
internal static class ProbeLog
{
    public static ConcurrentDictionary<string, int> Deactivations { get; } = new();

    /// <summary>Ticks of all activations of a grain's timer.</summary>
    public static ConcurrentDictionary<string, int> Ticks { get; } = new();
}

public sealed class ProbeGrain : Grain, IProbeGrain
{
    private readonly string _activation = Guid.NewGuid().ToString();
    private readonly List<int> _appended = [];
    private readonly TaskCompletionSource _gate = new();
    private int _waiters;
    private int _ticks;
    private bool _sawCancellation;

    public override Task OnActivateAsync(CancellationToken cancellationToken) =>
        this.GetPrimaryKeyString().StartsWith("broken", StringComparison.Ordinal)
            ? throw new InvalidDataException("This grain cannot be activated.")
            : Task.CompletedTask;

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        ProbeLog.Deactivations.AddOrUpdate(this.GetPrimaryKeyString(), 1, (_, count) => count + 1);
        return Task.CompletedTask;
    }

    public async Task<int> AppendAsync(int value)
    {
        await Task.Yield();
        _appended.Add(value);
        return value;
    }

    public Task<int[]> GetAppendedAsync() => Task.FromResult(_appended.ToArray());

    public async Task HoldAsync()
    {
        _waiters++;
        await _gate.Task;
        _waiters--;
    }

    public Task OpenGateAsync()
    {
        _gate.TrySetResult();
        return Task.CompletedTask;
    }

    public Task<int> CountWaitersAsync() => Task.FromResult(_waiters);

    public async Task FailAsync(string message)
    {
        await Task.Yield();
        throw new InvalidOperationException(message);
    }

    public async Task WaitForCancellationAsync(CancellationToken cancellationToken)
    {
        _waiters++;
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            _sawCancellation = true;
        }
    }

    public Task<bool> SawCancellationAsync() => Task.FromResult(_sawCancellation);

    public Task<string> GetActivationAsync() => Task.FromResult(_activation);

    public Task DeactivateAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task DeactivateAtOnceAsync() => DeactivateAsync();

    public Task StartTimerAsync(TimeSpan due, TimeSpan period)
    {
        this.RegisterGrainTimer(
            _ =>
            {
                _ticks++;
                ProbeLog.Ticks.AddOrUpdate(this.GetPrimaryKeyString(), 1, (_, count) => count + 1);
                return Task.CompletedTask;
            },
            new GrainTimerCreationOptions { DueTime = due, Period = period });
        return Task.CompletedTask;
    }

    public Task<int> CountTicksAsync() => Task.FromResult(_ticks);

    public async IAsyncEnumerable<int> CountToAsync(int end, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var i = 1; i <= end; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
            yield return i;
        }
    }

    public async Task<bool> IsRefusedOutsideOfTurnsAsync(string other)
    {
        var kept = GrainFactory;
        return await Task.Run(async () =>
        {
            await kept.GetGrain<IProbeGrain>(other).GetActivationAsync();
            try
            {
                return GrainFactory is null;
            }
            catch (InvalidOperationException)
            {
                return true;
            }
        });
    }

    public Task<int> BlockOnAsync(string other) => Task.FromResult(GrainFactory.GetGrain<IProbeGrain>(other).AppendAsync(7).GetAwaiter().GetResult());

    public async Task<bool> BlockAfterSleepAsync()
    {
        using var pacer = new Pacer();
        await pacer.WaitUntilAsync(Stopwatch.GetTimestamp() + Stopwatch.Frequency / 1000);
        return pacer.WaitUntilAsync(Stopwatch.GetTimestamp() + Stopwatch.Frequency / 1000).Wait(TimeSpan.FromSeconds(30));
    }

    public Task NotifyAsync(IProbeObserver observer, int count)
    {
        for (var i = 0; i < count; i++)
        {
            observer.Notify(i);
        }

        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<int> FailAfterAsync(int items)
    {
        for (var i = 1; i <= items; i++)
        {
            await Task.Yield();
            yield return i;
        }

        throw new InvalidDataException("The stream breaks here.");
    }

    public async IAsyncEnumerable<int> WaitAfterOneAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return 1;
        _waiters++;
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            _sawCancellation = true;
        }
    }

    public Task<int> AskAsync(IAnsweringObserver observer, int value) => observer.AnswerAsync(value);

    public Task FailUnheardAsync() => throw new InvalidOperationException("Nobody hears this.");

    public async Task<bool> ContinuesOnItsSchedulerAsync()
    {
        var before = TaskScheduler.Current;
        await Task.Run(() => { });
        return before != TaskScheduler.Default && before == TaskScheduler.Current;
    }
}
