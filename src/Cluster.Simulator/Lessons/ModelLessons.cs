using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;
using Cluster.Simulator.Levers.Model;

namespace Cluster.Simulator.Lessons;

/// <summary>Choices made when a model is trained: experts, state space, and attention's quadratic regime.</summary>
internal static class ModelLessons
{
    public static IReadOnlyList<Lesson> All { get; } =
    [
        new("moe-active", "compute", "An 8×7B mixture holds about 47B parameters and touches about 13B per token.", Active),
        new("moe-flops", "compute", "Eight experts of which two run cost about a quarter of the MLP's FLOPs.", Flops),
        new("moe-memory", "compute", "A mixture's memory follows all of its parameters, not the active ones.", Memory),
        new("moe-large-batch", "compute", "A large batch touches every expert, so the bytes saved at batch 1 are gone.", LargeBatch),
        new("ssm-constant", "compute", "A state-space model decodes as fast at 128 k of context as at 1 k; a transformer slows down.", Constant),
        new("ssm-memory", "compute", "A state-space model holds a fixed state per sequence and no KV.", State),
        new("quadratic-attention", "compute", "Attention's share of prefill FLOPs grows with the prompt and passes half at tens of thousands of tokens.", Crossover),
        new("superlinear-ttft", "compute", "Beyond that, TTFT grows faster than the prompt.", Superlinear),
        new("moe-prefill", "compute", "Where compute binds, fewer active parameters are a direct win: a mixture prefills faster than a dense model of its size.", MoePrefill),
        new("moe-decode", "compute", "For few users fewer active parameters are faster tokens too: fewer bytes per step.", MoeDecode),
        new("hybrid-memory", "compute", "A hybrid keeps KV for its few attention layers alone.", Hybrid),
    ];

    private static LessonOutcome Active(LessonBench bench)
    {
        var model = bench.Catalog.Models["mixtral-8x7b"];
        var (total, active) = (ParameterCount.Total(model) / 1e9, ParameterCount.Active(model) / 1e9);
        return LessonOutcome.Of(WeightLessons.Near(total, 47, 0.03) && WeightLessons.Near(active, 13, 0.05), $"{total:F1}B held, {active:F1}B touched", "the count is off");
    }

    private static LessonOutcome Flops(LessonBench bench)
    {
        var dense = bench.Deployment("llama-3.1-70b");
        var sparse = dense with { Model = MixtureOfExpertsLever.Split(dense.Model) };
        var d = dense.Model.Layers[0].Mlp!;
        var e = sparse.Model.Layers[0].Moe!;
        var ratio = (double)e.ActiveExperts * e.ExpertSize / d.Size;
        var whole = LessonBench.Prefill(sparse, 2048).Flops / LessonBench.Prefill(dense, 2048).Flops;
        return LessonOutcome.Of(ratio is >= 0.24 and <= 0.26 && whole < 0.5, $"MLPs ×{ratio:F2}, the whole prefill ×{whole:F2}: attention is not cut", "attention outweighs the MLPs here");
    }

    private static LessonOutcome Memory(LessonBench bench)
    {
        var d = bench.Deployment("mixtral-8x7b");
        var held = LessonBench.Memory(d).WeightBytes / 1e9;
        var active = ParameterCount.Active(d.Model) * 2 / 1e9;
        return LessonOutcome.Of(held > 3 * active, $"{held:F0} GB of weights for {active:F0} GB that a token reads", "experts are not most of the model");
    }

    private static LessonOutcome LargeBatch(LessonBench bench)
    {
        var d = bench.Deployment("mixtral-8x7b");
        var all = LessonBench.Memory(d).WeightBytes;
        var (one, many) = (LessonBench.Decode(d, 1, 128).HbmBytes / all, LessonBench.Decode(d, 128, 128).HbmBytes / all);
        return LessonOutcome.Of(one < 0.4 && many > 0.9, $"a step streams {one:P0} of the weights for one request, {many:P0} for 128", "routing leaves experts out even then");
    }

    private static LessonOutcome Constant(LessonBench bench)
    {
        var (ssm, transformer) = (bench.Deployment("codestral-mamba-7b"), bench.Deployment("llama-3.1-8b"));
        var a = LessonBench.Decode(ssm, 8, 131_072).DurationSeconds / LessonBench.Decode(ssm, 8, 1024).DurationSeconds;
        var b = LessonBench.Decode(transformer, 8, 131_072).DurationSeconds / LessonBench.Decode(transformer, 8, 1024).DurationSeconds;
        return LessonOutcome.Of(a < 1.01 && b > 1.5, $"step time from 1 k to 128 k: state space ×{a:F2}, transformer ×{b:F2}", "the step is bound by something else");
    }

