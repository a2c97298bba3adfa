using Microsoft.Extensions.Logging;

namespace Cluster.Grains;

/// <summary>What grains log.</summary>
internal static partial class GrainLog
{
    [LoggerMessage(1, LogLevel.Error, "The step loop of {Instance} broke; its requests end with an error and it starts afresh.")]
    public static partial void StepLoopFailed(ILogger logger, string instance, Exception failure);

    [LoggerMessage(2, LogLevel.Warning, "Tokens of {Instance} did not reach their gateway; its requests end.")]
    public static partial void TokensLost(ILogger logger, string instance, Exception failure);

    [LoggerMessage(3, LogLevel.Warning, "News of {Instance} did not reach the router.")]
    public static partial void ReportLost(ILogger logger, string instance, Exception failure);

    [LoggerMessage(4, LogLevel.Debug, "{Instance} did not say how it is: {Reason}")]
    public static partial void NotSeen(ILogger logger, string instance, string reason);

    [LoggerMessage(5, LogLevel.Warning, "Process {Process} was not told of another time scale; it hears of it when it listens again.")]
    public static partial void TimeNotTold(ILogger logger, string process, Exception failure);

    [LoggerMessage(6, LogLevel.Debug, "Nobody says at the moment how emulated time runs; asked again.")]
    public static partial void TimeNotHeard(ILogger logger, Exception failure);

    [LoggerMessage(7, LogLevel.Warning, "The KV store of {Instance} does not answer; what was on its way from it is computed instead, and the store is joined anew.")]
    public static partial void StoreLost(ILogger logger, string instance, Exception failure);

    [LoggerMessage(8, LogLevel.Warning, "The cluster has lost silo {Silo} ({Address}): the instances that it carried begin anew, empty, on the silos that are left.")]
    public static partial void SiloLost(ILogger logger, string silo, System.Net.IPEndPoint address);

    [LoggerMessage(9, LogLevel.Error, "The cluster has given {Silo} up: it did not answer for too long, though it is there. What it carried goes on elsewhere; this process ends, and can be started again.")]
    public static partial void GivenUp(ILogger logger, string silo);

    [LoggerMessage(10, LogLevel.Warning, "{Sender} could not reach another grain with news of a hand-over in {Tries} tries; the KV of its request may be held until its instances begin anew.")]
    public static partial void HandOverLost(ILogger logger, string sender, int tries, Exception failure);
}
