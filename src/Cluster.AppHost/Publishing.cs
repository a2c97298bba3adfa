namespace Cluster.AppHost;

/// <summary>What <c>aspire publish</c> writes, besides the manifest that it can always write.</summary>
internal sealed class Publishing
{
    private readonly string _target;

    private Publishing(string target) => _target = target;

    /// <summary>Kubernetes has no bind mounts: there, monitoring is the cluster's own (deploy/helm has a PodMonitor).</summary>
    public bool HasBindMounts => _target != "Kubernetes";

    public static Publishing Add(IDistributedApplicationBuilder builder, Topology topology)
    {
#if ASPIRE_PUBLISHERS
        if (topology.Publish == "Compose") builder.AddDockerComposeEnvironment("compose");
        if (topology.Publish == "Kubernetes") builder.AddKubernetesEnvironment("kubernetes");
#else
        if (topology.Publish != "None")
        {
            throw new InvalidOperationException(
                $"Topology:Publish={topology.Publish}: this build has no publishers; build with -p:AspirePublishersVersion=VERSION of Aspire.Hosting.Docker. deploy/ has a Compose file and a chart that need none.");
        }
#endif
        return new Publishing(builder.ExecutionContext.IsPublishMode ? topology.Publish : "None");
    }

    /// <summary>The Compose publisher does not look at the replica count; Kubernetes' does.</summary>
    public void Replicate(IResourceBuilder<ProjectResource> project, int replicas)
    {
#if ASPIRE_PUBLISHERS
        if (_target == "Compose")
            project.PublishAsDockerComposeService((_, service) => service.Deploy = new() { Replicas = replicas });
#endif
        _ = (project, replicas);
    }
}
