using Cluster.ServiceDefaults.Catalogue;

namespace Cluster.ServiceDefaults.Tests;

/// <summary>Written out by hand from vLLM's own list: a change of the catalogue must not change what vLLM's users scrape.</summary>
public sealed class VllmNamesTests
{
    private static readonly double[] s_ttft = [.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560];
    private static readonly double[] s_token = [.01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80];
    private static readonly double[] s_request = [.3, .5, .8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680];
    private static readonly double[] s_nixl = [.005, .01, .025, .05, .075, .1, .2, .3, .5, .75, 1, 5];

    [Fact]
    public void The_family_is_exactly_vLLMs_list()
    {
        string[] expected =
        [
            "vllm:num_requests_running", "vllm:num_requests_waiting", "vllm:num_requests_waiting_by_reason", "vllm:kv_cache_usage_perc",
            "vllm:lora_requests_info", "vllm:cache_config_info",
            "vllm:prefix_cache_queries_total", "vllm:prefix_cache_hits_total", "vllm:external_prefix_cache_queries_total", "vllm:external_prefix_cache_hits_total",
            "vllm:num_preemptions_total", "vllm:prompt_tokens_total", "vllm:prompt_tokens_by_source_total", "vllm:prompt_tokens_cached_total",
            "vllm:generation_tokens_total", "vllm:request_success_total",
            "vllm:spec_decode_num_drafts_total", "vllm:spec_decode_num_draft_tokens_total", "vllm:spec_decode_num_accepted_tokens_total",
            "vllm:estimated_flops_per_gpu_total", "vllm:estimated_read_bytes_per_gpu_total", "vllm:estimated_write_bytes_per_gpu_total",
            "vllm:time_to_first_token_seconds", "vllm:inter_token_latency_seconds", "vllm:request_time_per_output_token_seconds", "vllm:e2e_request_latency_seconds",
            "vllm:request_queue_time_seconds", "vllm:request_inference_time_seconds", "vllm:request_prefill_time_seconds", "vllm:request_decode_time_seconds",
            "vllm:request_prompt_tokens", "vllm:request_generation_tokens", "vllm:request_params_max_tokens", "vllm:iteration_tokens_total",
            "vllm:nixl_xfer_time_seconds", "vllm:nixl_bytes_transferred",
        ];
        MetricCatalogue.Vllm.Select(m => m.SampleName).ShouldBe(expected, ignoreOrder: true);
        MetricCatalogue.Vllm.ShouldAllBe(m => m.Labels[0].Name == "model_name" && m.Labels[1].Name == "engine");
    }

    [Fact]
    public void Buckets_are_vLLMs()
    {
        BucketsOf("vllm:time_to_first_token_seconds").ShouldBe(s_ttft);
        foreach (var name in new[] { "vllm:inter_token_latency_seconds", "vllm:request_time_per_output_token_seconds" }) BucketsOf(name).ShouldBe(s_token, name);
        foreach (var name in new[] { "e2e_request_latency", "request_queue_time", "request_inference_time", "request_prefill_time", "request_decode_time" })
            BucketsOf($"vllm:{name}_seconds").ShouldBe(s_request, name);
        BucketsOf("vllm:nixl_xfer_time_seconds").ShouldBe(s_nixl);
        BucketsOf("vllm:request_prompt_tokens").Take(7).ShouldBe([1, 2, 5, 10, 20, 50, 100]);
        BucketsOf("vllm:nixl_bytes_transferred").ShouldBe(Enumerable.Range(0, 12).Select(i => Math.Pow(2, 11 + 2 * i)));
    }

    private static double[] BucketsOf(string name) => [.. MetricCatalogue.Vllm.Single(m => m.Name == name).Buckets];
}
