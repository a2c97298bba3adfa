using NJsonSchema;
using YamlDotNet.Serialization;

namespace Cluster.Repository.Tests.Deploy;

/// <summary>The Helm chart, rendered as Helm would and looked at as Kubernetes would.</summary>
public sealed class ChartTests
{
    private const string Chart = "deploy/helm/xpyd/";

    [Fact]
    public void The_pod_runs_without_root_privileges_or_a_writable_image()
    {
        var pod = Rendered("deployment.yaml").At("spec.template.spec");
        pod.Text("securityContext.runAsNonRoot").ShouldBe("true");
        pod.Text("securityContext.runAsUser").ShouldBe(Csproj("ContainerUser"));
        pod.Text("automountServiceAccountToken").ShouldBe("false");
        var container = pod.At("containers.0");
        container.Text("securityContext.allowPrivilegeEscalation").ShouldBe("false");
        container.Text("securityContext.readOnlyRootFilesystem").ShouldBe("true");
        container.Text("securityContext.capabilities.drop.0").ShouldBe("ALL");
    }

    [Fact]
    public void The_pod_has_probes_limits_and_a_grace_period_longer_than_the_drain()
    {
        var pod = Rendered("deployment.yaml").At("spec.template.spec");
        foreach (var probe in (string[])["startupProbe", "readinessProbe", "livenessProbe"])
            pod.Text($"containers.0.{probe}.httpGet.path").ShouldStartWith("/", Case.Sensitive, probe);
        foreach (var kind in (string[])["requests", "limits"])
            pod.Map($"containers.0.resources.{kind}").Keys.ShouldBe(["cpu", "memory"], ignoreOrder: true);
        int.Parse(pod.Text("terminationGracePeriodSeconds"), System.Globalization.CultureInfo.InvariantCulture).ShouldBeGreaterThan(35);
    }

    [Fact]
    public void The_service_and_the_monitor_select_the_pods_that_the_deployment_makes()
    {
        var labels = Rendered("deployment.yaml").Map("spec.template.metadata.labels");
        Rendered("service.yaml").Map("spec.selector").ShouldBe(labels, ignoreOrder: true);
        Rendered("podmonitor.yaml", "podMonitor: { enabled: true, interval: 5s }").Map("spec.selector.matchLabels").ShouldBe(labels, ignoreOrder: true);
        Rendered("networkpolicy.yaml").Map("spec.podSelector.matchLabels").ShouldBe(labels, ignoreOrder: true);
    }

    [Fact]
    public void An_autoscaler_takes_the_replica_count_over()
    {
        const string On = "autoscaling: { enabled: true, minReplicas: 2, maxReplicas: 5, waitingRequests: 3 }";
        Rendered("deployment.yaml").Text("spec.replicas").ShouldBe("1");
        Rendered("deployment.yaml", On).At("spec.replicas").ShouldBeNull();
        Rendered("autoscaler.yaml").ShouldBeNull();
        Rendered("autoscaler.yaml", On).Text("spec.maxReplicas").ShouldBe("5");
    }

    [Fact]
    public void A_secret_is_asked_for_only_where_one_is_named()
    {
        Rendered("deployment.yaml").At("spec.template.spec.containers.0.env").ShouldBeNull();
        Rendered("deployment.yaml", "secretName: keys").List("spec.template.spec.containers.0.env")
            .Select(e => e.Text("name")).ShouldBe(["XPYD_ADMIN_TOKEN", "XPYD_API_KEY"]);
    }

    [Fact]
    public void The_scenario_arrives_whole_and_a_changed_one_replaces_the_pods()
    {
        var values = Yaml.Parse(Repository.Read(Chart + "values.yaml"));
        Rendered("configmap.yaml").Map("data")["scenario.yaml"].ShouldBe(values.Text("scenario"));
        string Checksum(string? changes = null) => (string)Rendered("deployment.yaml", changes).Map("spec.template.metadata.annotations")["checksum/scenario"];
        Checksum("scenario: 'name: other'").ShouldNotBe(Checksum());
    }

    [Fact]
    public async Task The_values_fit_their_schema_and_unknown_ones_do_not()
    {
        var schema = await JsonSchema.FromJsonAsync(Repository.Read(Chart + "values.schema.json"), TestContext.Current.CancellationToken);
        string Json(string yaml) => new SerializerBuilder().JsonCompatible().Build()
            .Serialize(new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize(new StringReader(yaml))!);
        schema.Validate(Json(Repository.Read(Chart + "values.yaml"))).ShouldBeEmpty();
        schema.Validate(Json(Repository.Read(Chart + "values.yaml") + "\nreplica: 2\n")).ShouldNotBeEmpty();
    }

    [Fact]
    public void Chart_and_program_have_one_version()
    {
        var chart = Yaml.Parse(Repository.Read(Chart + "Chart.yaml"));
        chart.Text("appVersion").ShouldBe(Repository.Property("Directory.Build.props", "Version"));
        chart.Text("version").ShouldBe(chart.Text("appVersion"));
    }

    internal static string Csproj(string property) => Repository.Property("build/Container.props", property);

    internal static IDictionary<object, object> Values() => (IDictionary<object, object>)Yaml.Parse(Repository.Read(Chart + "values.yaml"))!;

    internal static object? Rendered(string template, IDictionary<object, object> values)
    {
        var version = Yaml.Parse(Repository.Read(Chart + "Chart.yaml")).Text("appVersion");
        return Yaml.Parse(new ChartRenderer(values, "mine", version).Render(Repository.Read($"{Chart}templates/{template}")));
    }

    private static object? Rendered(string template, string? changes = null)
    {
        var values = Values();
        foreach (var (key, value) in Yaml.Parse(changes ?? "{}") as IDictionary<object, object> ?? values) values[key] = value;
        return Rendered(template, values);
    }
}
