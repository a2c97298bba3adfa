using System.Reflection;
using Cluster.LocalRuntime.Storage;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Cluster.LocalRuntime.Activations;

/// <summary>What a grain class says about itself, read once.</summary>
internal sealed class GrainClass
{
    private readonly ObjectFactory _factory;
    private readonly Func<Activation, object>[] _facets;

    public GrainClass(Type type)
    {
        Type = type;
        Name = NameOf(type);
        IsReentrant = type.IsDefined(typeof(ReentrantAttribute), inherit: true);
        KeepAlive = type.IsDefined(typeof(KeepAliveAttribute), inherit: true);
        var constructor = type.GetConstructors() is [var only]
            ? only
            : throw new InvalidOperationException($"Grain class {type.FullName} needs exactly one public constructor.");
        var facets = constructor.GetParameters().Where(IsFacet).ToArray();
        _facets = [.. facets.Select(FacetOf)];
        _factory = ActivatorUtilities.CreateFactory(type, [.. facets.Select(facet => facet.ParameterType)]);
    }

    public Type Type { get; }

    /// <summary>The class name in lower case without its <c>Grain</c> ending: the type part of a <see cref="GrainId"/>.</summary>
    public string Name { get; }

    public bool IsReentrant { get; }

    public bool KeepAlive { get; }

    /// <summary>Constructs the grain. Runs as a turn of its activation, so that the base constructor finds its context.</summary>
    public Grain Create(Activation activation)
    {
        var facets = Array.ConvertAll(_facets, facet => facet(activation));
        return (Grain)_factory(activation.ActivationServices, facets);
    }

    private static string NameOf(Type type)
    {
        var name = type.Name.ToLowerInvariant();
        return name.EndsWith("grain", StringComparison.Ordinal) && name.Length > 5 ? name[..^5] : name;
    }

    private static bool IsFacet(ParameterInfo parameter) =>
        parameter.ParameterType == typeof(IGrainContext) || parameter.IsDefined(typeof(PersistentStateAttribute));

    private static Func<Activation, object> FacetOf(ParameterInfo parameter)
    {
        if (parameter.ParameterType == typeof(IGrainContext))
        {
            return activation => activation;
        }

        var type = parameter.ParameterType;
        if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(IPersistentState<>))
        {
            throw new InvalidOperationException(
                $"Parameter '{parameter.Name}' of {parameter.Member.DeclaringType} carries [PersistentState] and must be an IPersistentState<T>, not {type}.");
        }

        var attribute = parameter.GetCustomAttribute<PersistentStateAttribute>()!;
        var state = typeof(MemoryPersistentState<>).MakeGenericType(type.GetGenericArguments());
        return activation => Activator.CreateInstance(state, activation, attribute.StateName, attribute.StorageName)!;
    }
}
