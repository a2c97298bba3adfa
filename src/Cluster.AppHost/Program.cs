using Cluster.AppHost;

// The cluster under Aspire, top to bottom in the order in which it starts: membership, silos, gateway, Prometheus, Grafana.
// The topology shapes the model, so it is read before the model is built: appsettings.json, environment or command line,
// e.g. --Topology:Silos 4 --Topology:Scenario scenarios/disaggregation.yaml.
var builder = DistributedApplication.CreateBuilder(args);
var topology = Topology.Read(builder.Configuration);
var publishing = Publishing.Add(builder, topology);

var orleans = builder.AddOrleans("xpyd").WithClusterId("xpyd").WithServiceId("xpyd");
var membership = Membership.Add(builder, orleans, topology);

var silo = builder.AddProject<Projects.Cluster_Silo>("silo")
    .WithScenario(builder, topology)
    .WithMembership(orleans, membership)
    .WithHttpEndpoint(name: "http", env: "Xpyd__Http__Port")
    .WithHttpHealthCheck("/health")
    .WithOtlpExporter()
    .WithReplicas(topology.Silos);

// The gateway is a silo too: router and topology live on it, instances on the others.
var gateway = builder.AddProject<Projects.Cluster_Gateway>("gateway")
    .WithScenario(builder, topology)
    .WithEnvironment("Xpyd__Silos", topology.Silos.ToString(System.Globalization.CultureInfo.InvariantCulture))
    .WithEnvironment("Xpyd__AdminToken", builder.AddParameter("admin-token", secret: true))
    .WithMembership(orleans, membership)
    .WithHttpEndpoint(port: builder.ExecutionContext.IsRunMode ? topology.Port : null, targetPort: builder.ExecutionContext.IsRunMode ? null : 8000, name: "http", env: "Xpyd__Http__Port")
    .WithExternalHttpEndpoints()
    .WithHttpHealthCheck("/health")
    .WithOtlpExporter()
    .WaitFor(silo);

publishing.Replicate(silo, topology.Silos);
if (publishing.HasBindMounts) Monitoring.Add(builder, gateway);

builder.Build().Run();
