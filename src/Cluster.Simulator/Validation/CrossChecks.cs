using System.Globalization;
using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;
using Cluster.Scenarios;
using Cluster.Scenarios.Catalogs;
using Cluster.Simulator.Reporting;

namespace Cluster.Simulator.Validation;

/// <summary>Published figures of whole systems, each worked out with the catalog as it is: <c>xpyd validate --cross-checks</c>.</summary>
public static class CrossChecks
{
    private const string DeepSeekSource = "deepseek-ai/open-infra-index, day 6: averages of a day; 56.3 % of 608 G input tokens cached, 4,989 tokens of KV per output token, 20–22 tokens/s a user; prompts of 5,000 tokens assumed";
    private const string SglangSource = "lmsys.org, 5 May 2025, large-scale EP: prompts of 1–4 k, EP 32 over 4 nodes; batch 256 a GPU at 2 k, EP 72 over 9 nodes";
    private const string MooncakeSource = "Mooncake, FAST'25 §5: Llama-2-70B shape on 8 × A800; its conversation trace's mean lengths at a steady rate";
    private const string DistServeSource = "DistServe, OSDI'24 §6.2: OPT-66B summarising at TTFT 15 s on A100, 4 GPUs a worker; requests per GPU that 90 % of meet both objectives, against an aggregated engine without chunked prefill. Its gains are against vLLM of 2023";

    public static IReadOnlyList<CrossCheck> Run(Catalog catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return
        [
            DeepSeekPrefill(catalog), DeepSeekDecode(catalog), SglangPrefill(catalog), SglangDecode(catalog),
            MooncakeRatio(catalog), MooncakeNetwork(catalog),
            DistServe(catalog, "150ms", 1.2, 5), DistServe(catalog, "80ms", 1.7, 5),
        ];
    }

    private static CrossCheck DeepSeekPrefill(Catalog catalog)
    {
        const double cached = 2815, computed = 2185;
        var step = Wide(catalog, "h800", 32).Evaluate(Prompts(32 * 4, (long)computed, (long)cached));
        return Rate("DeepSeek-V3 on H800, prefill: input tokens/s a node", 73_700, 8 * 4 * (cached + computed) / step.DurationSeconds, 0.25, DeepSeekSource);
    }

    private static CrossCheck DeepSeekDecode(Catalog catalog)
    {
        // The largest batch that leaves a user 21 tokens/s.
        var model = Wide(catalog, "h800", 144);
        var batch = Enumerable.Range(1, 256).Last(b => model.Evaluate(Decodes(144 * b, 4989)).DurationSeconds <= 1 / 21.0);
        return Rate("DeepSeek-V3 on H800, decode: output tokens/s a node", 14_800, 8 * batch / model.Evaluate(Decodes(144 * batch, 4989)).DurationSeconds, 0.2, DeepSeekSource);
    }

    private static CrossCheck SglangPrefill(Catalog catalog)
    {
        var step = Wide(catalog, "h100-sxm", 32).Evaluate(Prompts(32 * 8, 2048, 0));
        return Rate("SGLang, DeepSeek-V3 on 96 × H100, prefill: input tokens/s a node", 52_300, 8 * 8 * 2048 / step.DurationSeconds, 0.25, SglangSource);
    }

    private static CrossCheck SglangDecode(Catalog catalog)
    {
        var step = Wide(catalog, "h100-sxm", 72).Evaluate(Decodes(72 * 256, 2050));
        return Rate("SGLang, DeepSeek-V3 on 96 × H100, decode: output tokens/s a node", 22_300, 8 * 256 / step.DurationSeconds, 0.25, SglangSource);
    }

    /// <summary>What the last steps to 1:1 gain in TTFT, and what going on gains, of what they gained.</summary>
    private static CrossCheck MooncakeRatio(Catalog catalog)
    {
        double Ttft(string shape) => Simulate(catalog, Mooncake(shape, "ib-ndr-400x2", "{ synthetic: { input: 7590, output: 182 }, rate: 2/s, requests: 300 }")).TtftMs.P90 / 1e3;
        var (few, even, many) = (Ttft("2P4D"), Ttft("3P3D"), Ttft("4P2D"));
        return new CrossCheck("Mooncake: prefill to decode instances", "optimum near 1:1: fewer prefill instances cost TTFT, more gain little",
            FormattableString.Invariant($"TTFT p90 at 2:4, 3:3, 4:2 of six: {few:F1}, {even:F1}, {many:F1} s"), (even - many) / (few - even), 0, 0.2, MooncakeSource);
    }

