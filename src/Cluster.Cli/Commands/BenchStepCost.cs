using System.Diagnostics;
using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;

namespace Cluster.Cli.Commands;

/// <summary>What one evaluation of the step cost takes, and what it allocates.</summary>
internal static class BenchStepCost
{
    private const int Steps = 200_000;
    private const double AimNs = 2000;

    public static IReadOnlyList<BenchResult> Run()
    {
        var catalog = CliCatalog.Load();
        var results = new List<BenchResult>();
        foreach (var (model, weights, split) in new[]
        {
            ("llama-3.1-70b", NumberFormat.Fp8, new Parallelism(4)), ("deepseek-v3", NumberFormat.Fp8Block, new Parallelism(1, 1, 8, 8)),
        })
        {
            var cost = new StepCostModel(new Deployment(catalog.Models[model], catalog.Gpus["h200"], split, weights, NumberFormat.Fp8) { Engine = catalog.Engines["vllm"] });
            Evaluate(cost);
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            using var self = Process.GetCurrentProcess();
            var before = self.UserProcessorTime;
            Evaluate(cost);
            self.Refresh();
            var ns = (self.UserProcessorTime - before).TotalMilliseconds * 1e6 / Steps;
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            results.Add(BenchResult.LowerIsBetter($"step cost, {model}", ns, "ns CPU", AimNs, $"aim; {allocated / Steps} bytes allocated per step"));
        }

        return results;
    }

    /// <summary>A mixed step: a chunk of prompt beside decodes whose number and context change, as in a run.</summary>
    private static double Evaluate(StepCostModel cost)
    {
        var seconds = 0.0;
        for (var i = 0; i < Steps; i++)
        {
            var decodes = 32 + (i & 63);
            long context = decodes * (1000L + (i & 1023));
            seconds += cost.Evaluate(new StepShape
            {
                PrefillSequences = i % 8 == 0 ? 1 : 0,
                PrefillTokens = i % 8 == 0 ? 2048 : 0,
                PrefillPairs = i % 8 == 0 ? 2048L * 2049 / 2 : 0,
                PrefillBoundedPairs = i % 8 == 0 ? 2048L * 2049 / 2 : 0,
                PrefillContextTokens = i % 8 == 0 ? 2048 : 0,
                DecodeSequences = decodes,
                DecodeTokensPerSequence = 1,
                DecodeContextTokens = context,
                DecodeBoundedContextTokens = context,
                SampledSequences = decodes,
            }).DurationSeconds;
        }

        return seconds;
    }
}
