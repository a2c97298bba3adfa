namespace Orleans.Core
{
    /// <summary>A stored value and its version.</summary>
    public interface IStorage
    {
        string? Etag { get; }

        bool RecordExists { get; }

        Task ClearStateAsync();

        Task WriteStateAsync();

        Task ReadStateAsync();
    }

    public interface IStorage<TState> : IStorage
    {
        TState State { get; set; }
    }
}

namespace Orleans.Runtime
{
    /// <summary>
    /// A value that outlives the activation. It is read before <c>OnActivateAsync</c> and stored by <c>WriteStateAsync</c> only.
    /// Replace <c>State</c> by a new value, do not change the one that it holds: this runtime stores what it is given.
    /// </summary>
    public interface IPersistentState<TState> : Orleans.Core.IStorage<TState>;

    /// <summary>Asks for an <see cref="IPersistentState{TState}"/> in a grain's constructor.</summary>
    /// <param name="stateName">Unique within the grain class.</param>
    /// <param name="storageName">Which provider keeps it. Here all keep it in memory, for as long as the process lives.</param>
    [AttributeUsage(AttributeTargets.Parameter)]
    public sealed class PersistentStateAttribute(string stateName, string? storageName = null) : Attribute
    {
        public string StateName { get; } = stateName;

        public string? StorageName { get; } = storageName;
    }
}
