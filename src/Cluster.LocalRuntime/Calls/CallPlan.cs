using System.Reflection;
using Orleans.Runtime;

namespace Cluster.LocalRuntime.Calls;

/// <summary>A method with one answer.</summary>
/// <typeparam name="T">What the answer carries; <see cref="VoidResult"/> for nothing.</typeparam>
internal sealed class CallPlan<T>(MethodInfo method) : MethodPlan(method)
{
    private readonly bool _returnsValueTask = method.ReturnType.IsValueType && method.ReturnType != typeof(void);

    public override object? Call(GrainReference reference, object?[] arguments)
    {
        CheckReferences(arguments);
        var call = new GrainCall<T>(this, reference, arguments);
        call.Send();
        var answer = IsOneWay ? GrainCall<T>.NoAnswer : call.Answer;
        if (!_returnsValueTask)
        {
            return answer;
        }

        return typeof(T) == typeof(VoidResult) ? new ValueTask(answer) : new ValueTask<T>(answer);
    }
}
