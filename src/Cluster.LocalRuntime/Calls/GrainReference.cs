using System.Reflection;
using Cluster.LocalRuntime;
using Cluster.LocalRuntime.Activations;
using Cluster.LocalRuntime.Calls;
using Cluster.LocalRuntime.Observers;

namespace Orleans.Runtime;

/// <summary>
/// What a caller holds: an implementation of a grain or observer interface whose methods send calls.
/// References to one grain are equal. Arguments are passed as they are, never copied.
/// </summary>
public abstract class GrainReference : DispatchProxy, IAddressable, IEquatable<GrainReference>
{
    private GrainClass? _class;
    private LocalObserver? _observer;
    private Activation? _lastActivation;

    public GrainId GrainId { get; private set; }

    internal LocalRuntimeCore Runtime { get; private set; } = null!;

    internal LocalObserver? Observer => _observer;

    public bool Equals(GrainReference? other) => other is not null && GrainId == other.GrainId;

    public override bool Equals(object? obj) => Equals(obj as GrainReference);

    public override int GetHashCode() => GrainId.GetHashCode();

    public override string ToString() => GrainId.ToString();

    internal static object Create(Type interfaceType, LocalRuntimeCore runtime, GrainClass grainClass, GrainId grainId)
    {
        var reference = (GrainReference)DispatchProxy.Create(interfaceType, typeof(LocalReference));
        reference.Runtime = runtime;
        reference._class = grainClass;
        reference.GrainId = grainId;
        return reference;
    }

    internal static object Create(Type interfaceType, LocalRuntimeCore runtime, LocalObserver observer)
    {
        var reference = (GrainReference)DispatchProxy.Create(interfaceType, typeof(LocalReference));
        reference.Runtime = runtime;
        reference._observer = observer;
        reference.GrainId = observer.GrainId;
        return reference;
    }

    internal TInterface Cast<TInterface>() => this is TInterface same ? same
        : _class is not null && typeof(TInterface).IsAssignableFrom(_class.Type)
            ? (TInterface)Create(typeof(TInterface), Runtime, _class, GrainId)
            : throw new InvalidCastException($"{GrainId} does not implement {typeof(TInterface).Name}.");

    internal void Send(Turn turn)
    {
        if (_observer is not null)
        {
            _observer.Receive(turn);
        }
        else if (_lastActivation is not { } last || !last.TryReceive(turn))
        {
            _lastActivation = Runtime.Catalog.Send(_class!, GrainId, turn);
        }
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        MethodPlan.Of(targetMethod!).Call(this, args ?? []);
}

/// <summary>The base of the emitted proxies.</summary>
/// <remarks>Not sealed and public, because the emitted classes derive from it in another assembly.</remarks>
public class LocalReference : GrainReference;
