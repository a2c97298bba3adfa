using Orleans.Runtime;

namespace Cluster.LocalRuntime.Activations;

/// <summary>A timer whose ticks are turns of its activation. It is armed again only when its callback has ended.</summary>
internal sealed class GrainTimer : IGrainTimer, IActivationResource
{
    private readonly Activation _activation;
    private readonly Func<CancellationToken, Task> _callback;
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _disposed = new();
    private readonly Lock _lock = new();
    private readonly bool _interleaves;
    private readonly bool _keepsAlive;
    private TimeSpan _period;
    private TimeSpan _nextDue;
    private bool _isTicking;
    private bool _isDisposed;

    public GrainTimer(Activation activation, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        _activation = activation;
        _callback = callback;
        _interleaves = options.Interleave;
        _keepsAlive = options.KeepAlive;
        using (ExecutionContext.SuppressFlow())
        {
            _timer = activation.Runtime.GrainClock.CreateTimer(
                static state => ((GrainTimer)state!).OnDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public void Change(TimeSpan dueTime, TimeSpan period)
    {
        ThrowIfNegative(dueTime);
        ThrowIfNegative(period);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _period = period;
            _nextDue = dueTime;
            if (!_isTicking)
            {
                _timer.Change(dueTime, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
        }

        _timer.Dispose();
        _activation.Detach(this);
        _disposed.Cancel();
    }

    ValueTask IActivationResource.CloseAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private static void ThrowIfNegative(TimeSpan value)
    {
        if (value != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
        }
    }

    private void OnDue()
    {
        lock (_lock)
        {
            if (_isDisposed || _isTicking)
            {
                return;
            }

            _isTicking = true;
            _nextDue = _period;
        }

        _activation.TryReceive(new Tick(this));
    }

    private void OnTickEnded()
    {
        lock (_lock)
        {
            _isTicking = false;
            if (!_isDisposed)
            {
                _timer.Change(_nextDue, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private sealed class Tick : Turn
    {
        private readonly GrainTimer _timer;

        public Tick(GrainTimer timer)
        {
            _timer = timer;
            Interleaves = timer._interleaves;
        }

        public override bool IsUse => _timer._keepsAlive;

        public override Task Run(ITurnHost host) =>
            _timer._isDisposed ? Task.CompletedTask : _timer._callback(_timer._disposed.Token);

        public override void Complete(Task ended)
        {
            if (ended.Exception?.InnerException is { } failure)
            {
                LocalRuntimeLog.TimerFailed(_timer._activation.Runtime.Logger, failure, _timer._activation.GrainId);
            }

            _timer.OnTickEnded();
        }

        public override void Reject(Exception reason)
        {
        }
    }
}
