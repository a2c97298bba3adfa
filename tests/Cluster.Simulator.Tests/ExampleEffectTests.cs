using Cluster.Simulator.Reporting;

namespace Cluster.Simulator.Tests;

/// <summary>Each example says what to look at; here it is looked at. Directions only: sizes belong to the fits.</summary>
public class ExampleEffectTests
{
    private static Dictionary<string, VariantReport> Run(string example) => Examples.Run(example);

    [Fact]
    public void Static_batches_keep_requests_waiting_for_the_longest_answer()
    {
        var r = Run("scheduling-policies");
        r["static"].TtftMs.P50.ShouldBeGreaterThan(10 * r["1A"].TtftMs.P50);
        r["static"].OutputTokensPerS.ShouldBeLessThan(r["1A"].OutputTokensPerS);
    }

    [Fact]
    public void Short_of_blocks_vllm_preempts_sglang_retracts_and_trtllm_waits()
    {
        var r = Run("scheduling-policies");
        r["1A"].Preemptions.ShouldBe(0);
        r["tight"].Preemptions.ShouldBeGreaterThan(10);
        r["tight-sglang"].Preemptions.ShouldBeInRange(1, r["tight"].Preemptions - 1);
        r["tight-trtllm"].Preemptions.ShouldBe(0);
        r["tight-trtllm"].TtftMs.P50.ShouldBeGreaterThan(r["tight"].TtftMs.P50);
    }

    [Fact]
    public void Whole_prompts_stall_the_decodes_beside_them_and_chunks_do_not()
    {
        var r = Run("chunked-prefill");
        r["whole"].ItlMs.P99.ShouldBeGreaterThan(1.5 * r["1A"].ItlMs.P99);
        r["threshold"].ItlMs.P99.ShouldBeLessThan(r["1A"].ItlMs.P99);
    }

    [Fact]
    public void Reserving_ahead_admits_fewer_requests_than_paging()
    {
        var r = Run("paging");
        r["contiguous"].TtftMs.P50.ShouldBeGreaterThan(5 * r["1A"].TtftMs.P50);
        // Kwon et al. 2023 (arXiv:2309.06180) saw 60–80 % wasted before paging and under 4 % with it.
        r["contiguous"].KvWaste.ShouldBe(0.75, 0.15);
        r["1A"].KvWaste.ShouldBeLessThan(0.04);
    }

    [Fact]
    public void More_blocks_end_preemption()
    {
        var r = Run("preemption");
        r["roomy"].TtftMs.P99.ShouldBeLessThan(r["1A"].TtftMs.P99 / 2);
        r["1A"].Walls["decode"].ShouldBe("capacity");
        r["1A"].Preemptions.ShouldBeGreaterThan(0);
        r["roomy"].Preemptions.ShouldBe(0);
    }

    [Fact]
    public void Caching_prefixes_pays_by_the_share_that_repeats()
    {
        var r = Run("prefix-caching");
        r["1A"].PrefixHitRate.ShouldBe(0.8, 0.05);
        r["little-shared"].PrefixHitRate.ShouldBe(0.05, 0.02);
        r["1A"].TtftMs.P50.ShouldBeLessThan(r["cache-off"].TtftMs.P50 / 2);
        r["little-shared"].TtftMs.P50.ShouldBeGreaterThan(r["cache-off"].TtftMs.P50 / 2);
    }

    [Fact]
    public void A_radix_tree_by_token_finds_at_least_what_whole_blocks_find()
    {
        var r = Run("prefix-tree");
        r["radix"].PrefixHitRate.ShouldBeGreaterThanOrEqualTo(r["1A"].PrefixHitRate);
    }

    [Fact]
    public void Sixteen_samples_share_one_prefill()
    {
        var r = Run("many-samples");
        r["1A"].PrefixHitRate.ShouldBeGreaterThan(0.7);
        r["cache-off"].TtftMs.P50.ShouldBeGreaterThan(3 * r["1A"].TtftMs.P50);
        r["copy-on-write"].PrefixHitRate.ShouldBeGreaterThan(r["large-blocks"].PrefixHitRate);
    }

    [Fact]
    public void Conversations_kept_where_their_history_lies_hit_it()
    {
        var r = Run("conversations");
        r["4A"].PrefixHitRate.ShouldBeGreaterThan(r["random"].PrefixHitRate + 0.2);
        r["kv-aware"].PrefixHitRate.ShouldBeGreaterThan(r["random"].PrefixHitRate);
    }

    [Fact]
    public void Routers_that_know_prefixes_hit_more_than_those_that_only_balance()
    {
        var r = Run("routers");
        var blind = new[] { "least-requests", "power-of-two", "round-robin", "random" }.Max(n => r[n].PrefixHitRate);
        foreach (var name in new[] { "8A", "cache-aware", "scorers" }) r[name].PrefixHitRate.ShouldBeGreaterThan(blind, name);
        // Two choices are better than one, and all better than two.
        double[] waits = [.. new[] { "least-requests", "power-of-two", "random" }.Select(n => r[n].TtftMs.Mean)];
        waits.ShouldBe(waits.Order());
    }

