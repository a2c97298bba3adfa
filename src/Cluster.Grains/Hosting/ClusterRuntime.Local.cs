using Cluster.Grains.Timing;
using Cluster.LocalRuntime;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Cluster.Grains.Hosting;

/// <summary>Hosts the grains on the runtime this build was compiled against: here the one-process runtime.</summary>
public static class ClusterRuntime
{
    /// <summary>Value of the metrics' <c>runtime</c> label.</summary>
    public const string Label = "local";

    /// <summary>Named in banners and by <c>xpyd doctor</c>.</summary>
    public const string Name = "Cluster.LocalRuntime (one process; Microsoft Orleans was not available to this build)";

    /// <summary>Why there cannot be more than one process; null where there can.</summary>
    public static string? OneProcessOnly =>
        "More than one silo process needs the Microsoft Orleans packages, which this build was made without; leave --silos out, or build where they restore (xpyd doctor looks again).";

    /// <summary>Runs the grains of one cluster in this process.</summary>
    public static IHostApplicationBuilder AddClusterRuntime(this IHostApplicationBuilder builder, ClusterContext context, MembershipOptions? membership = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (membership is not null) throw new NotSupportedException(OneProcessOnly);
        builder.Services.AddSingleton(context);
        builder.Services.AddLocalRuntime(new LocalRuntimeOptions { CollectionAge = TimeSpan.FromDays(1) }, typeof(ClusterRuntime).Assembly);
        builder.Services.AddHostedService<TimeKeeping>();
        return builder;
    }

    /// <summary>Ends a sleep; the turns that wait for it run on the calling thread.</summary>
    internal static void Wake(TaskCompletionSource sleeper) => CausingThread.Run(static waiting => waiting.SetResult(), sleeper);

    /// <summary>There is nobody to wait for.</summary>
    public static Task WaitForSilosAsync(IServiceProvider services, int silos, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>There is nobody to ask.</summary>
    public static Task<CharterReply?> AskToJoinAsync(
        MembershipOptions membership, SiloCard card, IConfiguration configuration, TimeSpan patience, CancellationToken cancellation) =>
        throw new NotSupportedException(OneProcessOnly);
}
