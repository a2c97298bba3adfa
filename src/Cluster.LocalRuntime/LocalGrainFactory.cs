using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using Cluster.LocalRuntime.Activations;
using Cluster.LocalRuntime.Observers;
using Orleans;
using Orleans.Runtime;

namespace Cluster.LocalRuntime;

/// <summary>Finds grain classes in the given assemblies and makes references to grains and observers.</summary>
internal sealed class LocalGrainFactory : IClusterClient
{
    private readonly LocalRuntimeCore _runtime;
    private readonly GrainClass[] _classes;
    private readonly ConcurrentDictionary<(Type Interface, string? Prefix), GrainClass> _classOf = new();
    private long _observers;

    public LocalGrainFactory(LocalRuntimeCore runtime, IEnumerable<Assembly> assemblies)
    {
        _runtime = runtime;
        _classes = [.. assemblies.Distinct()
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => type is { IsClass: true, IsAbstract: false } && typeof(Grain).IsAssignableFrom(type))
            .Select(type => new GrainClass(type))];
        if (_classes.GroupBy(grainClass => grainClass.Name).FirstOrDefault(group => group.Count() > 1) is { } clash)
        {
            throw new ArgumentException(
                $"Grain classes {string.Join(" and ", clash.Select(grainClass => grainClass.Type.FullName))} share the grain type '{clash.Key}'. Rename one.",
                nameof(assemblies));
        }
    }

    public IServiceProvider ServiceProvider => _runtime.Services;

    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey =>
        (TGrainInterface)GetGrain(typeof(TGrainInterface), primaryKey, grainClassNamePrefix);

    public IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey) =>
        (IGrain)GetGrain(grainInterfaceType, grainPrimaryKey, prefix: null);

    public TGrainObserverInterface CreateObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver
    {
        ArgumentNullException.ThrowIfNull(obj);
        if (obj is GrainReference or Grain)
        {
            throw new ArgumentException($"{obj.GetType().Name} is a grain or already a reference; only an object outside the grains can become an observer.", nameof(obj));
        }

        var key = Interlocked.Increment(ref _observers).ToString(CultureInfo.InvariantCulture);
        var observer = new LocalObserver(obj, new GrainId("observer", key));
        return (TGrainObserverInterface)GrainReference.Create(typeof(TGrainObserverInterface), _runtime, observer);
    }

    public void DeleteObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver
    {
        if (obj is not GrainReference { Observer: { } observer })
        {
            throw new ArgumentException("Pass the reference that CreateObjectReference returned, not the object itself.", nameof(obj));
        }

        observer.Delete();
    }

    public object Reference(Type interfaceType, GrainClass grainClass, GrainId grainId) =>
        interfaceType.IsAssignableFrom(grainClass.Type)
            ? GrainReference.Create(interfaceType, _runtime, grainClass, grainId)
            : throw new InvalidCastException($"{grainId} does not implement {interfaceType.Name}.");

    private object GetGrain(Type interfaceType, string key, string? prefix)
    {
        ArgumentNullException.ThrowIfNull(key);
        var grainClass = _classOf.GetOrAdd((interfaceType, prefix), ClassOf);
        return GrainReference.Create(interfaceType, _runtime, grainClass, new GrainId(grainClass.Name, key));
    }

    private GrainClass ClassOf((Type Interface, string? Prefix) wanted)
    {
        var found = Array.FindAll(_classes, grainClass => wanted.Interface.IsAssignableFrom(grainClass.Type)
            && (wanted.Prefix is null || grainClass.Type.FullName!.StartsWith(wanted.Prefix, StringComparison.Ordinal)));
        return found switch
        {
            [var only] => only,
            [] => throw new ArgumentException(
                $"No grain class implements {wanted.Interface.FullName}. Grain classes are looked for in the assemblies given to AddLocalRuntime."),
            _ => throw new ArgumentException(
                $"{wanted.Interface.Name} is implemented by {string.Join(", ", found.Select(grainClass => grainClass.Type.FullName))}: "
                + "give grainClassNamePrefix, or ask for a narrower interface."),
        };
    }
}
