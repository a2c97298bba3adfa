namespace Cluster.Gateway.Live;

/// <summary>What the live backend logs.</summary>
internal static partial class GatewayLog
{
    [LoggerMessage(1, LogLevel.Warning, "Request {Request} was not taken by {Instance}; it is placed anew.")]
    public static partial void NotTaken(ILogger logger, Exception failure, long request, string instance);
}
