using System.Text;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Gateway.Live;
using Cluster.Grains.Journal;
using Cluster.Testing;

namespace Cluster.Gateway.Tests.Live;

/// <summary>Instances get other ranks while they serve: real grains, real sockets.</summary>
public sealed class LiveResizeTests
{
    private static readonly LiveOptions s_options = new() { Compute = ComputeMode.Modeled, TimeScale = 10 };

    [Fact]
    public async Task A_resized_instance_finishes_its_requests_and_comes_back_with_the_memory_of_its_new_ranks()
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Disaggregated(2, 2, router: new RouterSpec("least-requests")), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        await http.AdminAsync(HttpMethod.Put, "dials/time.scale", new { value = 0.5 });
        var running = Enumerable.Range(0, 4).Select(_ => http.CompleteAsync(300)).ToList();
        await UntilAsync(cluster, s => s.Instances.Where(i => i.Role == "decode").All(i => i.Running > 0));
        var before = (await cluster.GetSnapshotAsync()).Instances.Single(i => i.Name == "decode-0");

        var resized = await http.AdminAsync(HttpMethod.Post, "resize", new { instance = "decode-0", tp = 4 });
        resized.GetProperty("state").GetString().ShouldBe("draining");
        resized.GetProperty("parallelism").GetProperty("tp").GetInt32().ShouldBe(1);
        resized.GetProperty("becomes").GetProperty("tp").GetInt32().ShouldBe(4);
        await http.AdminAsync(HttpMethod.Put, "dials/time.scale", new { value = 50 });

