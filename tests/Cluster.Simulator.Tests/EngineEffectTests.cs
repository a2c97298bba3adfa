namespace Cluster.Simulator.Tests;

/// <summary>What each further example shows, by direction: see docs/engine.md.</summary>
public sealed class EngineEffectTests
{
    [Fact]
    public void Every_trace_format_is_served_and_those_that_share_content_hit()
    {
        var r = Examples.Run("traces");
        foreach (var (name, report) in r) (report.Completed, report.Failed).ShouldBe((report.Requests, 0), name);
        r["stretched"].RequestsPerS.ShouldBe(2, 0.1);
        (r["window"].Requests < r["2A"].Requests).ShouldBeTrue();
        foreach (var name in new[] { "mooncake", "sharegpt-conversations", "own" }) r[name].PrefixHitRate.ShouldBeGreaterThan(0.3, name);
        foreach (var name in new[] { "2A", "burstgpt", "sharegpt" }) r[name].PrefixHitRate.ShouldBe(0, 0.01, name);
        r["sharegpt-conversations"].Requests.ShouldBeGreaterThan(r["sharegpt"].Requests);
    }

    [Fact]
    public void Each_tier_serves_at_its_own_pace_and_a_shared_store_serves_whoever_asks()
    {
        var r = Examples.Run("kv-tiers");
        foreach (var name in new[] { "host", "disk", "host-and-disk", "remote" })
        {
            r[name].TierHitRate.ShouldBeGreaterThan(0.4, name);
            r[name].TtftMs.P90.ShouldBeLessThan(r["2A"].TtftMs.P90 / 2, name);
        }

        r["host"].TtftMs.P50.ShouldBeLessThan(r["disk"].TtftMs.P50);
        r["remote"].PrefixHitRate.ShouldBeGreaterThan(r["host-and-disk"].PrefixHitRate + 0.05);
        r["remote-thin"].TtftMs.P90.ShouldBeGreaterThan(1.5 * r["remote"].TtftMs.P90);
        r["remote-one-by-one"].TtftMs.P50.ShouldBeGreaterThan(2 * r["remote"].TtftMs.P50);
    }

    [Fact]
    public void The_conductor_gains_by_copies_and_keeps_its_objective_by_rejection()
    {
        var r = Examples.Run("conductor");
        r["4P2D"].TtftMs.Mean.ShouldBeLessThan(0.9 * r["no-copies"].TtftMs.Mean);
        r["rejects"].Failed.ShouldBeGreaterThan(0);
        r["rejects"].GoodputRps.ShouldBeGreaterThan(2 * r["4P2D"].GoodputRps);
        // What is let in is decided by a prediction: a tenth beyond the objective may be its error.
        r["rejects"].TtftMs.P99.ShouldBeLessThan(3300);
    }

    [Fact]
    public void Multi_token_prediction_gives_nearly_two_tokens_a_pass()
    {
        var r = Examples.Run("multi-token-prediction");
        r["mtp"].TokensPerPass!.Value.ShouldBe(1.85, 0.05);
        r["mtp"].TpotMs.P50.ShouldBeLessThan(0.9 * r["1A"].TpotMs.P50);
    }

    [Fact]
    public void Who_remembers_the_last_season_is_ready_for_the_next()
    {
        var r = Examples.Run("predictors");
        r["seasonal"].TtftMs.P50.ShouldBeLessThan(r["averaged"].TtftMs.P50 / 2);
        r["averaged"].TtftMs.P50.ShouldBeLessThan(r["1A"].TtftMs.P50);
    }

    [Fact]
    public void A_wire_that_is_cut_delays_what_crosses_it_and_expired_KV_is_computed_again()
    {
        var r = Examples.Run("faults");
        r["cut-link"].TtftMs.P99.ShouldBeGreaterThan(5 * r["2P3D"].TtftMs.P99);
        r["cut-link"].Failed.ShouldBe(0);
        r["expired-kv"].Failed.ShouldBe(0);
        // Who computes the prompt itself waits for no cable.
        r["expired-kv"].TtftHopsMs["kv_transfer"].ShouldBeLessThan(r["thin-link"].TtftHopsMs["kv_transfer"]);
        r["hang-ups"].Failed.ShouldBeInRange(5, 60);
    }

