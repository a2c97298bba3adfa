using System.Text.Json;
using System.Text.RegularExpressions;

namespace Cluster.Repository.Tests.Deploy;

/// <summary>What the AppHost publishes where it was built with Aspire; it takes neither a container engine nor the orchestrator.</summary>
public sealed class AppHostPublishTests
{
    [Fact]
    public async Task The_manifest_has_every_resource_with_its_environment_endpoints_and_read_only_mounts()
    {
        var resources = JsonDocument.Parse(await Published("manifest.json", "--publisher", "manifest")).RootElement.GetProperty("resources");
        foreach (var name in (string[])["silo", "gateway"])
        {
            var environment = resources.GetProperty(name).GetProperty("env");
            environment.GetProperty("Xpyd__Scenario").GetString().ShouldBe("scenarios/quickstart.yaml");
            environment.GetProperty("Orleans__Clustering__ProviderType").GetString().ShouldBe("Redis");
            environment.TryGetProperty("ConnectionStrings__clustering", out _).ShouldBeTrue();
            Ports(resources.GetProperty(name)).ShouldBeUnique();
        }

        resources.GetProperty("gateway").GetProperty("env").GetProperty("Xpyd__Silos").GetString().ShouldBe("3");
        resources.GetProperty("gateway").GetProperty("bindings").GetProperty("http").GetProperty("external").GetBoolean().ShouldBeTrue();
        foreach (var name in (string[])["prometheus", "grafana"])
        {
            resources.GetProperty(name).GetProperty("image").GetString().ShouldNotBeNull().ShouldMatch(@":v?\d+\.\d+\.\d+$");
            resources.GetProperty(name).GetProperty("bindMounts").EnumerateArray().ShouldAllBe(mount => mount.GetProperty("readOnly").GetBoolean());
        }
    }

    [Fact]
    public async Task Compose_gets_replicas_probes_ports_and_a_start_up_order()
    {
        var services = Yaml.Parse(await Published("docker-compose.yaml", "--operation", "publish", "--step", "publish", "--Topology:Publish", "Compose")).At("services");
        services.Text("silo.deploy.replicas").ShouldBe("3");
        services.List("gateway.ports").ShouldBe(["8000:8080"]);
        services.Text("gateway.depends_on.silo.condition").ShouldBe("service_healthy");
        services.Text("prometheus.depends_on.gateway.condition").ShouldBe("service_healthy");
        foreach (var name in (string[])["silo", "gateway"])
        {
            services.Text($"{name}.user").ShouldBe(ChartTests.Csproj("ContainerUser"));
            services.List($"{name}.cap_drop").ShouldBe(["ALL"]);
            services.Text($"{name}.deploy.resources.limits.memory").ShouldNotBeEmpty();
            services.Text($"{name}.healthcheck.test.4").ShouldEndWith(":" + services.Text($"{name}.environment.Xpyd__Http__Port"));
        }
    }

    [Fact]
    public async Task Kubernetes_gets_replicas_probes_that_it_accepts_and_no_root()
    {
        var template = await Published("templates/silo/deployment.yaml", "--operation", "publish", "--step", "publish", "--Topology:Publish", "Kubernetes", "--Topology:Membership", "PostgreSQL");
        var silo = Yaml.Parse(Regex.Replace(template, @"\{\{.*?\}\}", "x"));
        silo.Text("spec.replicas").ShouldBe("3");
        var container = silo.At("spec.template.spec.containers.0");
        container.Text("readinessProbe.httpGet.path").ShouldBe("/health");
        container.Text("readinessProbe.httpGet.scheme").ShouldBe("HTTP");
        container.Text("securityContext.runAsNonRoot").ShouldBe("true");
        container.Text("resources.limits.memory").ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_topology_that_is_none_is_refused_whole()
    {
        AppHostProgram.Need(aspire: true);
        var (exitCode, output) = await AppHostProgram.Run("--publisher", "manifest", "--Topology:Silos", "0", "--Topology:Membership", "Etcd");
        exitCode.ShouldBe(2);
        output.ShouldContain("Topology:Silos: '0' is not a number from 1 to 64.");
        output.ShouldContain("Topology:Membership: 'Etcd' is not one of Redis, PostgreSQL.");
    }

    private static IEnumerable<int> Ports(JsonElement resource) =>
        resource.GetProperty("bindings").EnumerateObject().Select(binding => binding.Value.GetProperty("targetPort").GetInt32());

    private static async Task<string> Published(string file, params string[] arguments)
    {
        AppHostProgram.Need(aspire: true);
        var folder = Directory.CreateTempSubdirectory("apphost-").FullName;
        try
        {
            var path = Path.Combine(folder, file);
            var (exitCode, output) = await AppHostProgram.Run([.. arguments, "--Topology:Silos", "3", "--output-path", file.EndsWith(".json", StringComparison.Ordinal) ? path : folder]);
            Assert.SkipWhen(exitCode == 2 && output.Contains("Kubernetes preview", StringComparison.Ordinal), "Aspire.Hosting.Kubernetes did not restore.");
            exitCode.ShouldBe(0, output);
            return await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
