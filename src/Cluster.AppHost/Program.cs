// The cluster under Aspire: clustering through Redis, silos, the gateway, Prometheus and Grafana.
// The topology shapes the model, so it is read from configuration before the model is built.
var builder = DistributedApplication.CreateBuilder(args);
var silos = int.TryParse(builder.Configuration["Topology:Silos"], out var wanted) ? wanted : 2;

var redis = builder.AddRedis("clustering");
var orleans = builder.AddOrleans("xpyd").WithClustering(redis);

var silo = builder.AddProject<Projects.Cluster_Silo>("silo")
    .WithReference(orleans)
    .WaitFor(redis)
    .WithOtlpExporter()
    .WithReplicas(silos);

var gateway = builder.AddProject<Projects.Cluster_Gateway>("gateway")
    .WithReference(orleans.AsClient())
    .WaitFor(silo)
    .WithOtlpExporter()
    .WithHttpHealthCheck("/health")
    .WithExternalHttpEndpoints();

var prometheus = builder.AddContainer("prometheus", "prom/prometheus", "v3.5.0")
    .WithBindMount("../../dashboards/prometheus", "/etc/prometheus", isReadOnly: true)
    .WithHttpEndpoint(targetPort: 9090)
    .WaitFor(gateway);

builder.AddContainer("grafana", "grafana/grafana", "12.1.0")
    .WithBindMount("../../dashboards/grafana/provisioning", "/etc/grafana/provisioning", isReadOnly: true)
    .WithBindMount("../../dashboards/grafana", "/var/lib/grafana/dashboards", isReadOnly: true)
    .WithHttpEndpoint(targetPort: 3000)
    .WaitFor(prometheus);

builder.Build().Run();