    [Fact]
    public void An_instance_built_anew_on_more_ranks_decodes_faster_and_loses_nobody()
    {
        var r = Examples.Run("faults");
        foreach (var name in new[] { "resized", "resized-at-once" })
        {
            r[name].Failed.ShouldBe(0, name);
            r[name].TpotMs.Mean.ShouldBeLessThan(0.97 * r["2P3D"].TpotMs.Mean, name);
            // A sixth GPU for about two thirds of the run.
            r[name].MeanGpus.ShouldBe(5.65, 0.1, name);
        }

        r["resized"].Rerouted.ShouldBe(0);
        r["resized-at-once"].Rerouted.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Kv_crosses_the_wire_in_the_time_that_the_wire_takes()
    {
        var r = Examples.Run("links");
        double[] transfers = [.. new[] { "nvlink", "2P2D", "one-port", "tcp-25g" }.Select(n => r[n].TtftHopsMs["kv_transfer"])];
        transfers.ShouldBe(transfers.Order());
        (transfers[2] / transfers[1]).ShouldBe(4, 1);
        // Prompts come faster than 25 gigabits can carry them.
        transfers[3].ShouldBeGreaterThan(100 * transfers[2]);
        r["narrow-spine"].TtftHopsMs["kv_transfer"].ShouldBeGreaterThan(5 * r["2P2D"].TtftHopsMs["kv_transfer"]);
    }

    [Fact]
    public void Hand_overs_hide_behind_prefill_are_laid_out_anew_or_expire()
    {
        var r = Examples.Run("handover");
        r["overlap"].TtftHopsMs["kv_transfer"].ShouldBeLessThan(r["2P2D"].TtftHopsMs["kv_transfer"] / 10);
        r["everything-moves"].TtftHopsMs["kv_transfer"].ShouldBeGreaterThan(1.3 * r["2P2D"].TtftHopsMs["kv_transfer"]);
        r["everything-moves"].KvMovedGb.ShouldBeGreaterThan(1.8 * r["2P2D"].KvMovedGb);
        // One instance instead of two finds more of what it needs; but each byte is laid out anew.
        double MsPerGb(string name) => r[name].TtftHopsMs["kv_transfer"] / r[name].KvMovedGb;
        MsPerGb("decode-at-tp8").ShouldBeGreaterThan(1.01 * MsPerGb("2P2D"));
        r["expires-at-once"].TpotMs.P99.ShouldBeGreaterThan(1.5 * r["2P2D"].TpotMs.P99);
        r["expires-at-once"].KvMovedGb.ShouldBeLessThan(r["2P2D"].KvMovedGb / 2);
    }

    [Fact]
    public void Roles_models_and_priorities_each_get_what_they_ask_for()
    {
        var old = Examples.Run("heterogeneous");
        old["old-decode"].TpotMs.P50.ShouldBeGreaterThan(1.1 * old["2P2D"].TpotMs.P50);
        foreach (var name in new[] { "mixed-topology", "two-models", "ramp" })
            foreach (var report in Examples.Run(name).Values) report.Failed.ShouldBe(0, name);
        var people = Examples.Run("priorities");
        people["1A"].TtftMs.P50.ShouldBeLessThan(people["by-arrival"].TtftMs.P50 / 2);
        people["1A"].TtftMs.P99.ShouldBeGreaterThan(2 * people["by-arrival"].TtftMs.P99);
    }

    [Fact]
    public void Workloads_share_what_they_say_they_share()
    {
        Examples.Run("rag")["2A"].PrefixHitRate.ShouldBeGreaterThan(0.2);
        var agents = Examples.Run("agents");
        agents["2P2D"].PrefixHitRate.ShouldBeGreaterThan(0.7);
        agents["2P2D"].Completed.ShouldBe(400);
        var loop = Examples.Run("closed-loop");
        double[] throughput = [.. new[] { "c4", "1A", "c64" }.Select(n => loop[n].OutputTokensPerS)];
        throughput.ShouldBe(throughput.Order());
        Examples.Run("quickstart").Values.ShouldAllBe(v => v.Failed == 0);
    }

    [Fact]
    public void What_a_router_knows_and_how_fresh_it_is_shows_in_hits()
    {
        var r = Examples.Run("router-knowledge");
        r["8A"].PrefixHitRate.ShouldBeGreaterThan(r["stale-2s"].PrefixHitRate + 0.02);
        r["history"].PrefixHitRate.ShouldBeGreaterThan(2 * r["least-requests"].PrefixHitRate);
        r["conductor"].Failed.ShouldBeGreaterThan(0);
        r["restarted"].PrefixHitRate.ShouldBeLessThan(r["8A"].PrefixHitRate - 0.03);
    }
}
