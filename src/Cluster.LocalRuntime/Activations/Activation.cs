using Cluster.LocalRuntime.Storage;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;

namespace Cluster.LocalRuntime.Activations;

/// <summary>
/// One grain in memory: its instance, its turns, its timers. It lives from the first call to its identity until it
/// is deactivated; the next call makes a new one. This file is its life, <c>Activation.Turns.cs</c> its work.
/// </summary>
internal sealed partial class Activation : IGrainContext, ITurnHost
{
    private readonly TaskCompletionSource _deactivated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<IActivationState> _states = [];
    private readonly HashSet<IActivationResource> _resources = [];
    private DeactivationReason _reason;
    private AsyncServiceScope? _scope;
    private long _lastUse;
    private long _collectNotBefore;

    public Activation(LocalRuntimeCore runtime, GrainClass grainClass, GrainId grainId)
    {
        Runtime = runtime;
        Class = grainClass;
        GrainId = grainId;
        _scheduler = new ActivationScheduler(this);
        _lastUse = runtime.ManagementClock.GetTimestamp();
    }

    /// <summary>The activation whose turn this thread executes, if any.</summary>
    public static Activation? Current => ActivationScheduler.Current;

    public LocalRuntimeCore Runtime { get; }

    public GrainClass Class { get; }

    public GrainId GrainId { get; }

    public Grain? Instance { get; private set; }

    object? IGrainContext.GrainInstance => Instance;

    object ITurnHost.Target => Instance!;

    public IServiceProvider ActivationServices => (_scope ?? throw new InvalidOperationException($"{GrainId} is not active.")).ServiceProvider;

    public Task Deactivated => _deactivated.Task;

    public void Attach(IActivationState state) => _states.Add(state);

    /// <summary>Binds something to the activation's life. Called from one of its turns.</summary>
    public void Attach(IActivationResource resource) => _resources.Add(resource);

    public void Detach(IActivationResource resource) => _resources.Remove(resource);

    public IGrainTimer StartTimer(Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        var timer = new GrainTimer(this, callback, options);
        Attach(timer);
        timer.Change(options.DueTime, options.Period);
        return timer;
    }

    public void DelayCollection(TimeSpan delay) => _collectNotBefore = delay < TimeSpan.Zero
        ? 0
        : Runtime.ManagementClock.GetTimestamp() + (long)(delay.TotalSeconds * Runtime.ManagementClock.TimestampFrequency);

    /// <summary>Ends the activation if nothing has used it for <paramref name="age"/>.</summary>
    public void CollectIfIdle(TimeSpan age)
    {
        var clock = Runtime.ManagementClock;
        var now = clock.GetTimestamp();
        lock (_lock)
        {
            if (Class.KeepAlive || _running.Count > 0 || _waiting.Count > 0 || now < _collectNotBefore
                || clock.GetElapsedTime(_lastUse, now) < age)
            {
                return;
            }
        }

        Deactivate(new(DeactivationReasonCode.ActivationIdle, $"Not used for {age}."));
    }

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            if (_state >= ActivationState.Deactivating)
            {
                return;
            }

            if (_state < ActivationState.Valid)
            {
                _deactivateOnceValid ??= deactivationReason;
                return;
            }

            _state = ActivationState.Deactivating;
            _reason = deactivationReason;
            SchedulePump();
        }
    }

    private async Task ActivateAsync()
    {
        try
        {
            _scope = Runtime.Services.CreateAsyncScope();
            Instance = Class.Create(this);
            foreach (var state in _states)
            {
                await state.ReadStateAsync();
            }

            using var timeout = new CancellationTokenSource(Runtime.Options.ActivationTimeout);
            await Instance.OnActivateAsync(timeout.Token);
        }
        catch (Exception failure)
        {
            LocalRuntimeLog.ActivationFailed(Runtime.Logger, failure, GrainId);
            await EndAsync(failure);
            return;
        }

        lock (_lock)
        {
            _state = ActivationState.Valid;
            if (_deactivateOnceValid is { } reason)
            {
                _state = ActivationState.Deactivating;
                _reason = reason;
            }

            SchedulePump();
        }
    }

    private async Task DeactivateAsync()
    {
        await CloseResourcesAsync();
        try
        {
            using var timeout = new CancellationTokenSource(Runtime.Options.DeactivationTimeout);
            await Instance!.OnDeactivateAsync(_reason, timeout.Token);
        }
        catch (Exception failure)
        {
            LocalRuntimeLog.DeactivationFailed(Runtime.Logger, failure, GrainId);
        }

        await EndAsync(failure: null);
    }

    /// <summary>
    /// Leaves the catalog. Calls that still wait go to a successor in the same order, before any new call can reach it;
    /// after a failed activation they fail with it.
    /// </summary>
    private async Task EndAsync(Exception? failure)
    {
        Turn[] rejected;
        lock (_lock)
        {
            var orphans = _waiting.DrainAll();
            var moving = failure is null ? Array.FindAll(orphans, turn => turn.MovesToSuccessor) : [];
            rejected = [.. orphans.Except(moving)];
            Runtime.Catalog.Replace(this, moving);
            _state = ActivationState.Ended;
        }

        foreach (var turn in rejected)
        {
            turn.Reject(failure ?? new OrleansMessageRejectionException($"{GrainId} was deactivated: {_reason}"));
        }

        await CloseResourcesAsync();
        try
        {
            switch (Instance)
            {
                case IAsyncDisposable disposable:
                    await disposable.DisposeAsync();
                    break;
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
            }

            if (_scope is { } scope)
            {
                await scope.DisposeAsync();
            }
        }
        catch (Exception disposal)
        {
            LocalRuntimeLog.DeactivationFailed(Runtime.Logger, disposal, GrainId);
        }

        _deactivated.TrySetResult();
    }

    private async Task CloseResourcesAsync()
    {
        foreach (var resource in _resources.ToArray())
        {
            await resource.CloseAsync();
        }

        _resources.Clear();
    }
}
