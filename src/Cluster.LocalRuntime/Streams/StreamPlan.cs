using System.Reflection;
using Cluster.LocalRuntime.Calls;
using Orleans.Runtime;

namespace Cluster.LocalRuntime.Streams;

/// <summary>A method that answers with a stream. Nothing runs until the caller enumerates it.</summary>
internal sealed class StreamPlan<T>(MethodInfo method) : MethodPlan(method)
{
    public override object? Call(GrainReference reference, object?[] arguments)
    {
        CheckReferences(arguments);
        return new StreamRequest<T>(this, reference, arguments);
    }
}

/// <summary>A stream asked of a grain; each enumeration starts it anew.</summary>
internal sealed class StreamRequest<T>(MethodPlan plan, GrainReference reference, object?[] arguments) : IAsyncEnumerable<T>
{
    /// <summary>Items that travel in one answer at most.</summary>
    public int MaxBatchSize { get; set; } = 100;

    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        var own = plan.CancellationParameter >= 0 ? (CancellationToken)arguments[plan.CancellationParameter]! : default;
        return new StreamReader<T>(new StreamSource<T>(plan, arguments, MaxBatchSize), reference, own, cancellationToken);
    }
}
