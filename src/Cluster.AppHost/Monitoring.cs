namespace Cluster.AppHost;

/// <summary>Prometheus and Grafana, provisioned from dashboards/, which they may read and not write.</summary>
internal static class Monitoring
{
    public static void Add(IDistributedApplicationBuilder builder, IResourceBuilder<ProjectResource> gateway, Topology topology)
    {
        var files = Path.Combine(builder.AppHostDirectory, "..", "..", "dashboards");
        var prometheus = builder.AddContainer("prometheus", "docker.io/prom/prometheus", "v3.5.0")
            .WithBindMount(Path.Combine(files, "prometheus"), "/etc/prometheus/rules", isReadOnly: true)
            // Prometheus does not read variables in its configuration, and the gateway's address is known only now.
            .WithContainerFiles("/etc/prometheus", async (_, cancellationToken) => Configuration(await Target(builder, gateway, cancellationToken)))
            .WithHttpEndpoint(targetPort: 9090, name: "http")
            .WithHttpHealthCheck("/-/healthy")
            .WaitFor(gateway)
            .AfterHealthy(topology, gateway.Resource.Name);

        builder.AddContainer("grafana", "docker.io/grafana/grafana", "12.1.1")
            .WithBindMount(Path.Combine(files, "grafana", "provisioning"), "/etc/grafana/provisioning", isReadOnly: true)
            .WithBindMount(Path.Combine(files, "grafana"), "/var/lib/grafana/dashboards/xpyd", isReadOnly: true)
            .WithEnvironment("GF_AUTH_ANONYMOUS_ENABLED", "true")
            .WithEnvironment("GF_AUTH_ANONYMOUS_ORG_ROLE", "Viewer")
            .WithEnvironment("PROMETHEUS_URL", prometheus.GetEndpoint("http"))
            .WithHttpEndpoint(builder.ExecutionContext.IsPublishMode ? 3000 : null, targetPort: 3000, name: "http")
            .WithExternalHttpEndpoints()
            .WithHttpHealthCheck("/api/health")
            .WaitFor(prometheus);
    }

    /// <summary>The gateway as Prometheus sees it from its container: here through Aspire's container network, published by its name.</summary>
    private static async Task<string> Target(IDistributedApplicationBuilder builder, IResourceBuilder<ProjectResource> gateway, CancellationToken cancellationToken)
    {
        if (builder.ExecutionContext.IsPublishMode) return $"{gateway.Resource.Name}:{Publishing.ContainerPort}";
        var endpoint = gateway.GetEndpoint("http", KnownNetworkIdentifiers.DefaultAspireContainerNetwork);
        return await endpoint.Property(EndpointProperty.HostAndPort).GetValueAsync(cancellationToken)
            ?? throw new InvalidOperationException($"'{gateway.Resource.Name}' has no address that a container could reach.");
    }

    private static IEnumerable<ContainerFileSystemItem> Configuration(string target) =>
    [
        new ContainerFile
        {
            Name = "prometheus.yml",
            Contents = $$"""
                global: { scrape_interval: 2s, evaluation_interval: 5s }
                rule_files: [rules/alerts.yml]
                scrape_configs:
                  - job_name: xpyd
                    static_configs:
                      - targets: ["{{target}}"]
                """,
        },
    ];
}
