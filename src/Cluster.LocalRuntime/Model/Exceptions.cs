namespace Orleans.Runtime;

/// <summary>A failure of the runtime, as opposed to one of a grain.</summary>
public class OrleansException : Exception
{
    public OrleansException()
    {
    }

    public OrleansException(string message)
        : base(message)
    {
    }

    public OrleansException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>The call never reached a grain.</summary>
public class OrleansMessageRejectionException(string message, Exception? innerException = null)
    : OrleansException(message, innerException!);

/// <summary>The runtime has stopped, or is not running yet.</summary>
public sealed class SiloUnavailableException(string message) : OrleansMessageRejectionException(message);

/// <summary>An observer that was deleted, or that nobody kept alive, was asked for an answer.</summary>
public sealed class ClientNotAvailableException(string message) : OrleansException(message);

/// <summary>The grain that produced an <see cref="IAsyncEnumerable{T}"/> was deactivated before its end.</summary>
public sealed class EnumerationAbortedException(string message) : Exception(message);
