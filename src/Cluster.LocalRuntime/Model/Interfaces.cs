using Orleans.Runtime;

namespace Orleans.Runtime
{
    /// <summary>Anything that calls can be addressed to.</summary>
    public interface IAddressable;
}

namespace Orleans
{
    /// <summary>A grain, or a reference to one.</summary>
    public interface IGrain : IAddressable;

    /// <summary>A grain whose identity is its class and a string.</summary>
    public interface IGrainWithStringKey : IGrain;

    /// <summary>
    /// An object outside the grains that grains call back. Its calls run one after the other, in the order in which
    /// they were made, on the thread pool. The runtime holds the object weakly: whoever subscribes keeps it alive.
    /// </summary>
    public interface IGrainObserver : IAddressable;

    /// <summary>Makes references to grains and observers. A grain need not be created: its first call activates it.</summary>
    public interface IGrainFactory
    {
        /// <summary>A reference to the grain of that key whose class implements <typeparamref name="TGrainInterface"/>.</summary>
        /// <param name="primaryKey">Any string, including the empty one.</param>
        /// <param name="grainClassNamePrefix">Chooses among classes when several implement the interface.</param>
        /// <exception cref="ArgumentException">No class, or more than one, implements the interface.</exception>
        TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
            where TGrainInterface : IGrainWithStringKey;

        /// <inheritdoc cref="GetGrain{TGrainInterface}(string, string?)"/>
        IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey);

        /// <summary>A reference to <paramref name="obj"/> that can be handed to grains.</summary>
        TGrainObserverInterface CreateObjectReference<TGrainObserverInterface>(IGrainObserver obj)
            where TGrainObserverInterface : IGrainObserver;

        /// <summary>Ends a reference made by <see cref="CreateObjectReference{T}"/>. Calls that come later are dropped.</summary>
        /// <param name="obj">The reference, not the object behind it.</param>
        void DeleteObjectReference<TGrainObserverInterface>(IGrainObserver obj)
            where TGrainObserverInterface : IGrainObserver;
    }

    /// <summary>The way into the cluster for code that is not a grain.</summary>
    public interface IClusterClient : IGrainFactory
    {
        IServiceProvider ServiceProvider { get; }
    }
}