        (await Task.WhenAll(running)).ShouldAllBe(tokens => tokens == 300);
        await UntilAsync(cluster, s => s.Members.Single(m => m.Name == "decode-0").State == "ready");
        var after = (await cluster.GetSnapshotAsync()).Instances.Single(i => i.Name == "decode-0");
        (after.Gpus, after.TotalBlocks, after.GenerationTokens).ShouldBe((4, 4 * before.TotalBlocks, 0));
        var paid = await cluster.GetSnapshotAsync();
        paid.GpuUses.Select(u => (u.Instance, u.Gpus)).ShouldBe([("prefill-0", 1), ("prefill-1", 1), ("decode-0", 4), ("decode-1", 1)], ignoreOrder: true);
        paid.GpuNs("decode-0").ShouldBeGreaterThan(paid.GpuNs("decode-1"));
        paid.GpuNs("decode-0").ShouldBeLessThan(4 * paid.GpuNs("decode-1"));
        for (var i = 0; i < 4; i++) (await http.CompleteAsync(3)).ShouldBe(3);
        (await cluster.GetSnapshotAsync()).Instances.Single(i => i.Name == "decode-0").GenerationTokens.ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData("decode")]
    [InlineData("prefill")]
    public async Task Resized_at_once_its_requests_go_on_elsewhere_with_every_token_once(string role)
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Disaggregated(2, 2, router: new RouterSpec("least-requests")), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        var running = Enumerable.Range(0, 6).Select(_ => http.CompleteAsync(300)).ToList();
        await UntilAsync(cluster, s => s.Instances.Where(i => i.Role == "decode").All(i => i.Running > 0));

        var resized = await http.AdminAsync(HttpMethod.Post, "resize", new { instance = role + "-0", tp = 2, now = true });
        resized.GetProperty("state").GetString().ShouldBe("ready");
        resized.GetProperty("parallelism").GetProperty("tp").GetInt32().ShouldBe(2);

        (await Task.WhenAll(running)).ShouldAllBe(tokens => tokens == 300);
        await UntilAsync(cluster, s => s.Instances.All(i => i.HeldBlocks == 0 && i.Requests == 0));
        // The router hears of an end after the instance has let go of it.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while ((await cluster.CountRoutedAsync()).Any(routed => routed.Active != 0)) limit.Token.ThrowIfCancellationRequested();
    }

    [Fact]
    public async Task A_resized_instance_loads_its_model_while_the_others_serve()
    {
        var spec = Clusters.Aggregated(2, i => Clusters.Instance($"aggregated-{i}", modelLoadNs: 200 * Time.Second), new RouterSpec("least-requests"));
        await using var cluster = await LiveCluster.StartAsync(spec, s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        var resized = await http.AdminAsync(HttpMethod.Post, "resize", new { instance = "aggregated-0", tp = 2, now = true });
        resized.GetProperty("state").GetString().ShouldBe("starting");
        for (var i = 0; i < 4; i++) (await http.CompleteAsync(3)).ShouldBe(3);
        var meanwhile = await cluster.GetSnapshotAsync();
        meanwhile.Members[0].State.ShouldBe("starting");
        (meanwhile.Instances[0].Gpus, meanwhile.Instances[0].GenerationTokens, meanwhile.Instances[1].GenerationTokens).ShouldBe((2, 0, 12));

        await http.AdminAsync(HttpMethod.Put, "dials/time.scale", new { value = 100 });
        await UntilAsync(cluster, s => s.Members[0].State == "ready" && s.AtNs >= 200 * Time.Second);
        await http.AdminAsync(HttpMethod.Post, "drain", new { instance = "aggregated-1" });
        (await http.CompleteAsync(3)).ShouldBe(3);
    }

    [Fact]
    public async Task Prefill_and_decode_instances_of_different_ranks_still_hand_KV_over()
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Disaggregated(2, 1), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        foreach (var name in new[] { "prefill-0", "prefill-1" }) await http.AdminAsync(HttpMethod.Post, "resize", new { instance = name, tp = 4, now = true });
        for (var i = 0; i < 2; i++) (await http.CompleteAsync(5)).ShouldBe(5);
        (await cluster.GetSnapshotAsync()).Instances.Where(i => i.Role == "prefill").ShouldAllBe(i => i.PromptTokens > 0 && i.Gpus == 4);
    }

    [Fact]
    public async Task An_instance_resized_at_once_while_it_is_drained_serves_when_it_is_opened()
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Aggregated(2, router: new RouterSpec("least-requests")), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        await http.AdminAsync(HttpMethod.Post, "drain", new { instance = "aggregated-0" });
        await UntilAsync(cluster, s => s.Members.Single(m => m.Name == "aggregated-0").State == "drained");
        await http.AdminAsync(HttpMethod.Post, "resize", new { instance = "aggregated-0", tp = 2, now = true });
        await http.AdminAsync(HttpMethod.Post, "open", new { instance = "aggregated-0" });
        await http.AdminAsync(HttpMethod.Post, "drain", new { instance = "aggregated-1" });
        (await http.CompleteAsync(5)).ShouldBe(5);
        (await cluster.GetSnapshotAsync()).Instances.Single(i => i.Name == "aggregated-0").GenerationTokens.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_slow_rank_that_a_smaller_instance_no_longer_has_slows_nobody()
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Aggregated(2), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        await http.AdminAsync(HttpMethod.Post, "resize", new { instance = "aggregated-0", tp = 4, now = true });
        await http.AdminAsync(HttpMethod.Post, "faults", new { kind = "slow", target = "aggregated-0", factor = 20, rank = 3 });
        (await cluster.GetSnapshotAsync()).Instances[0].Slowdown.ShouldBe(20);
        await http.AdminAsync(HttpMethod.Post, "resize", new { instance = "aggregated-0", tp = 2, now = true });
        await UntilAsync(cluster, s => s.Instances[0] is { Gpus: 2, Slowdown: 1 });
    }

    [Theory]
    [InlineData("""{"instance":"decode-9","tp":2}""", 404, "decode-0")]
    [InlineData("""{"instance":"decode-0","tp":2}""", 409, "last open decode")]
    [InlineData("""{"instance":"prefill-0"}""", 400, "at least one of tp, pp, dp, ep")]
    [InlineData("""{"instance":"prefill-0","tp":1}""", 409, "runs on tp 1 already")]
    [InlineData("""{"instance":"prefill-0","tp":0}""", 409, "at least 1")]
    [InlineData("""{"instance":"prefill-0","tp":3}""", 409, "does not divide the 4 query heads")]
    [InlineData("""{"instance":"prefill-0","pp":5}""", 409, "more than the 4 layers")]
    [InlineData("""{"instance":"prefill-0","ep":2}""", 409, "has no experts")]
    [InlineData("""{"instance":"prefill-0","gpus":2}""", 400, "gpus")]
    public async Task A_resize_that_makes_no_sense_is_refused_in_words_and_nothing_changes(string body, int status, string said)
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Disaggregated(2, 1), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        var before = await http.AdminAsync(HttpMethod.Get, "topology", null);
        using var response = await http.PostAsync(new Uri("admin/resize", UriKind.Relative), new StringContent(body, Encoding.UTF8, "application/json"));
        ((int)response.StatusCode).ShouldBe(status);
        (await response.Content.ReadAsStringAsync()).ShouldContain(said);
        var after = await http.AdminAsync(HttpMethod.Get, "topology", null);
        after.GetProperty("instances").GetRawText().ShouldBe(before.GetProperty("instances").GetRawText());
    }

    [Fact]
    public async Task What_was_recorded_over_a_resize_is_decided_the_same_again()
    {
        var path = Path.Combine(Path.GetTempPath(), $"xpyd-resize-{Guid.NewGuid():N}.jsonl");
        var spec = Clusters.Disaggregated(2, 2, router: new RouterSpec("predicted-latency"));
        try
        {
            await using (var cluster = await LiveCluster.StartAsync(spec, s_options with { RecordPath = path }))
            {
                using var http = new HttpClient { BaseAddress = cluster.Endpoint };
                var running = Enumerable.Range(0, 6).Select(_ => http.CompleteAsync(60)).ToList();
                await http.AdminAsync(HttpMethod.Post, "resize", new { instance = "decode-1", tp = 4, now = true });
                await Task.WhenAll([.. running, .. Enumerable.Range(0, 6).Select(_ => http.CompleteAsync(10))]);
            }

            var decisions = RouterReplay.Run(spec, RouterJournal.Read(path)).ToList();
            decisions.Count.ShouldBeGreaterThanOrEqualTo(12);
            decisions.ShouldAllBe(d => d.IsSame);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task UntilAsync(LiveCluster cluster, Func<Grains.Messages.TopologySnapshot, bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!holds(await cluster.GetSnapshotAsync())) limit.Token.ThrowIfCancellationRequested();
    }
}
