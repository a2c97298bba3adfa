using Cluster.Engine.Topology;
using Cluster.Gateway.Live;
using Cluster.Testing;

namespace Cluster.Gateway.Tests.Live;

/// <summary>Decisions of a live router held against what its instances really were.</summary>
public sealed class LiveRegretTests
{
    private static readonly LiveOptions s_options = new() { Compute = ComputeMode.Modeled };

    [Fact]
    public async Task A_router_that_does_not_look_sends_requests_to_a_slow_instance_and_regrets_it()
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Aggregated(2, router: new RouterSpec("round-robin")), s_options with { TimeScale = 20 });
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        await http.AdminAsync(HttpMethod.Post, "faults", new { kind = "slow", target = "aggregated-1", factor = 20 });
        for (var i = 0; i < 4; i++) await http.CompleteAsync(2);

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var decisions = (await http.AdminAsync(HttpMethod.Get, "router/decisions", null)).GetProperty("decisions").EnumerateArray().ToList();
            var judged = decisions.Where(d => d.GetProperty("regret_seconds").ValueKind == System.Text.Json.JsonValueKind.Number).ToList();
            if (judged.Any(d => d.GetProperty("prefill").GetString() == "aggregated-1") && judged.Any(d => d.GetProperty("prefill").GetString() == "aggregated-0"))
            {
                foreach (var decision in judged)
                {
                    var isSlow = decision.GetProperty("prefill").GetString() == "aggregated-1";
                    decision.GetProperty("better").GetString().ShouldBe(isSlow ? "aggregated-0" : null);
                    // A prompt of 100 tokens takes at least a step of 5 ms, and twenty times that on the slow instance.
                    if (isSlow) decision.GetProperty("regret_seconds").GetDouble().ShouldBeGreaterThan(0.09);
                    else decision.GetProperty("regret_seconds").GetDouble().ShouldBe(0);
                }

                break;
            }

            await http.CompleteAsync(2);
            limit.Token.ThrowIfCancellationRequested();
        }

        (await http.GetStringAsync("metrics")).ShouldContain("xpyd_router_true_regret_seconds_count{cluster=\"2 aggregated\"}");
    }
}
