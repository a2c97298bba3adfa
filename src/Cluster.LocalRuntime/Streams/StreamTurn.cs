using Cluster.LocalRuntime.Activations;
using Orleans.Runtime;

namespace Cluster.LocalRuntime.Streams;

/// <summary>One pull of a stream, or its end. It interleaves with calls and does not keep the activation from ending.</summary>
internal sealed class StreamTurn<T> : Turn
{
    private readonly StreamSource<T> _source;
    private readonly Func<StreamSource<T>, Activation, Task<List<T>>> _run;
    private readonly TaskCompletionSource<List<T>> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public StreamTurn(StreamSource<T> source, Func<StreamSource<T>, Activation, Task<List<T>>> run)
    {
        _source = source;
        _run = run;
        Interleaves = true;
    }

    /// <summary>The activation that produces the stream, once the first pull reached it.</summary>
    public Activation? Host { get; private set; }

    public Task<List<T>> Answer => _answer.Task;

    public override bool HoldsActivation => false;

    public static EnumerationAbortedException Aborted(GrainId grainId) =>
        new($"{grainId} was deactivated before its stream had ended. Enumerate again to start a new one.");

    public override Task Run(ITurnHost host)
    {
        Host = (Activation)host;
        return _run(_source, Host);
    }

    public override void Complete(Task ended)
    {
        if (ended.IsCompletedSuccessfully)
        {
            _answer.TrySetResult(((Task<List<T>>)ended).Result);
        }
        else if (_source.IsClosedByActivation)
        {
            Reject(Aborted(Host!.GrainId));
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
        if (_answer.TrySetException(reason))
        {
            _ = _answer.Task.Exception;
        }
    }

    /// <summary>Frees the caller at once, and sets the grain's token in one of the activation's turns.</summary>
    public void Cancel(CancellationToken token)
    {
        if (_answer.TrySetCanceled(token))
        {
            Host?.Post(static state => ((StreamSource<T>)state!).Cancel(), _source);
        }
    }
}
