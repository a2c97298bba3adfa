using System.Collections.Concurrent;
using Orleans.Runtime;

namespace Cluster.LocalRuntime.Storage;

/// <summary>Where a value is kept: provider, state name, grain.</summary>
internal readonly record struct StateKey(string? StorageName, string StateName, GrainId GrainId);

/// <summary>A stored value and its version.</summary>
internal sealed record StoredState(object? Value, long Version);

/// <summary>Keeps grain state for as long as the process lives.</summary>
internal sealed class MemoryStorage
{
    private readonly ConcurrentDictionary<StateKey, StoredState> _states = new();

    public StoredState? Read(StateKey key) => _states.GetValueOrDefault(key);

    public StoredState Write(StateKey key, object? value) => _states.AddOrUpdate(
        key, static (_, value) => new(value, 1), static (_, old, value) => new(value, old.Version + 1), value);

    public void Clear(StateKey key) => _states.TryRemove(key, out _);
}