    private static LessonOutcome State(LessonBench bench)
    {
        var (ssm, transformer) = (LessonBench.Memory(bench.Deployment("codestral-mamba-7b")), LessonBench.Memory(bench.Deployment("llama-3.1-8b")));
        return LessonOutcome.Of(ssm.KvBytesPerToken == 0 && ssm.StateBytesPerSequence > 0 && transformer.KvBytesPerToken > 0,
            $"{ssm.StateBytesPerSequence / 1e6:F0} MB per sequence against {transformer.KvBytesPerToken / 1e3:F0} kB per token", "the model keeps KV");
    }

    private static LessonOutcome Crossover(LessonBench bench)
    {
        var d = bench.Deployment("llama-3.1-8b");
        var at = 1024L;
        while (at < 1_000_000 && Share(at) < 0.5) at *= 2;
        return LessonOutcome.Of(at is >= 16_384 and <= 131_072 && Share(2048) < 0.1,
            $"attention is {Share(2048):P0} of prefill FLOPs at 2 k tokens, {Share(at):P0} at {at / 1024} k", "the model's width moves the crossover");

        double Share(long tokens)
        {
            // Doubling the prompt doubles the linear part and quadruples attention's: two prompts tell them apart.
            var (one, two) = (LessonBench.Prefill(d, tokens).Flops, LessonBench.Prefill(d, 2 * tokens).Flops);
            return (two - (2 * one)) / 2 / one;
        }
    }

    private static LessonOutcome Superlinear(LessonBench bench)
    {
        var d = bench.Deployment("llama-3.1-8b");
        var (little, much) = (LessonBench.Prefill(d, 8192).DurationSeconds / LessonBench.Prefill(d, 4096).DurationSeconds, LessonBench.Prefill(d, 131_072).DurationSeconds / LessonBench.Prefill(d, 65_536).DurationSeconds);
        return LessonOutcome.Of(much > 2.4 && much > little, $"twice the prompt takes ×{little:F2} at 4 k, ×{much:F2} at 64 k", "attention is a small part of the time");
    }

    private static LessonOutcome MoePrefill(LessonBench bench)
    {
        var (dense, sparse) = Pair(bench);
        var (a, b) = (LessonBench.Prefill(dense, 4096).DurationSeconds, LessonBench.Prefill(sparse, 4096).DurationSeconds);
        var flops = LessonBench.Prefill(sparse, 4096).Flops / LessonBench.Prefill(dense, 4096).Flops;
        return LessonOutcome.Of(b < a * 0.9, $"prefill of 4,096 tokens at TP4: dense {a * 1e3:F0} ms, eight experts of which two run {b * 1e3:F0} ms (×{a / b:F2}) with ×{flops:F2} the FLOPs", "small products of each expert reach a smaller share of the peak");
    }

    private static LessonOutcome MoeDecode(LessonBench bench)
    {
        var (dense, sparse) = Pair(bench);
        var (a, b) = (LessonBench.Decode(dense, 1, 1024).DurationSeconds, LessonBench.Decode(sparse, 1, 1024).DurationSeconds);
        return LessonOutcome.Of(b < a * 0.75, $"a decode step of one request at TP4: dense {a * 1e3:F1} ms, two experts of eight {b * 1e3:F1} ms", "floors of the experts' kernels and host time outweigh the bytes");
    }

    /// <summary>Llama-3.1-70B over four GPUs, and with its MLPs cut into eight experts of which two run.</summary>
    private static (Deployment Dense, Deployment Sparse) Pair(LessonBench bench)
    {
        var dense = bench.Deployment("llama-3.1-70b", split: new Parallelism(4));
        return (dense, dense with { Model = MixtureOfExpertsLever.Split(dense.Model) });
    }

    private static LessonOutcome Hybrid(LessonBench bench)
    {
        var split = new Parallelism(2);
        var (hybrid, transformer) = (LessonBench.Memory(bench.Deployment("jamba-1.5-mini", split: split)), LessonBench.Memory(bench.Deployment("mixtral-8x7b", split: split)));
        var (few, all) = (hybrid.InstanceKvBytesPerToken, transformer.InstanceKvBytesPerToken);
        return LessonOutcome.Of(few > 0 && few < all / 4 && hybrid.StateBytesPerSequence > 0,
            $"Jamba-1.5-mini {few / 1e3:F0} kB per token and a state of {hybrid.StateBytesPerSequence / 1e6:F0} MB per sequence and rank, Mixtral-8×7B {all / 1e3:F0} kB per token", "attention layers are not few here");
    }
}
