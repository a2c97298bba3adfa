using Microsoft.Extensions.Logging;

namespace Cluster.Grains;

/// <summary>What grains log.</summary>
internal static partial class GrainLog
{
    [LoggerMessage(1, LogLevel.Error, "The step loop of {Instance} broke; its requests end with an error and it starts afresh.")]
    public static partial void StepLoopFailed(ILogger logger, string instance, Exception failure);
}
