using Cluster.Gateway;
using Cluster.Gateway.Backend;

// Alone, the gateway serves an echo model: a stand-in for wiring clients up. `xpyd up` puts a cluster behind it.
using var backend = new EchoBackend(new EchoOptions { TimePerOutputToken = TimeSpan.FromMilliseconds(10), PrefixCache = true });
await GatewayHost.Build(new GatewayOptions(), backend).RunAsync();