    private static CrossCheck MooncakeNetwork(Catalog catalog)
    {
        double Ttft(string link) => Simulate(catalog, Mooncake("2P2D", link, "{ synthetic: { input: 8192, output: 256 }, rate: 1.2/s, requests: 200 }")).TtftMs.Mean / 1e3;
        var (slow, knee, fast) = (Ttft("eth-25g"), Ttft("eth-100g"), Ttft("ib-ndr-400x1"));
        return new CrossCheck("Mooncake: network of the KV transfer", "TTFT rises below about 100 Gbit/s",
            FormattableString.Invariant($"mean TTFT at 25, 100, 400 Gbit/s: {slow:F1}, {knee:F1}, {fast:F1} s"), (slow - knee) / (knee - fast), 4, 100, MooncakeSource);
    }

    private static CrossCheck DistServe(Catalog catalog, string tpot, double least, double most)
    {
        double PerWorker(string shape, int workers) => HighestRate(rate =>
        {
            var report = Simulate(catalog, FormattableString.Invariant($$"""
                name: distserve
                model: opt-66b
                topology: { shape: {{shape}}, gpu: a100-80g, tp: 4{{(workers > 1 ? ", link: nvlink4" : "")}} }
                engine: { enable_chunked_prefill: false }
                workload:
                  synthetic: { input: { distribution: lognormal, mean: 1738, cv: 0.8, max: 1900 }, output: { distribution: lognormal, mean: 91, cv: 0.8, max: 148 } }
                  rate: {{rate}}/s
                  requests: 300
                slo: { ttft: 15s, tpot: {{tpot}} }
                """));
            return report.GoodputRps / report.RequestsPerS;
        }) / workers;
        var (together, apart) = (PerWorker("1A", 1), Math.Max(PerWorker("1P1D", 2), PerWorker("2P1D", 3)));
        return new CrossCheck($"DistServe: goodput a GPU against an aggregated engine, TPOT within {tpot}", tpot == "150ms" ? "2–4.6 × over its workloads, 4.3 × here" : "more under tighter objectives",
            FormattableString.Invariant($"{apart / 4:F2} against {together / 4:F2} req/s: {apart / together:F1} ×"), apart / together, least, most, DistServeSource);
    }

    /// <summary>Where the share of requests that meet their objectives falls below 90 %.</summary>
    private static double HighestRate(Func<double, double> attainment)
    {
        var (low, high) = (0.1, 40.0);
        for (var i = 0; i < 9; i++)
        {
            var middle = Math.Sqrt(low * high);
            if (attainment(middle) >= 0.9) low = middle;
            else high = middle;
        }

        return low;
    }

    /// <summary>A dummy model of that shape: its prompts are longer than Llama 2 knows.</summary>
    private static string Mooncake(string shape, string link, string workload) => string.Create(CultureInfo.InvariantCulture, $$"""
        name: mooncake
        model: llama-2-70b
        topology: { shape: {{shape}}, gpu: a100-80g, tp: 8, link: {{link}} }
        engine: { max_model_len: 16384 }
        workload: {{workload}}
        slo: { ttft: 30s, tpot: 100ms }
        """);

    private static VariantReport Simulate(Catalog catalog, string yaml)
    {
        var variant = new ScenarioSource(yaml, "cross-check.yaml", []).Read(catalog).OrThrow().Variants[0];
        return VariantReport.Of(ClusterSimulation.Run(variant.Cluster, variant.Workload));
    }

    private static CrossCheck Rate(string name, double published, double predicted, double tolerance, string source) => new(
        name, published.ToString("N0", CultureInfo.InvariantCulture), FormattableString.Invariant($"{predicted:N0} ({predicted / published - 1:+0 %;-0 %})"),
        predicted / published, 1 - tolerance, 1 + tolerance, source);

    /// <summary>One instance of data-parallel attention and experts over all ranks, 32 of them held twice, two micro-batches at a time.</summary>
    private static StepCostModel Wide(Catalog catalog, string gpu, int ranks) => new(
        new Deployment(catalog.Models["deepseek-v3"], catalog.Gpus[gpu], new Parallelism(1, 1, ranks, ranks), NumberFormat.Fp8Block, NumberFormat.Bf16)
        {
            Engine = catalog.Engines["sglang"],
            RedundantExperts = 32,
            TwoBatchOverlap = true,
        });

    private static StepShape Prompts(int sequences, long computed, long cached)
    {
        var pairs = sequences * ((computed * cached) + (computed * (computed + 1) / 2));
        return new StepShape
        {
            PrefillSequences = sequences,
            PrefillTokens = sequences * computed,
            PrefillPairs = pairs,
            PrefillBoundedPairs = pairs,
            PrefillContextTokens = sequences * (computed + cached),
            SampledSequences = sequences,
        };
    }

    private static StepShape Decodes(int sequences, long context) => new()
    {
        DecodeSequences = sequences,
        DecodeTokensPerSequence = 1,
        DecodeContextTokens = sequences * context,
        DecodeBoundedContextTokens = sequences * context,
        SampledSequences = sequences,
    };
}
