namespace Cluster.AppHost;

/// <summary>Prometheus and Grafana, provisioned from dashboards/, which they may read and not write.</summary>
internal static class Monitoring
{
    public static void Add(IDistributedApplicationBuilder builder, IResourceBuilder<ProjectResource> gateway)
    {
        var files = Path.Combine(builder.AppHostDirectory, "..", "..", "dashboards");
        var prometheus = builder.AddContainer("prometheus", "docker.io/prom/prometheus", "v3.5.0")
            .WithBindMount(Path.Combine(files, "prometheus"), "/etc/prometheus/rules", isReadOnly: true)
            // Prometheus does not read variables in its configuration, and the gateway's address is known only now.
            .WithContainerFiles("/etc/prometheus", (_, _) => Task.FromResult(Configuration(Target(builder, gateway))))
            .WithHttpEndpoint(targetPort: 9090, name: "http")
            .WithHttpHealthCheck("/-/healthy")
            .WaitFor(gateway);

        builder.AddContainer("grafana", "docker.io/grafana/grafana", "12.1.1")
            .WithBindMount(Path.Combine(files, "grafana", "provisioning"), "/etc/grafana/provisioning", isReadOnly: true)
            .WithBindMount(Path.Combine(files, "grafana"), "/var/lib/grafana/dashboards/xpyd", isReadOnly: true)
            .WithEnvironment("GF_AUTH_ANONYMOUS_ENABLED", "true")
            .WithEnvironment("GF_AUTH_ANONYMOUS_ORG_ROLE", "Viewer")
            .WithEnvironment("PROMETHEUS_URL", prometheus.GetEndpoint("http"))
            .WithHttpEndpoint(targetPort: 3000, name: "http")
            .WithHttpHealthCheck("/api/health")
            .WaitFor(prometheus);
    }

    /// <summary>The gateway as Prometheus sees it from its container.</summary>
    private static string Target(IDistributedApplicationBuilder builder, IResourceBuilder<ProjectResource> gateway)
    {
        if (builder.ExecutionContext.IsPublishMode) return $"{gateway.Resource.Name}:8000";
        var endpoint = gateway.GetEndpoint("http");
        // From inside a container, this host has a name of its own.
        return $"{(endpoint.Host is "localhost" ? "host.docker.internal" : endpoint.Host)}:{endpoint.Port}";
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
