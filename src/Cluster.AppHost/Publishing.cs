namespace Cluster.AppHost;

/// <summary>What <c>aspire publish</c> writes, besides the manifest that it can always write.</summary>
internal static class Publishing
{
    /// <summary>
    /// Where our processes listen inside their containers. Not 8000: there Aspire's own numbering of ports without a number begins,
    /// and the silos' two have none.
    /// </summary>
    public const int ContainerPort = 8080;

    /// <summary>The numbered user of our images.</summary>
    private const int User = 1654;

    /// <summary>Kubernetes has no bind mounts: there, monitoring is the cluster's own (deploy/helm has a PodMonitor).</summary>
    public static bool HasBindMounts(IDistributedApplicationBuilder builder, Topology topology) =>
        builder.ExecutionContext.IsRunMode || topology.Publish != "Kubernetes";

    public static void AddTarget(IDistributedApplicationBuilder builder, Topology topology)
    {
        if (topology.Publish == "Compose") builder.AddDockerComposeEnvironment("compose");
        if (topology.Publish == "Kubernetes") AddKubernetes(builder);
    }

    /// <summary>
    /// What Aspire's model does not say of a process: no rights, limits, and in Compose a probe to wait for and the number of replicas,
    /// which that publisher does not look at.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithDeployment(this IResourceBuilder<ProjectResource> project, Topology topology, string assembly, int replicas)
    {
        if (topology.Publish == "Kubernetes") ConfineInKubernetes(project);
        if (topology.Publish == "Compose") ConfineInCompose(project, assembly, replicas);
        return project;
    }

    /// <summary>Compose says only that a container was started before this one; these wait until the gateway answers.</summary>
    public static IResourceBuilder<ContainerResource> AfterHealthy(this IResourceBuilder<ContainerResource> container, Topology topology, string name)
    {
        if (topology.Publish == "Compose")
            container.PublishAsDockerComposeService((_, service) => service.DependsOn[name].Condition = "service_healthy");
        return container;
    }

    private static void ConfineInCompose(IResourceBuilder<ProjectResource> project, string assembly, int replicas) =>
        project.PublishAsDockerComposeService((_, service) =>
        {
            service.User = User.ToString(System.Globalization.CultureInfo.InvariantCulture);
            service.ReadOnly = true;
            service.Tmpfs = ["/tmp"];
            service.CapDrop = ["ALL"];
            service.SecurityOpt = ["no-new-privileges:true"];
            service.StopGracePeriod = "40s";
            service.Restart = "unless-stopped";
            service.Deploy = new() { Replicas = replicas, Resources = new() { Limits = new() { Cpus = "2", Memory = "4G" } } };
            service.Healthcheck = new()
            {
                // The image has no shell: the program answers for itself.
                Test = ["CMD", "dotnet", $"/app/{assembly}.dll", "--health", $"http://127.0.0.1:{ContainerPort}"],
                Interval = "10s",
                Timeout = "6s",
                StartPeriod = "60s",
                Retries = 3,
            };
            if (service.DependsOn.TryGetValue("silo", out var silo)) silo.Condition = "service_healthy";
        });

#if ASPIRE_KUBERNETES
    public const bool HasKubernetes = true;

    private static void AddKubernetes(IDistributedApplicationBuilder builder) => builder.AddKubernetesEnvironment("kubernetes");

    private static void ConfineInKubernetes(IResourceBuilder<ProjectResource> project) => project.PublishAsKubernetesService(resource =>
    {
        var pod = resource.Workload!.PodTemplate.Spec;
        pod.AutomountServiceAccountToken = false;
        pod.TerminationGracePeriodSeconds = 45;
        pod.Volumes.Add(new() { Name = "tmp", EmptyDir = new() });
        foreach (var container in pod.Containers)
        {
            var rights = container.SecurityContext = new() { RunAsNonRoot = true, RunAsUser = User, ReadOnlyRootFilesystem = true, AllowPrivilegeEscalation = false, Capabilities = new() };
            rights.Capabilities.Drop.Add("ALL");
            container.VolumeMounts.Add(new() { Name = "tmp", MountPath = "/tmp" });
            container.Resources = new() { Limits = { ["cpu"] = "2", ["memory"] = "4Gi" }, Requests = { ["cpu"] = "1", ["memory"] = "1Gi" } };
            // Aspire writes the endpoint's scheme as it is; Kubernetes takes HTTP in capitals only.
            if (container.ReadinessProbe?.HttpGet is { } probe) probe.Scheme = "HTTP";
        }
    });
#else
    public const bool HasKubernetes = false;

    // Not reached: the topology was refused.
    private static void AddKubernetes(IDistributedApplicationBuilder builder) => throw new NotSupportedException();

    private static void ConfineInKubernetes(IResourceBuilder<ProjectResource> project) => throw new NotSupportedException();
#endif
}