    [Fact]
    public void An_old_view_of_the_cluster_hurts_the_tail()
    {
        var r = Run("router-staleness");
        r["aged-100ms"].TtftMs.P99.ShouldBeGreaterThan(1.25 * r["8A"].TtftMs.P99);
        r["aged-1s"].TtftMs.P99.ShouldBeGreaterThan(2 * r["8A"].TtftMs.P99);
        r["many-replicas"].TtftMs.P99.ShouldBeGreaterThan(1.2 * r["8A"].TtftMs.P99);
    }

    [Fact]
    public void Disaggregation_steadies_the_tokens_and_moves_fewer_bytes_when_prompts_are_kept()
    {
        var r = Run("disaggregation");
        r["2P2D"].ItlMs.P99.ShouldBeLessThan(r["aggregated"].ItlMs.P99);
        r["all-blocks"].TtftHopsMs["kv_transfer"].ShouldBeGreaterThan(r["2P2D"].TtftHopsMs["kv_transfer"]);
        r["all-blocks"].KvMovedGb.ShouldBeGreaterThan(1.2 * r["2P2D"].KvMovedGb);
        r["conditional"].KvMovedGb.ShouldBeLessThan(0.9 * r["2P2D"].KvMovedGb);
        r["conditional"].TtftHopsMs["kv_transfer"].ShouldBeLessThan(r["2P2D"].TtftHopsMs["kv_transfer"]);
    }

    [Fact]
    public void A_crash_is_survived_and_costs_more_than_a_drain()
    {
        var r = Run("faults");
        foreach (var (name, report) in r) (report.Completed + report.Failed).ShouldBe(600, name);
        r["crash"].Rerouted.ShouldBeGreaterThan(0);
        r["crash"].Failed.ShouldBe(0);
        r["drained"].Rerouted.ShouldBe(0);
        r["crash"].E2eMs.P99.ShouldBeGreaterThan(r["2P3D"].E2eMs.P99);
        r["straggler"].TpotMs.P99.ShouldBeGreaterThan(1.3 * r["2P3D"].TpotMs.P99);
        r["thin-link"].TtftMs.P99.ShouldBeGreaterThan(1.3 * r["2P3D"].TtftMs.P99);
        r["all-decode-lost"].Failed.ShouldBeGreaterThan(100);
        // The cluster waits for no client: only who reads slowly ends later.
        r["slow-clients"].TtftMs.ShouldBe(r["2P3D"].TtftMs);
        r["slow-clients"].E2eMs.P99.ShouldBeGreaterThan(2 * r["2P3D"].E2eMs.P99);
    }

    [Fact]
    public void Drafting_pays_for_a_lone_user_little_in_a_crowd_and_costs_when_drafts_are_poor()
    {
        var r = Run("speculative");
        double Gain(string with, string without) => r[with].OutputTokensPerS / r[without].OutputTokensPerS;
        r["eagle"].TokensPerPass!.Value.ShouldBe(3.36, 0.15);
        r["1A"].TokensPerPass.ShouldBeNull();
        Gain("eagle", "1A").ShouldBeGreaterThan(2);
        Gain("eagle", "1A").ShouldBeLessThan(3.36);
        Gain("crowd-eagle", "crowd").ShouldBeLessThan(Gain("eagle", "1A") / 2);
        Gain("crowd-misled", "crowd").ShouldBeLessThan(1);
    }

    [Fact]
    public void A_few_conversations_too_many_and_nothing_is_found_and_a_host_tier_moves_that_cliff()
    {
        var r = Run("kv-cliff");
        r["1A"].PrefixHitRate.ShouldBeGreaterThan(0.75);
        r["above"].PrefixHitRate.ShouldBeLessThan(r["1A"].PrefixHitRate / 2);
        r["above-host"].PrefixHitRate.ShouldBeGreaterThan(0.8);
        r["far-above-host"].PrefixHitRate.ShouldBeGreaterThan(r["above"].PrefixHitRate + 0.2);
        r["above-host"].TierHitRate.ShouldBeGreaterThan(0.3);
        r["above-host"].TtftMs.P90.ShouldBeLessThan(r["above"].TtftMs.P90 / 2);
    }

    [Fact]
    public void What_is_asked_for_often_stays_where_use_counts_and_goes_in_its_turn_where_only_age_does()
    {
        var r = Run("eviction");
        r["lfu"].PrefixHitRate.ShouldBeGreaterThan(r["1A"].PrefixHitRate + 0.01);
        r["1A"].PrefixHitRate.ShouldBeGreaterThan(r["fifo"].PrefixHitRate + 0.02);
    }

