using Cluster.LocalRuntime;
using Microsoft.Extensions.Hosting;

namespace Cluster.Grains.Tests.Contract;

internal static class RuntimeUnderTest
{
    public const string Name = "Cluster.LocalRuntime";

    /// <summary>Whether a grain may block its thread until a grain answers that has yet to be activated: with Orleans it may wait for itself.</summary>
    public const bool LetsGrainsBlock = true;

    /// <summary>Whether calls that wait for no turn are served while a grain that is to end has one left.</summary>
    public const bool ServesWhileEnding = true;

    public static void Add(HostApplicationBuilder builder) =>
        builder.Services.AddLocalRuntime(new LocalRuntimeOptions(), typeof(RuntimeUnderTest).Assembly);
}
