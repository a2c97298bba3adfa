namespace Cluster.Gateway.Live;

/// <summary>What the live backend logs.</summary>
internal static partial class GatewayLog
{
    [LoggerMessage(1, LogLevel.Warning, "Request {Request} was not taken by {Instance}; it is placed anew.")]
    public static partial void NotTaken(ILogger logger, Exception failure, long request, string instance);

    [LoggerMessage(2, LogLevel.Warning, "The autoscaler could not look or act; it tries again at its next interval.")]
    public static partial void NotPlanned(ILogger logger, Exception failure);

    [LoggerMessage(3, LogLevel.Warning, "The run's record could not be kept; it is said again in a second.")]
    public static partial void NotRecorded(ILogger logger, Exception failure);

    [LoggerMessage(4, LogLevel.Warning, "{News}")]
    public static partial void HostPace(ILogger logger, string news);
}
