using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Cluster.LocalRuntime;

internal static partial class LocalRuntimeLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "{GrainId} could not be activated.")]
    public static partial void ActivationFailed(ILogger logger, Exception exception, GrainId grainId);

    [LoggerMessage(Level = LogLevel.Error, Message = "{GrainId} failed while it was deactivated.")]
    public static partial void DeactivationFailed(ILogger logger, Exception exception, GrainId grainId);

    [LoggerMessage(Level = LogLevel.Error, Message = "A timer of {GrainId} failed; it goes on.")]
    public static partial void TimerFailed(ILogger logger, Exception exception, GrainId grainId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The one-way call {Method} failed.")]
    public static partial void OneWayFailed(ILogger logger, Exception exception, string method);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} grains did not deactivate in time.")]
    public static partial void StopTimedOut(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Debug, Message = "A call to {Method} was dropped: the observer was deleted or is no longer alive.")]
    public static partial void ObserverGone(ILogger logger, string method);
}
