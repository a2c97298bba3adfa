using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Gateway.Backend;
using Cluster.Gateway.Live;
using Cluster.Testing;

namespace Cluster.Gateway.Tests.Live;

/// <summary>Things break while requests run: real grains, emulated time at ten times the wall's.</summary>
public sealed class LiveFaultTests
{
    private static readonly LiveOptions s_options = new() { Compute = ComputeMode.Modeled, TimeScale = 10 };

    [Theory]
    [InlineData("decode")]
    [InlineData("prefill")]
    public async Task A_request_whose_instance_dies_gets_every_token_once(string victim)
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Disaggregated(2, 2, router: new RouterSpec("least-requests")), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        var running = Enumerable.Range(0, 6).Select(_ => http.CompleteAsync(300)).ToList();
        await UntilAsync(cluster, s => s.Instances.Where(i => i.Role == "decode").All(i => i.Running > 0));

        await http.AdminAsync(HttpMethod.Post, "faults", new { kind = "crash", target = victim + "-0" });

        (await Task.WhenAll(running)).ShouldAllBe(tokens => tokens == 300);
        var after = await cluster.GetSnapshotAsync();
        after.Members.Single(m => m.Name == victim + "-0").State.ShouldBe("failed");
        after.Instances.ShouldAllBe(i => i.HeldBlocks == 0);
    }

    [Fact]
    public async Task A_request_that_nobody_can_take_over_ends_with_a_reason()
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Aggregated(1), s_options with { TimeScale = 1 });
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        var stream = await SubmitAsync(cluster, 1, 500);
        var first = await stream.ReadAsync();
        await http.AdminAsync(HttpMethod.Post, "faults", new { kind = "crash", target = "aggregated-0" });

        var tokens = first.Count;
        StreamEnd? end = first.End;
        while (end is null) (tokens, end) = await stream.ReadAsync() is var delta ? (tokens + delta.Count, delta.End) : default;
        end.ShouldBeOfType<StreamEnd.Failed>().Error.ShouldContain($"after {tokens} of 500 tokens");
    }

    [Fact]
    public async Task A_crash_passes_when_its_time_is_over()
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Aggregated(2), s_options with { TimeScale = 0.01 });
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        await http.AdminAsync(HttpMethod.Post, "faults", new { kind = "crash", target = "aggregated-1", duration_seconds = 5 });
        (await cluster.GetSnapshotAsync()).Members[1].State.ShouldBe("failed");
        await http.AdminAsync(HttpMethod.Put, "dials/time.scale", new { value = 20 });
        await UntilAsync(cluster, s => s.Members[1].State == "ready");
        (await http.AdminAsync(HttpMethod.Get, "faults", null)).GetProperty("faults").GetArrayLength().ShouldBe(0);
        for (var i = 0; i < 2; i++) await http.CompleteAsync(3);
        (await cluster.GetSnapshotAsync()).Instances.ShouldAllBe(i => i.GenerationTokens == 3);
    }

    [Fact]
    public async Task A_slow_rank_slows_every_step_of_its_instance_until_it_is_cleared()
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Aggregated(1), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        var fault = await http.AdminAsync(HttpMethod.Post, "faults", new { kind = "slow", target = "aggregated", factor = 20 });
        var fromNs = cluster.NowNs;
        await http.CompleteAsync(40);
        // 40 steps of at least 5 ms each, times 20.
        (cluster.NowNs - fromNs).ShouldBeGreaterThan(40 * 100 * Time.Millisecond);

        await http.AdminAsync(HttpMethod.Delete, "faults/" + fault.GetProperty("id").GetString(), null);
        (await cluster.GetSnapshotAsync()).Instances[0].Slowdown.ShouldBe(1);
    }

    [Fact]
    public async Task A_slow_client_gets_every_token_late_and_the_instance_is_done_long_before()
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Aggregated(1), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        var fault = await http.AdminAsync(HttpMethod.Post, "faults", new { kind = "slow_client", factor = 20 });
        var fromNs = cluster.NowNs;
        var reading = http.CompleteAsync(101);
        await UntilAsync(cluster, s => s.Instances[0].GenerationTokens == 101);
        (await cluster.GetSnapshotAsync()).Instances[0].HeldBlocks.ShouldBe(0);
        (await reading).ShouldBe(101);
        // A hundred tokens after the first, twenty a second.
        (cluster.NowNs - fromNs).ShouldBeGreaterThanOrEqualTo(5 * Time.Second);

        await http.AdminAsync(HttpMethod.Delete, "faults/" + fault.GetProperty("id").GetString(), null);
        (await http.AdminAsync(HttpMethod.Get, "faults", null)).GetProperty("faults").GetArrayLength().ShouldBe(0);
        (await http.CompleteAsync(5)).ShouldBe(5);
    }

    [Fact]
    public async Task A_fault_in_force_meets_an_instance_that_began_anew()
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Aggregated(2), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        await http.AdminAsync(HttpMethod.Post, "faults", new { kind = "slow", target = "aggregated-1", factor = 20 });
        await http.AdminAsync(HttpMethod.Post, "scale", new { pool = "aggregated", instances = 1 });
        await UntilAsync(cluster, s => s.Members.Length == 1);
        await http.AdminAsync(HttpMethod.Post, "scale", new { pool = "aggregated", instances = 2 });
        await UntilAsync(cluster, s => s.Instances.Length == 2 && s.Instances[1].Slowdown == 20);
    }

    [Fact]
    public async Task Over_a_cut_link_held_KV_expires_and_the_decode_instance_computes_the_prompt()
    {
        var transfer = new TransferSpec { ExpiryNs = Time.Second };
        await using var cluster = await LiveCluster.StartAsync(Clusters.Disaggregated(1, 1, transfer: transfer), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        await http.AdminAsync(HttpMethod.Post, "faults", new { kind = "link", target = "test-link", factor = 0 });
        (await http.CompleteAsync(5)).ShouldBe(5);

        var after = await cluster.GetSnapshotAsync();
        after.Instances.Single(i => i.Role == "prefill").KvExpired.ShouldBe(1);
        after.Instances.Single(i => i.Role == "decode").FellBack.ShouldBe(1);
        (await http.GetStringAsync("metrics")).ShouldContain("xpyd_faults_total{cluster=\"1P1D\",kind=\"link\"} 1");
    }

    [Fact]
    public async Task With_overlap_the_decode_instance_has_blocks_before_the_prompt_is_computed()
    {
        var spec = Clusters.Disaggregated(1, 1, transfer: new TransferSpec { LayerwiseOverlap = true });
        await using var cluster = await LiveCluster.StartAsync(spec, s_options with { TimeScale = 0.2 });
        var stream = await SubmitAsync(cluster, 1, 2, input: 1600);
        StreamEnd? end = null;
        while (end is null) end = (await stream.ReadAsync()).End;
        var hops = end.ShouldBeOfType<StreamEnd.Finished>().Usage.Hops.ShouldNotBeNull();
        hops.PrefillNs.ShouldBeGreaterThan(0);
        hops.KvAllocNs.ShouldBe(0);
    }

    [Fact]
    public async Task Links_report_what_they_carry()
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Disaggregated(1, 1), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        await http.CompleteAsync(3);
        var metrics = await http.GetStringAsync("metrics");
        // 100 tokens are seven blocks of 16 tokens of 131,072 bytes each.
        metrics.ShouldContain($"xpyd_link_bytes_total{{cluster=\"1P1D\",link=\"prefill-0.nic\"}} {7 * 16 * 131_072}");
        metrics.ShouldContain("vllm:nixl_bytes_transferred_count{engine=\"decode-0\",model_name=\"tiny\"} 1");
    }

    [Theory]
    [InlineData("""{"kind":"explode","target":"decode-0"}""", 400, "router_restart")]
    [InlineData("""{"kind":"crash"}""", 400, "needs a target")]
    [InlineData("""{"kind":"crash","target":"decode-9"}""", 404, "decode-0")]
    [InlineData("""{"kind":"slow","target":"decode-0","factor":0.5}""", 400, "the nearest is 1")]
    [InlineData("""{"kind":"crash","target":"decode-0","factor":2}""", 400, "no factor")]
    [InlineData("""{"kind":"crash","target":"decode-0","duration_seconds":-1}""", 400, "no duration")]
    [InlineData("""{"kind":"router_restart","duration_seconds":1}""", 400, "over at once")]
    public async Task Faults_that_make_no_sense_are_refused_in_words(string body, int status, string said)
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Disaggregated(1, 1), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        using var response = await http.PostAsync(new Uri("admin/faults", UriKind.Relative), new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
        ((int)response.StatusCode).ShouldBe(status);
        (await response.Content.ReadAsStringAsync()).ShouldContain(said);
        (await http.AdminAsync(HttpMethod.Get, "faults", null)).GetProperty("faults").GetArrayLength().ShouldBe(0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Whatever_breaks_nothing_is_lost_doubled_or_leaked(ulong seed)
    {
        var spec = Clusters.Disaggregated(2, 3, (name, role) => Clusters.Instance(name, role, blocks: 150), new RouterSpec("kv-aware"),
            new TransferSpec { ExpiryNs = 2 * Time.Second, LayerwiseOverlap = seed % 2 == 0 });
        await using var cluster = await LiveCluster.StartAsync(spec, s_options with { TimeScale = 20 });
        var result = await new FaultSoak(cluster, new SoakOptions(30, seed)).RunAsync();
        TestContext.Current.SendDiagnosticMessage($"{result}");
        result.Violations.ShouldBeEmpty();
        result.Completed.ShouldBeGreaterThan(0);
    }

    private static ValueTask<IInferenceStream> SubmitAsync(LiveCluster cluster, long id, int output, int input = 100)
    {
        var spec = new RequestSpec(id, 0, input, output, TokenContent.Unique((ulong)id, input + output));
        return cluster.Backend.SubmitAsync(new InferenceRequest(spec, $"r{id}", FinishReason.Length), default);
    }

    private static async Task UntilAsync(LiveCluster cluster, Func<Grains.Messages.TopologySnapshot, bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!holds(await cluster.GetSnapshotAsync())) limit.Token.ThrowIfCancellationRequested();
    }
}
