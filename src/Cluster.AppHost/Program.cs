using Cluster.AppHost;

// The cluster under Aspire, top to bottom in the order in which it starts: membership, silos, gateway, Prometheus, Grafana.
// The topology shapes the model, so it is read before the model is built: appsettings.json, environment or command line,
// e.g. --Topology:Silos 4 --Topology:Scenario scenarios/disaggregation.yaml.
var builder = DistributedApplication.CreateBuilder(args);
Topology topology;
try
{
    topology = Topology.Read(builder.Configuration);
}
catch (TopologyException refusal)
{
    Console.Error.WriteLine(refusal.Message);
    return 2;
}

Publishing.AddTarget(builder, topology);
int? containerPort = builder.ExecutionContext.IsPublishMode ? Publishing.ContainerPort : null;

var orleans = builder.AddOrleans("xpyd").WithClusterId("xpyd").WithServiceId("xpyd");
var membership = Membership.Add(builder, orleans, topology);

var silo = builder.AddProject<Projects.Cluster_Silo>("silo")
    .WithScenario(builder, topology)
    .WithMembership(orleans, membership)
    .WithHttpEndpoint(targetPort: containerPort, name: "http", env: "Xpyd__Http__Port")
    .WithHttpProbe(ProbeType.Readiness, "/health", periodSeconds: 5)
    .WithOtlpExporter()
    .WithReplicas(topology.Silos)
    .WithDeployment(topology, "Cluster.Silo", topology.Silos);

// The gateway is a silo too: router and topology live on it, instances on the others.
var gateway = builder.AddProject<Projects.Cluster_Gateway>("gateway")
    .WithScenario(builder, topology)
    .WithEnvironment("Xpyd__Silos", topology.Silos.ToString(System.Globalization.CultureInfo.InvariantCulture))
    .WithEnvironment("Xpyd__AdminToken", builder.AddParameter("admin-token", new GenerateParameterDefault { MinLength = 22, Special = false }, secret: true))
    .WithMembership(orleans, membership)
    .WithHttpEndpoint(topology.Port, containerPort, name: "http", env: "Xpyd__Http__Port")
    .WithExternalHttpEndpoints()
    .WithHttpProbe(ProbeType.Readiness, "/health", periodSeconds: 5)
    .WithOtlpExporter()
    .WaitFor(silo)
    .WithDeployment(topology, "Cluster.Gateway", replicas: 1);

if (Publishing.HasBindMounts(builder, topology)) Monitoring.Add(builder, gateway, topology);

builder.Build().Run();
return 0;
