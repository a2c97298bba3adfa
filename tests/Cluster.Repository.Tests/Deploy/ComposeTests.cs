using System.Text.RegularExpressions;

namespace Cluster.Repository.Tests.Deploy;

/// <summary>The Compose file: what starts, in which order, with which rights.</summary>
public sealed partial class ComposeTests
{
    private static readonly object? s_compose = Yaml.Parse(Repository.Read("deploy/compose.yaml"));
    private static readonly object? s_silos = Yaml.Parse(Repository.Read("deploy/compose.silos.yaml"));

    public static TheoryData<string> Services => [.. s_compose.Map("services").Keys.Concat(s_silos.Map("services").Keys).Cast<string>()];

    [Theory]
    [MemberData(nameof(Services))]
    public void Every_service_is_pinned_limited_probed_and_unprivileged(string name)
    {
        var service = Service(name);
        service.Text("image").ShouldMatch(@":(v?\d+\.\d+\.\d+|\$\{XPYD_VERSION:-\d+\.\d+\.\d+\})$");
        service.Text("deploy.resources.limits.memory").ShouldNotBeEmpty();
        service.List("healthcheck.test").Count().ShouldBeGreaterThan(1);
        service.List("cap_drop").ShouldBe(["ALL"]);
        service.List("security_opt").ShouldBe(["no-new-privileges:true"]);
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void Ports_are_open_to_this_host_alone(string name) =>
        Service(name).List("ports").Cast<string>().ShouldAllBe(port => port.StartsWith("127.0.0.1:", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Services))]
    public void Mounts_exist_and_are_read_only(string name)
    {
        foreach (var mount in Service(name).List("volumes").Cast<string>().Select(m => m.Split(':')))
        {
            mount[^1].ShouldBe("ro", $"{name}: {mount[0]}");
            Path.Exists(Path.Combine(Repository.Root, "deploy", mount[0])).ShouldBeTrue($"{name}: {mount[0]} is not there.");
        }
    }

    [Fact]
    public void Services_start_when_what_they_need_is_healthy()
    {
        s_compose.Text("services.prometheus.depends_on.xpyd.condition").ShouldBe("service_healthy");
        s_compose.Text("services.grafana.depends_on.prometheus.condition").ShouldBe("service_healthy");
    }

    [Fact]
    public void Prometheus_scrapes_the_service_and_reads_the_rules_that_are_mounted()
    {
        var prometheus = Yaml.Parse(Repository.Read("deploy/prometheus/prometheus.yml"));
        prometheus.Text("scrape_configs.0.static_configs.0.targets.0").ShouldBe("xpyd:8000");
        var mounts = s_compose.List("services.prometheus.volumes").Cast<string>().Select(m => m.Split(':')[1]);
        mounts.ShouldContain("/etc/prometheus/" + prometheus.Text("rule_files.0"));
    }

    [Fact]
    public void Grafana_finds_dashboards_where_the_provisioning_looks()
    {
        var provider = Yaml.Parse(Repository.Read("dashboards/grafana/provisioning/dashboards/xpyd.yml"));
        var mounts = s_compose.List("services.grafana.volumes").Cast<string>().Select(m => m.Split(':')[1]);
        mounts.ShouldContain(provider.Text("providers.0.options.path"));
        provider.Text("providers.0.allowUiUpdates").ShouldBe("false");
    }

    [Fact]
    public void The_image_is_pinned_and_runs_as_a_numbered_user_on_the_published_port()
    {
        var project = Repository.Read("build/Container.props");
        ChartTests.Csproj("ContainerBaseImage").ShouldMatch(@":10\.\d+\.\d+-\w+");
        int.Parse(ChartTests.Csproj("ContainerUser"), System.Globalization.CultureInfo.InvariantCulture).ShouldBeGreaterThan(0);
        s_compose.Text("services.xpyd.user").ShouldBe(ChartTests.Csproj("ContainerUser"));
        s_compose.Text("services.xpyd.image").ShouldBe($"{Repository.Property("src/Cluster.Cli/Cluster.Cli.csproj", "ContainerRepository")}:${{XPYD_VERSION:-{Repository.Property("Directory.Build.props", "Version")}}}");
        project.ShouldContain("<ContainerPort Include=\"8000\"");
    }

