using Cluster.LocalRuntime;
using Microsoft.Extensions.Hosting;

namespace Cluster.Grains.Tests.Contract;

internal static class RuntimeUnderTest
{
    public const string Name = "Cluster.LocalRuntime";

    public static void Add(HostApplicationBuilder builder) =>
        builder.Services.AddLocalRuntime(new LocalRuntimeOptions(), typeof(RuntimeUnderTest).Assembly);
}
