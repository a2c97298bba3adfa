using System.Diagnostics.CodeAnalysis;
using Orleans;

namespace Cluster.LocalRuntime.Activations;

/// <summary>Where an activation is in its life. It only moves forward.</summary>
internal enum ActivationState
{
    Created,
    Activating,
    Valid,
    Deactivating,
    Ended,
}

/// <summary>A timer or stream that ends with its activation.</summary>
internal interface IActivationResource
{
    ValueTask CloseAsync();
}

/// <content>Which turn runs when.</content>
internal sealed partial class Activation
{
    /// <summary>Turns to start before tasks that are already queued get their chance.</summary>
    private const int MaxStartsPerPump = 16;

    private readonly Lock _lock = new();
    private readonly ActivationScheduler _scheduler;
    private readonly TurnQueue _waiting = new();
    private readonly HashSet<Turn> _running = [];
    private ActivationState _state;
    private DeactivationReason? _deactivateOnceValid;
    private Turn? _exclusive;
    private int _holding;
    private bool _isPumpScheduled;
    private bool _isEnding;

    /// <summary>Queues a turn.</summary>
    /// <returns>Whether the activation took it; false once it has ended.</returns>
    public bool TryReceive(Turn turn)
    {
        lock (_lock)
        {
            if (_state == ActivationState.Ended)
            {
                return false;
            }

            if (turn.IsUse)
            {
                _lastUse = Runtime.ManagementClock.GetTimestamp();
            }

            _waiting.Enqueue(turn);
            SchedulePump();
            return true;
        }
    }

    /// <summary>Runs <paramref name="action"/> on the activation's scheduler, between turns' awaits.</summary>
    public void Post(Action<object?> action, object? state) => _scheduler.Post(action, state);

    /// <summary>Gives up on calls that have waited or run for too long.</summary>
    public void CheckTimeouts(long nowMs)
    {
        List<(Turn Turn, bool IsRunning)> turns = [];
        lock (_lock)
        {
            turns.AddRange(_running.Select(turn => (turn, true)));
            turns.AddRange(_waiting.All.Select(turn => (turn, false)));
        }

        foreach (var (turn, isRunning) in turns)
        {
            turn.CheckTimeout(nowMs, isRunning);
        }
    }

    private void SchedulePump()
    {
        if (!_isPumpScheduled)
        {
            _isPumpScheduled = true;
            _scheduler.Post(static state => ((Activation)state!).Pump(), this);
        }
    }

    private void Pump()
    {
        for (var started = 0; started < MaxStartsPerPump; started++)
        {
            Turn? turn;
            lock (_lock)
            {
                if (!TryTake(out turn))
                {
                    _isPumpScheduled = false;
                    return;
                }
            }

            Start(turn);
        }

        lock (_lock)
        {
            _isPumpScheduled = false;
            SchedulePump();
        }
    }

    /// <summary>Takes the next turn, or moves the activation on in its life. Under the lock.</summary>
    private bool TryTake([NotNullWhen(true)] out Turn? turn)
    {
        turn = null;
        switch (_state)
        {
            case ActivationState.Created:
                _state = ActivationState.Activating;
                turn = new LifeTurn(static activation => activation.ActivateAsync());
                return true;
            case ActivationState.Valid when _waiting.TryDequeue(_exclusive is null, out turn):
                _running.Add(turn);
                _holding += turn.HoldsActivation ? 1 : 0;
                if (!turn.Interleaves && !Class.IsReentrant)
                {
                    _exclusive = turn;
                }

                return true;
            // The turns that it waits for may be waiting for these.
            case ActivationState.Deactivating when _holding > 0 && _waiting.TryDequeue(exclusiveMayStart: false, out turn):
                _running.Add(turn);
                _holding += turn.HoldsActivation ? 1 : 0;
                return true;
            case ActivationState.Deactivating when _holding == 0 && !_isEnding:
                _isEnding = true;
                turn = new LifeTurn(static activation => activation.DeactivateAsync());
                return true;
            default:
                return false;
        }
    }

    private void Start(Turn turn)
    {
        Task task;
        try
        {
            task = turn.Run(this);
        }
        catch (Exception failure)
        {
            task = Task.FromException(failure);
        }

        if (task.IsCompleted)
        {
            Finish(turn, task);
        }
        else
        {
            _ = FinishLaterAsync(turn, task);
        }
    }

    private async Task FinishLaterAsync(Turn turn, Task task)
    {
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Finish(turn, task);
    }

    private void Finish(Turn turn, Task ended)
    {
        lock (_lock)
        {
            if (_running.Remove(turn))
            {
                _holding -= turn.HoldsActivation ? 1 : 0;
            }

            if (ReferenceEquals(_exclusive, turn))
            {
                _exclusive = null;
            }

            if (_waiting.Count > 0 || _state == ActivationState.Deactivating)
            {
                SchedulePump();
            }
        }

        turn.Complete(ended);
    }

    /// <summary>Activation and deactivation themselves, which handle their own failures.</summary>
    private sealed class LifeTurn(Func<Activation, Task> run) : Turn
    {
        public override Task Run(ITurnHost host) => run((Activation)host);

        public override void Complete(Task ended)
        {
        }

        public override void Reject(Exception reason)
        {
        }
    }
}