    [Theory]
    [InlineData("compose.yaml", "xpyd", "src/Cluster.Cli/Cluster.Cli.csproj", "xpyd.dll")]
    [InlineData("compose.silos.yaml", "silo", "src/Cluster.Silo/Cluster.Silo.csproj", "Cluster.Silo.dll")]
    [InlineData("compose.silos.yaml", "gateway", "src/Cluster.Gateway/Cluster.Gateway.csproj", "Cluster.Gateway.dll")]
    public void Probes_start_the_program_that_the_image_starts(string file, string name, string project, string program)
    {
        // The SDK makes the image's entry point of the folder and the program's name, with nothing between them.
        var service = Yaml.Parse(Repository.Read("deploy/" + file)).At("services." + name);
        service.Text("healthcheck.test.2").ShouldBe(ChartTests.Csproj("ContainerWorkingDirectory") + program);
        service.Text("image").ShouldStartWith(Repository.Property(project, "ContainerRepository") + ":");
    }

    [Theory]
    [InlineData("xpyd")]
    [InlineData("silo")]
    [InlineData("gateway")]
    public void Every_variable_is_one_that_the_program_reads(string name)
    {
        var sources = string.Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText));
        foreach (var key in Service(name).Map("environment").Keys.Cast<string>().Where(key => !key.StartsWith("Orleans__", StringComparison.Ordinal) && !key.StartsWith("ConnectionStrings__", StringComparison.Ordinal)))
        {
            // Our own sections are read key by key or bound to a record's properties; Orleans reads its own.
            var read = key.Split("__") is [_, .., var last] ? last : $"\"{key}\"";
            sources.ShouldContain(read, Case.Sensitive, key);
        }
    }

    [Fact]
    public void Commands_and_probes_name_the_port_that_is_published()
    {
        var port = s_compose.List("services.xpyd.ports").Cast<string>().Single().Split(':')[^1];
        s_compose.Text("services.xpyd.healthcheck.test.4").ShouldEndWith(":" + port);
        Repository.Read("build/Container.props").ShouldContain($"<ContainerPort Include=\"{port}\"");
        foreach (var name in (string[])["silo", "gateway"])
            s_silos.Text($"services.{name}.healthcheck.test.4").ShouldEndWith(":" + s_silos.Text($"services.{name}.environment.Xpyd__Http__Port"));
    }

    [Fact]
    public void Both_Compose_files_and_the_host_run_the_same_versions_of_the_monitoring()
    {
        string[] Images(string file) => [.. Image().Matches(Repository.Read(file)).Select(m => m.Value).Order()];
        Images("deploy/compose.yaml").ShouldBe(Images("dashboards/compose.yaml"));
    }

    [Fact]
    public void Silos_and_gateway_agree_on_scenario_and_membership()
    {
        var (silo, gateway) = (s_silos.Map("services.silo.environment"), s_silos.Map("services.gateway.environment"));
        foreach (var key in silo.Keys) gateway[key].ShouldBe(silo[key], $"{key}");
        gateway["Xpyd__Silos"].ShouldBe(s_silos.Text("services.silo.deploy.replicas"));
        silo["Orleans__Clustering__ConnectionName"].ShouldBe("membership");
        silo.Keys.ShouldContain("ConnectionStrings__membership");
    }

    private static object? Service(string name) => s_compose.At($"services.{name}") ?? s_silos.At($"services.{name}");

    [GeneratedRegex(@"docker\.io/\S+")]
    private static partial Regex Image();
}
