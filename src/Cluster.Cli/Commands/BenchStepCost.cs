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
            Evaluate(cost, split.Dp);
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            using var self = Process.GetCurrentProcess();
            var before = self.UserProcessorTime;
            Evaluate(cost, split.Dp);
            self.Refresh();
            var ns = (self.UserProcessorTime - before).TotalMilliseconds * 1e6 / Steps;
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            results.Add(BenchResult.LowerIsBetter($"step cost, {model}{(split.Dp > 1 ? ", attention DP" : "")}", ns, "ns CPU", AimNs, $"aim; {allocated / Steps} bytes allocated per step"));
        }

        return results;
    }

    /// <summary>A mixed step: a chunk of prompt beside decodes whose number and context change, as in a run.</summary>
    private static double Evaluate(StepCostModel cost, int replicas)
    {
        var seconds = 0.0;
        for (var i = 0; i < Steps; i++)
        {
            var decodes = 32 + (i & 63);
            long context = decodes * (1000L + (i & 1023));
            // Lengths as prompts have them: all different, and with attention replicas one of them busier than the others.
            var prompt = i % 8 == 0 ? 1024L + ((i * 7919L) % 7168) : 0;
            var busiest = replicas == 1 ? 1 : (1 + ((i * 31) % 97 / 97.0)) / replicas;
            seconds += cost.Evaluate(new StepShape
            {
                PrefillSequences = i % 8 == 0 ? 1 : 0,
                PrefillTokens = prompt,
                PrefillPairs = prompt * (prompt + 1) / 2,
                PrefillBoundedPairs = prompt * (prompt + 1) / 2,
                PrefillContextTokens = prompt,
                BusiestPrefillShare = prompt == 0 ? 0 : busiest,
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
