using Cluster.Gateway.Backend;
using Microsoft.AspNetCore.Builder;

namespace Cluster.Gateway.Tests;

/// <summary>A gateway that listens already while its cluster is still starting, with a real socket and a client.</summary>
internal sealed class StartingGateway : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly StartingBackend _backend;

    private StartingGateway(WebApplication app, StartingBackend backend)
    {
        (_app, _backend) = (app, backend);
        Address = new Uri(app.Urls.First());
        Client = new HttpClient { BaseAddress = Address };
    }

    public Uri Address { get; }

    public HttpClient Client { get; }

    /// <summary>Requests that reached the cluster.</summary>
    public int Submitted => _backend.Echo.Submitted;

    public static async Task<StartingGateway> StartAsync()
    {
        var backend = new StartingBackend();
        var app = GatewayHost.Build(new GatewayOptions { Port = 0 }, backend);
        await app.StartAsync();
        return new StartingGateway(app, backend);
    }

    /// <summary>From now on the cluster stands.</summary>
    public void Stand() => _backend.IsReady = true;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _backend.Echo.Dispose();
    }

    private sealed class StartingBackend : IInferenceBackend
    {
        private volatile bool _isReady;

        public EchoBackend Echo { get; } = new();

        public IReadOnlyList<ServedModel> Models => Echo.Models;

        public bool IsReady { get => _isReady; set => _isReady = value; }

        public ValueTask<IInferenceStream> SubmitAsync(InferenceRequest request, CancellationToken cancellationToken) => Echo.SubmitAsync(request, cancellationToken);

        public ValueTask<bool> ResetPrefixCacheAsync(CancellationToken cancellationToken) => Echo.ResetPrefixCacheAsync(cancellationToken);

        public LoadSnapshot LoadSnapshot() => Echo.LoadSnapshot();
    }
}
