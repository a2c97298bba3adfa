namespace Orleans.Runtime
{
    /// <summary>The identity of a grain: its class and its key.</summary>
    public readonly record struct GrainId(string Type, string Key)
    {
        public override string ToString() => $"{Type}/{Key}";
    }

    /// <summary>What the runtime knows about one activation.</summary>
    public interface IGrainContext
    {
        GrainId GrainId { get; }

        object? GrainInstance { get; }

        /// <summary>The services of this activation; scoped ones end with it.</summary>
        IServiceProvider ActivationServices { get; }

        /// <summary>Completes once the activation has ended and its last turn has run.</summary>
        Task Deactivated { get; }

        /// <summary>Ends the activation when the calls that run have finished.</summary>
        void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default);
    }
}

namespace Orleans
{
    /// <summary>Why an activation ended.</summary>
    public readonly struct DeactivationReason(DeactivationReasonCode code, Exception? exception, string text)
    {
        public DeactivationReason(DeactivationReasonCode code, string text)
            : this(code, null, text)
        {
        }

        public DeactivationReasonCode ReasonCode { get; } = code;

        public string Description { get; } = text;

        public Exception? Exception { get; } = exception;

        public override string ToString() => $"{ReasonCode}: {Description}";
    }

    /// <summary>The kinds of end of an activation; the names and values are those of Orleans.</summary>
    public enum DeactivationReasonCode : byte
    {
        None,
        ShuttingDown,
        ActivationFailed,
        DirectoryFailure,
        ActivationIdle,
        ActivationUnresponsive,
        DuplicateActivation,
        IncompatibleRequest,
        ApplicationError,
        ApplicationRequested,
        Migrating,
        RuntimeRequested,
        HighMemoryPressure,
    }
}
