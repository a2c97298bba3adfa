using System.Linq.Expressions;
using System.Reflection;

namespace Cluster.LocalRuntime.Calls;

/// <summary>Compiles interface methods into delegates, which cost nanoseconds where reflection costs more.</summary>
internal static class MethodInvokers
{
    /// <summary>
    /// A delegate (instance, arguments) → result. A <see cref="ValueTask"/> becomes a <see cref="Task"/>,
    /// nothing becomes a completed one.
    /// </summary>
    public static Func<object, object?[], object?> Compile(MethodInfo method)
    {
        var instance = Expression.Parameter(typeof(object), "instance");
        var arguments = Expression.Parameter(typeof(object?[]), "arguments");
        var values = method.GetParameters().Select((parameter, index) => Expression.Convert(
            Expression.ArrayIndex(arguments, Expression.Constant(index)), parameter.ParameterType));
        Expression body = Expression.Call(Expression.Convert(instance, method.DeclaringType!), method, values);
        if (method.ReturnType == typeof(void))
        {
            body = Expression.Block(body, Expression.Constant(Task.CompletedTask, typeof(object)));
        }
        else if (IsValueTask(method.ReturnType))
        {
            body = Expression.Call(body, method.ReturnType.GetMethod(nameof(ValueTask.AsTask))!);
        }

        return Expression.Lambda<Func<object, object?[], object?>>(
            Expression.Convert(body, typeof(object)), instance, arguments).Compile();
    }

    private static bool IsValueTask(Type type) =>
        type == typeof(ValueTask) || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ValueTask<>));
}
