namespace Cluster.Gateway;

/// <summary>
/// Everything the gateway logs, in one class: the generator behind <see cref="LoggerMessageAttribute"/> writes several classes in an order that
/// changes from build to build, and debug symbols keep what it wrote, so that two builds of one commit would differ.
/// </summary>
internal static partial class GatewayLog
{
    [LoggerMessage(1, LogLevel.Warning, "Request {Request} was not taken by {Instance}; it is placed anew.")]
    public static partial void NotTaken(ILogger logger, Exception failure, long request, string instance);

    [LoggerMessage(10, LogLevel.Warning, "{Instance} cannot be reached: requests that were for it are placed anew.")]
    public static partial void Unreachable(ILogger logger, string instance);

    [LoggerMessage(2, LogLevel.Warning, "The autoscaler could not look or act; it tries again at its next interval.")]
    public static partial void NotPlanned(ILogger logger, Exception failure);

    [LoggerMessage(3, LogLevel.Warning, "The run's record could not be kept; it is said again in a second.")]
    public static partial void NotRecorded(ILogger logger, Exception failure);

    [LoggerMessage(4, LogLevel.Warning, "{News}")]
    public static partial void HostPace(ILogger logger, string news);

    [LoggerMessage(5, LogLevel.Warning, "The certificate has changed: connections from now on get {Subject}, valid until {Until:yyyy-MM-dd HH:mm} UTC")]
    public static partial void CertificateRenewed(ILogger logger, string subject, DateTime until);

    [LoggerMessage(6, LogLevel.Error, "The certificate has changed, but cannot be used; the one before stays in force. {Problems}")]
    public static partial void CertificateKept(ILogger logger, string problems);

    [LoggerMessage(7, LogLevel.Warning,
        "Model {Model} is tokenised by bytes: the vocabulary {Encoding} could not be fetched when this was built. Build again with a network for real token counts.")]
    public static partial void TokenisedByBytes(ILogger logger, string model, string encoding);

    [LoggerMessage(8, LogLevel.Information, "Request {RequestId} refused: {Method} got {Status} {Type} {Parameter}")]
    public static partial void Refused(ILogger logger, string requestId, string method, int status, string type, string? parameter);

    [LoggerMessage(9, LogLevel.Error, "Request {RequestId} failed: {Method} {Path}")]
    public static partial void Failed(ILogger logger, Exception error, string requestId, string method, string path);
}
