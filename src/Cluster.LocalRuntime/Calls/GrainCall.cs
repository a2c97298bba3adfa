using System.Diagnostics;
using Cluster.LocalRuntime.Activations;
using Orleans.Runtime;

namespace Cluster.LocalRuntime.Calls;

/// <summary>
/// One call in flight. The caller's task completes when the turn ends, or at once when the caller's token is set
/// or the call takes too long; the turn then goes on, told through its own token.
/// </summary>
#pragma warning disable CA1001 // the end of the turn disposes of it
internal sealed class GrainCall<T> : Turn
#pragma warning restore CA1001
{
    public static readonly Task<T> NoAnswer = Task.FromResult<T>(default!);

    private readonly CallPlan<T> _plan;
    private readonly GrainReference _reference;
    private readonly object?[] _arguments;
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Activity? _parent = Activity.Current;
    private readonly long _sentAtMs = Environment.TickCount64;
    private ITurnHost? _host;
    private CancellationTokenSource? _cancellation;
    private CancellationTokenRegistration _registration;

    public GrainCall(CallPlan<T> plan, GrainReference reference, object?[] arguments)
    {
        _plan = plan;
        _reference = reference;
        _arguments = arguments;
        Interleaves = plan.AlwaysInterleaves;
    }

    public Task<T> Answer => _answer.Task;

    public override bool MovesToSuccessor => true;

    /// <summary>Queues the call at its target.</summary>
    public void Send()
    {
        if (_plan.CancellationParameter >= 0 && _arguments[_plan.CancellationParameter] is CancellationToken { CanBeCanceled: true } token)
        {
            if (token.IsCancellationRequested)
            {
                _answer.TrySetCanceled(token);
                return;
            }

            _cancellation = new CancellationTokenSource();
            _arguments[_plan.CancellationParameter] = _cancellation.Token;
            _registration = token.UnsafeRegister(static (state, token) => ((GrainCall<T>)state!).Cancel(token), this);
        }

        _reference.Send(this);
    }

    public override Task Run(ITurnHost host)
    {
        if (_answer.Task.IsCompleted)
        {
            return Task.CompletedTask;
        }

        Volatile.Write(ref _host, host);
        Activity.Current = _parent;
        try
        {
            return (Task?)_plan.Invoke(host.Target, _arguments)
                ?? throw new InvalidOperationException($"{_plan.Name} of {host.GrainId} returned null instead of a task.");
        }
        finally
        {
            Activity.Current = null;
        }
    }

    public override void Complete(Task ended)
    {
        _registration.Dispose();
        if (ended.IsCompletedSuccessfully)
        {
            _answer.TrySetResult(ended is Task<T> withResult ? withResult.Result : default!);
        }
        else if (ended.IsCanceled)
        {
            _answer.TrySetCanceled();
        }
        else
        {
            Reject(ended.Exception!.InnerException!);
        }
    }

    public override void Reject(Exception reason)
    {
        _registration.Dispose();
        if (_plan.IsOneWay)
        {
            LocalRuntimeLog.OneWayFailed(_reference.Runtime.Logger, reason, _plan.Name);
        }
        else if (_answer.TrySetException(reason))
        {
            // The caller may have gone on without looking; that is its choice, not an unobserved failure.
            _ = _answer.Task.Exception;
        }
    }

    public override void CheckTimeout(long nowMs, bool isRunning)
    {
        var timeout = _plan.ResponseTimeout ?? _reference.Runtime.Options.ResponseTimeout;
        if (_plan.IsOneWay || _answer.Task.IsCompleted || nowMs - _sentAtMs < timeout.TotalMilliseconds)
        {
            return;
        }

        var where = isRunning
            ? "It is still running; [ResponseTimeout] on the method allows it longer."
            : "It is still waiting for its turn: another call holds the grain. If that one waits for the caller, both wait for ever; "
              + "break the cycle with [Reentrant], [AlwaysInterleave] or [OneWay].";
        Reject(new TimeoutException($"{_plan.Name} of {_reference} gave no answer in {timeout}. {where}"));
    }

    private void Cancel(CancellationToken token)
    {
        if (_answer.TrySetCanceled(token) && Volatile.Read(ref _host) is { } host)
        {
            // Where the grain runs, because what the grain registered on its token is part of its turns.
            host.Post(static state => ((CancellationTokenSource)state!).Cancel(), _cancellation);
        }
    }
}
