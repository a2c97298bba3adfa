using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Scenarios;
using Cluster.Scenarios.Catalogs;
using Cluster.Simulator.Recording;
using Cluster.Simulator.Validation;
using Cluster.Testing;

namespace Cluster.Simulator.Tests;

/// <summary>What passes before a request is routed, and before its KV moves.</summary>
public sealed class FrontEndTests
{
    [Theory]
    [InlineData("vllm")]
    [InlineData("sglang")]
    [InlineData("trtllm")]
    public void A_scenario_waits_where_and_as_long_as_validation_does(string engine)
    {
        foreach (var split in new[] { false, true })
        {
            var shape = new WorkerShape(1, 1, 1, 1, 1, 1);
            var point = new MeasuredPoint("p", engine, "", "meta-llama/Llama-3.1-8B", "h200_sxm", "fp8", "fp8", 1024, 1024, 8, split ? shape : null, shape, 100, 10);
            var (validated, problem) = PointMapping.Map(point, Catalog.Default);
            problem.ShouldBeNull();

            var scenario = Resolve($"engine: {{ profile: {engine} }}", split ? "1P1D" : "1A");
            scenario.FrontEnd.ShouldBe(validated!.FrontEnd);
            scenario.FrontEnd.RequestNs.ShouldBePositive();
            scenario.Transfer.HandOverSeconds.ShouldBe(validated.Transfer.HandOverSeconds);
            scenario.Transfer.HandOverSeconds.ShouldBePositive();
        }
    }

    [Fact]
    public void Under_PD_a_request_passes_two_servers_and_so_two_front_ends()
    {
        Resolve("engine: { front_end: 7ms }", "2A").FrontEnd.ShouldBe(new FrontEnd(7_000_000, 0));
        Resolve("engine: { front_end: 7ms }", "2P2D").FrontEnd.ShouldBe(new FrontEnd(14_000_000, 0));
    }

    [Fact]
    public void Of_different_engines_in_one_place_the_slowest_counts()
    {
        InstanceSpec[] mixed = [With(0.001, 2e-6, 0.03), With(0.003, 1e-6, 0.02)];
        FrontEnd.Of(mixed).ShouldBe(new FrontEnd(3_000_000, 2_000));
        FrontEnd.Of(mixed).DurationNs(100).ShouldBe(3_200_000);
        TransferSpec.HandOverOf(mixed).ShouldBe(0.03);

        static InstanceSpec With(double requestSeconds, double tokenSeconds, double handOverSeconds)
        {
            var instance = Clusters.Instance();
            var engine = instance.Deployment.Engine with { RequestHostSeconds = requestSeconds, RequestTokenHostSeconds = tokenSeconds, HandOverSeconds = handOverSeconds };
            return instance with { Deployment = instance.Deployment with { Engine = engine } };
        }
    }

    [Fact]
    public void The_first_token_waits_for_the_front_end_and_for_the_hand_over()
    {
        var plain = Clusters.Disaggregated(1, 1);
        var slow = plain with { FrontEnd = new FrontEnd(5_000_000, 10), Transfer = plain.Transfer with { HandOverSeconds = 0.02 } };

        var (before, after) = (FirstOf(plain), FirstOf(slow));
        after.Hops.TokenizeNs.ShouldBe(5_001_000);
        (after.Hops.KvTransferNs - before.Hops.KvTransferNs).ShouldBe(20_000_000);
        (after.TtftNs - before.TtftNs).ShouldBe(25_001_000);

        static RequestRecord FirstOf(ClusterSpec cluster) =>
            ClusterSimulation.Run(cluster, new Workload.OpenLoop([Clusters.Request(0, 100, 3)])).Requests[0];
    }

    private static ClusterSpec Resolve(string keys, string shape) => ScenarioFile.Parse(
        $$"""
        model: llama-3.1-8b
        {{keys}}
        topology: { shape: {{shape}}, gpu: h200, link: ib-ndr-400x8 }
        workload: { synthetic: { input: 480, output: 32 }, rate: 20/s, requests: 60 }
        """,
        Catalog.Default, "front-end.yaml", []).OrThrow().Variants[0].Cluster;
}
