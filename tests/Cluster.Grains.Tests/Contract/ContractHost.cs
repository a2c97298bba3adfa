using Cluster.Grains.Tests.Contract;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

[assembly: AssemblyFixture(typeof(ContractHost))]
[assembly: AssemblyFixture(typeof(RealClockHost))]

namespace Cluster.Grains.Tests.Contract;

/// <summary>One host for the whole suite; every test uses grains of its own.</summary>
public sealed class ContractHost : IAsyncLifetime
{
    private IHost? _host;

    /// <summary>What the grains' timers follow. It moves only when a test moves it.</summary>
    public ManualClock Clock { get; } = new();

    public IClusterClient Client => _host!.Services.GetRequiredService<IClusterClient>();

    public async ValueTask InitializeAsync()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Services.AddKeyedSingleton<TimeProvider>("Orleans.Grains", Clock);
        RuntimeUnderTest.Add(builder);
        _host = builder.Build();
        await _host.StartAsync();
        TestContext.Current.SendDiagnosticMessage($"The contract suite runs on {RuntimeUnderTest.Name}.");
    }

    public async ValueTask DisposeAsync()
    {
        await _host!.StopAsync();
        _host.Dispose();
    }
}

/// <summary>A host whose grains' timers follow the system's clock.</summary>
public sealed class RealClockHost : IAsyncLifetime
{
    private IHost? _host;

    public IClusterClient Client => _host!.Services.GetRequiredService<IClusterClient>();

    public async ValueTask InitializeAsync()
    {
        var builder = Host.CreateApplicationBuilder();
        RuntimeUnderTest.Add(builder);
        _host = builder.Build();
        await _host.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _host!.StopAsync();
        _host.Dispose();
    }
}
