using Cluster.Gateway;
using Cluster.Gateway.Backend;
using Cluster.Gateway.Live;
using Cluster.Hosting;

// With a scenario in its configuration, the gateway fronts that cluster, as under Aspire or in a container. Alone it
// serves an echo model: a stand-in for wiring clients up.
if (HealthProbe.IsAsked(args)) return await HealthProbe.RunAsync(args);
var configuration = new ConfigurationBuilder().AddEnvironmentVariables().AddCommandLine(args).Build();
if (HostedScenario.IsConfigured(configuration)) return await HostedGateway.RunAsync(configuration);
using var backend = new EchoBackend(new EchoOptions { TimePerOutputToken = TimeSpan.FromMilliseconds(10), PrefixCache = true });
await GatewayHost.Build(new GatewayOptions(), backend).RunAsync();
return 0;
