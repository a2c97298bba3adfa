using Cluster.Engine.Hardware;
using Cluster.Engine.Topology;
using Cluster.Scenarios.Sections;

namespace Cluster.Scenarios.Resolving;

/// <summary>
/// What each engine does when it is not told otherwise. Sources: vLLM <c>arg_utils.py</c> (serving on GPUs of 70 GiB
/// and more except A100: 8192 tokens, 1024 requests; else 2048 and 256; block 16; utilisation 0.92); SGLang
/// <c>server_args.py</c> (page 1, chunk 8192, memory fraction 0.88, at most 4096 requests); TensorRT-LLM
/// <c>llm_args.py</c> (8192 tokens, 2048 requests, blocks of 32, 0.9 of free memory); <c>static</c> stands for
/// request-level batching before Orca: a fixed batch, whole prompts, contiguous reservation, no reuse.
/// </summary>
public static class EngineDefaults
{
    private const double LargeHbmBytes = 70.0 * 1024 * 1024 * 1024;

    /// <summary>The engine's settings with every null replaced by what its profile does on this GPU.</summary>
    public static ResolvedEngine Resolve(EngineSection engine, GpuProfile gpu)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(gpu);
        var policy = engine.Policy ?? PolicyOf(engine.Profile);
        var d = Of(policy, gpu);
        return new ResolvedEngine(
            new SchedulerSpec(policy, engine.MaxNumSeqs ?? d.Scheduler.MaxNumSeqs, engine.MaxNumBatchedTokens ?? d.Scheduler.MaxNumBatchedTokens)
            {
                EnableChunkedPrefill = engine.EnableChunkedPrefill ?? d.Scheduler.EnableChunkedPrefill,
                LongPrefillTokenThreshold = engine.LongPrefillTokenThreshold,
                PriorityOrder = engine.Priority,
                Dials = engine.Dials,
            },
            engine.BlockSize ?? d.BlockSize,
            engine.GpuMemoryUtilization ?? d.GpuMemoryUtilization,
            engine.EnablePrefixCaching ?? d.EnablePrefixCaching,
            engine.ContiguousReservation ?? d.ContiguousReservation);
    }

    /// <summary>The scheduler a profile uses unless told otherwise.</summary>
    public static string PolicyOf(string profile) =>
        profile.StartsWith("sglang", StringComparison.Ordinal) ? "sglang"
        : profile.StartsWith("trtllm", StringComparison.Ordinal) ? "trtllm"
        : profile.StartsWith("static", StringComparison.Ordinal) ? "static"
        : "vllm";

    private static ResolvedEngine Of(string policy, GpuProfile gpu)
    {
        var large = gpu.HbmBytes >= LargeHbmBytes && !gpu.Name.StartsWith("a100", StringComparison.OrdinalIgnoreCase);
        return policy switch
        {
            "sglang" => new(new SchedulerSpec("sglang", 4096, 8192), 1, 0.88, true, false),
            "trtllm" => new(new SchedulerSpec("trtllm", 2048, 8192), 32, 0.9, true, false),
            "static" => new(new SchedulerSpec("static", 32, 65_536) { EnableChunkedPrefill = false }, 16, 0.9, false, true),
            _ => new(new SchedulerSpec("vllm", large ? 1024 : 256, large ? 8192 : 2048), 16, 0.92, true, false),
        };
    }
}

/// <summary>An engine's settings, none left open.</summary>
public sealed record ResolvedEngine(
    SchedulerSpec Scheduler, int BlockSize, double GpuMemoryUtilization, bool EnablePrefixCaching, bool ContiguousReservation);