    [Fact]
    public void Under_cache_pressure_precise_knowledge_beats_history_and_history_beats_blindness()
    {
        var r = Run("policy-order");
        var (precise, history, load, random) = (r["8A"], r["history"], r["load-only"], r["random"]);
        // From the end of the warm-up to the last token, as the published stages are counted.
        double Stage(string name) => 1500 * 937 / (r[name].DurationS - 50);
        Stage("8A").ShouldBeGreaterThan(1.08 * Stage("history"));
        Stage("8A").ShouldBe(10_497, 0.25 * 10_497);
        Stage("history").ShouldBeGreaterThan(1.5 * Stage("load-only"));
        Stage("load-only").ShouldBe(4_745, 0.3 * 4_745);
        Stage("random").ShouldBe(Stage("load-only"), 0.2 * Stage("load-only"));
        precise.TtftMs.P90.ShouldBeLessThan(1000);
        history.TtftMs.P90.ShouldBeGreaterThan(20 * precise.TtftMs.P90);
        history.TtftMs.P90.ShouldBeLessThan(load.TtftMs.P90 / 2);
        random.TtftMs.P90.ShouldBe(load.TtftMs.P90, 0.1 * load.TtftMs.P90);
        // The weights make much of that: weighed alike, history comes near while caches hold it all.
        Stage("same-weights").ShouldBeGreaterThan(0.9 * Stage("8A"));
        r["same-weights"].PrefixHitRate.ShouldBeGreaterThan(history.PrefixHitRate + 0.02);
        // Events say nothing of prompts that still wait: it takes no queues, or speculation, to do without. Tails tell where caches are tight; at the
        // published size they hang on whether one instance fills.
        r["speculative"].PrefixHitRate.ShouldBeGreaterThan(precise.PrefixHitRate);
        r["tight-speculative"].TtftMs.P90.ShouldBeLessThan(0.9 * r["tight"].TtftMs.P90);
        r["tight"].PrefixHitRate.ShouldBeLessThan(r["tight-speculative"].PrefixHitRate - 0.1);
    }

    [Fact]
    public void A_pool_that_grows_with_its_load_serves_nearly_as_well_for_half_the_GPUs_unless_it_starts_slowly()
    {
        var r = Run("autoscaling");
        r["1A"].MeanGpus.ShouldBeLessThan(0.6 * r["fixed-8"].MeanGpus);
        r["1A"].GoodputRps.ShouldBeGreaterThan(0.85 * r["fixed-8"].GoodputRps);
        r["1A"].CostPerMillionTokens!.Value.ShouldBeLessThan(0.6 * r["fixed-8"].CostPerMillionTokens!.Value);
        r["slow-start"].GoodputRps.ShouldBeLessThan(r["1A"].GoodputRps / 2);
        r["budget-4"].MeanGpus.ShouldBeLessThanOrEqualTo(4);
        r["budget-4"].GoodputRps.ShouldBeLessThan(r["1A"].GoodputRps);
    }

    [Fact]
    public void Burstier_arrivals_of_the_same_rate_wait_longer()
    {
        var r = Run("bursts");
        r["even"].TtftMs.P99.ShouldBeLessThan(r["1A"].TtftMs.P99);
        r["gamma"].TtftMs.P99.ShouldBeGreaterThan(r["1A"].TtftMs.P99);
    }

    [Fact]
    public void Bounded_attention_decodes_long_contexts_faster()
    {
        var variants = Run("attention-variants");
        variants["window"].TpotMs.P50.ShouldBeLessThan(variants["1A"].TpotMs.P50);
        var evicted = Run("kv-eviction");
        evicted["sinks"].TpotMs.P50.ShouldBeLessThan(evicted["1A"].TpotMs.P50);
        // What is dropped makes room: more run at once in the same blocks.
        var budget = Run("kv-budget");
        budget["heavy-hitters"].OutputTokensPerS.ShouldBeGreaterThan(1.5 * budget["1A"].OutputTokensPerS);
        budget["heavy-hitters"].TtftMs.P50.ShouldBeLessThan(budget["1A"].TtftMs.P50 / 2);
    }

    [Fact]
    public void Windows_that_free_what_they_pass_admit_more_long_contexts()
    {
        var r = Run("hybrid-kv");
        r["1A"].TtftMs.P50.ShouldBeLessThan(0.8 * r["no-groups"].TtftMs.P50);
        r["1A"].OutputTokensPerS.ShouldBeGreaterThan(1.05 * r["no-groups"].OutputTokensPerS);
        // Prompts share 2,000 tokens of 12,000; a state after them was kept only where a chunk happened to end.
        r["state"].PrefixHitRate.ShouldBeLessThan(r["no-groups"].PrefixHitRate);
    }

    [Fact]
    public void Narrower_weights_and_a_narrower_cache_each_raise_throughput()
    {
        var r = Run("kv-formats");
        r["weights-fp8"].OutputTokensPerS.ShouldBeGreaterThan(r["1A"].OutputTokensPerS);
        r["all-fp8"].OutputTokensPerS.ShouldBeGreaterThan(r["weights-fp8"].OutputTokensPerS);
    }
}
