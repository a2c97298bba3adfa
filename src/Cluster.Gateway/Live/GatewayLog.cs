namespace Cluster.Gateway.Live;

/// <summary>What the live backend logs.</summary>
internal static partial class GatewayLog
{
    [LoggerMessage(1, LogLevel.Warning, "Request {Request} was not taken by {Instance}; it is placed anew.")]
    public static partial void NotTaken(ILogger logger, Exception failure, long request, string instance);

    [LoggerMessage(2, LogLevel.Warning, "The autoscaler could not look or act; it tries again at its next interval.")]
    public static partial void NotPlanned(ILogger logger, Exception failure);
}
