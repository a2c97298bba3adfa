using System.Globalization;
using Cluster.LocalRuntime.Activations;
using Orleans.Runtime;

namespace Cluster.LocalRuntime.Storage;

/// <summary>Lets the activation read its states before the grain sees them.</summary>
internal interface IActivationState
{
    Task ReadStateAsync();
}

/// <summary>One state of one activation in <see cref="MemoryStorage"/>.</summary>
internal sealed class MemoryPersistentState<TState> : IPersistentState<TState>, IActivationState
{
    private readonly MemoryStorage _storage;
    private readonly StateKey _key;
    private StoredState? _stored;
    private TState? _state;

    public MemoryPersistentState(Activation activation, string stateName, string? storageName)
    {
        _storage = activation.Runtime.Storage;
        _key = new(storageName, stateName, activation.GrainId);
        activation.Attach(this);
    }

    public TState State
    {
        get => _state ??= CreateEmpty();
        set => _state = value;
    }

    public string? Etag => _stored?.Version.ToString(CultureInfo.InvariantCulture);

    public bool RecordExists => _stored is not null;

    public Task ReadStateAsync()
    {
        _stored = _storage.Read(_key);
        _state = _stored is null ? default : (TState?)_stored.Value;
        return Task.CompletedTask;
    }

    public Task WriteStateAsync()
    {
        _stored = _storage.Write(_key, State);
        return Task.CompletedTask;
    }

    public Task ClearStateAsync()
    {
        _storage.Clear(_key);
        _stored = null;
        _state = default;
        return Task.CompletedTask;
    }

    private static TState CreateEmpty() => typeof(TState).IsValueType || typeof(TState).GetConstructor(Type.EmptyTypes) is not null
        ? Activator.CreateInstance<TState>()
        : throw new InvalidOperationException(
            $"{typeof(TState).Name} was never stored and has no parameterless constructor to begin from. Give it one, or test RecordExists first.");
}
