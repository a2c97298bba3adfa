using System.Collections.Concurrent;
using System.Reflection;
using Cluster.LocalRuntime.Streams;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Cluster.LocalRuntime.Calls;

/// <summary>How a method of a grain or observer interface is called: decided once, from its signature and attributes.</summary>
internal abstract class MethodPlan
{
    private static readonly ConcurrentDictionary<MethodInfo, MethodPlan> s_plans = new();

    private readonly int[] _referenceParameters;

    protected MethodPlan(MethodInfo method)
    {
        Method = method;
        Name = $"{method.DeclaringType!.Name}.{method.Name}";
        Invoke = MethodInvokers.Compile(method);
        IsOneWay = method.IsDefined(typeof(OneWayAttribute)) || method.ReturnType == typeof(void);
        AlwaysInterleaves = method.IsDefined(typeof(AlwaysInterleaveAttribute));
        ResponseTimeout = (method.GetCustomAttribute<ResponseTimeoutAttribute>()
            ?? method.DeclaringType.GetCustomAttribute<ResponseTimeoutAttribute>())?.Timeout;
        var parameters = method.GetParameters();
        CancellationParameter = Array.FindLastIndex(parameters, parameter => parameter.ParameterType == typeof(CancellationToken));
        _referenceParameters = [.. parameters
            .Where(parameter => typeof(IAddressable).IsAssignableFrom(parameter.ParameterType))
            .Select(parameter => parameter.Position)];
    }

    public MethodInfo Method { get; }

    public string Name { get; }

    /// <summary>Calls the method on an instance. Returns its <see cref="Task"/> or <see cref="IAsyncEnumerable{T}"/>.</summary>
    public Func<object, object?[], object?> Invoke { get; }

    public bool IsOneWay { get; }

    public bool AlwaysInterleaves { get; }

    public TimeSpan? ResponseTimeout { get; }

    /// <summary>Index of the <see cref="CancellationToken"/> parameter, or −1.</summary>
    public int CancellationParameter { get; }

    /// <summary>The plan of a method.</summary>
    /// <exception cref="NotSupportedException">Orleans would refuse the method, too.</exception>
    public static MethodPlan Of(MethodInfo method) => s_plans.GetOrAdd(method, Create);

    /// <summary>Sends a call, and gives the caller what the method's signature promises.</summary>
    public abstract object? Call(GrainReference reference, object?[] arguments);

    /// <summary>Orleans cannot send an object itself, only a reference to it; what would fail there fails here.</summary>
    protected void CheckReferences(object?[] arguments)
    {
        foreach (var index in _referenceParameters)
        {
            if (arguments[index] is not (null or GrainReference))
            {
                throw new ArgumentException(
                    $"{Name} was given a {arguments[index]!.GetType().Name} itself. Pass a reference: this.AsReference<T>() for a grain, "
                    + "IGrainFactory.CreateObjectReference<T>(…) for an observer.",
                    Method.GetParameters()[index].Name);
            }
        }
    }

    private static MethodPlan Create(MethodInfo method)
    {
        if (method.IsGenericMethodDefinition || method.ContainsGenericParameters || method.IsGenericMethod)
        {
            throw new NotSupportedException($"{method.DeclaringType!.Name}.{method.Name} is generic: grain methods here are not.");
        }

        var type = method.ReturnType;
        if (type == typeof(Task) || type == typeof(ValueTask) || type == typeof(void))
        {
            return new CallPlan<VoidResult>(method);
        }

        var definition = type.IsGenericType ? type.GetGenericTypeDefinition() : null;
        var plan = definition == typeof(Task<>) || definition == typeof(ValueTask<>) ? typeof(CallPlan<>)
            : definition == typeof(IAsyncEnumerable<>) ? typeof(StreamPlan<>)
            : throw new NotSupportedException(
                $"{method.DeclaringType!.Name}.{method.Name} returns {type.Name}: it must return Task, ValueTask or IAsyncEnumerable.");
        return (MethodPlan)Activator.CreateInstance(plan.MakeGenericType(type.GetGenericArguments()), method)!;
    }
}

/// <summary>The result of a method that has none.</summary>
internal readonly struct VoidResult;
