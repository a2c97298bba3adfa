using System.Collections.Immutable;
using Cluster.Engine.Models;

namespace Cluster.Engine.Hardware;

/// <summary>A serving engine's own time and abilities, fitted on measured serving points.</summary>
/// <param name="Name">Catalog id: vllm, sglang, trtllm, splitwise-2023.</param>
/// <param name="Source">Where the numbers come from.</param>
public sealed record EngineProfile(string Name, string Source)
{
    /// <summary>Host seconds per step whatever it contains: scheduling, graph replay, sampling, output.</summary>
    public required double StepHostSeconds { get; init; }

    /// <summary>Host seconds per sequence in the step.</summary>
    public required double SequenceHostSeconds { get; init; }

    /// <summary>Host seconds per prompt token in the step, computed here or received.</summary>
    public required double PromptTokenHostSeconds { get; init; }

    /// <summary>Host seconds once per request outside steps: HTTP, tokenising, first response.</summary>
    public required double RequestHostSeconds { get; init; }

    /// <summary>Host seconds per prompt token outside steps: tokenising.</summary>
    public double RequestTokenHostSeconds { get; init; }

    /// <summary>Host seconds per step more under data-parallel attention: replicas agree on the step before it begins.</summary>
    public double ReplicaStepHostSeconds { get; init; }

    /// <summary>
    /// What a prompt waits at its hand-over to another instance besides the link: the answer of the prefill worker, the request to the decode worker, the polls of both.
    /// </summary>
    public double HandOverSeconds { get; init; }

    /// <summary>
    /// Prompt steps of mixture models ÷ what their isolated kernels take, at least 1: imbalance between ranks, permutations and gaps that the tables'
    /// balanced, repeated kernels do not show.
    /// </summary>
    public double ExpertPrefillSlowdown { get; init; } = 1;

    /// <summary>Experts are always computed in the largest tiles of rows; else small batches get small ones where the kernels have them (the tables are vLLM's).</summary>
    public bool LargeExpertTiles { get; init; }

    /// <summary>Tokens per streamed chunk: clients see the first token when the first chunk is full (SGLang's and TensorRT-LLM's stream interval).</summary>
    public required int StreamInterval { get; init; }

    /// <summary>Share of host time hidden behind the GPU's own work, in [0, 1].</summary>
    public required double HostOverlap { get; init; }

    /// <summary>Composes steps one ahead of the GPU by default: see <see cref="Topology.SchedulerSpec.OverlapScheduling"/>.</summary>
    public required bool OverlapScheduling { get; init; }

    /// <summary>
    /// Share of isolated kernels' floors that shows when they follow each other: the next kernel's launch and prologue hide behind the last, in [0, 1].
    /// </summary>
    public required double KernelFloorShare { get; init; }

    /// <summary>
    /// Time of this engine's compute-bound kernels over that of the measured ones, which ran alone and are the latest vLLM's: clocks sag under
    /// sustained load, and other versions bring other kernels.
    /// </summary>
    public double ComputeSlowdown { get; init; } = 1;

    /// <summary>
    /// The kernel before an 8-bit product writes its input quantised, where scales are known ahead: such products cost no more launches than 16-bit ones.
    /// </summary>
    public bool FusedQuantisation { get; init; }

    /// <summary>
    /// Share of the measured kernels' penalty for an 8-bit cache in decode that this engine's own attention kernels pay, in [0, 1]: the tables are vLLM's.
    /// </summary>
    public required double NarrowCachePenalty { get; init; }

    /// <summary>Steps of up to so many tokens sum over tensor-parallel ranks in one shot, every rank reading all data of all ranks; 0: whatever is faster.</summary>
    public int OneShotAllReduceTokens { get; init; }

    /// <summary>Largest message that kernels of this engine's own sum over peer memory; larger ones go through NCCL. Default: what the GPU's tables, which are vLLM's, go up to.</summary>
    public double? PeerAllReduceBytes { get; init; }

    /// <summary>NCCL may let the switches sum (NVLink SHARP), where they can: false where the engine turns that off.</summary>
    public bool InNetworkSums { get; init; } = true;

    /// <summary>Launch of one kernel without CUDA graphs.</summary>
    public required double LaunchSeconds { get; init; }

    /// <summary>Largest batch that decode graphs are captured for; above it, launches are eager.</summary>
    public required int MaxGraphTokens { get; init; }

    /// <summary>HBM that CUDA graphs and the runtime keep per GPU.</summary>
    public required double GraphBytes { get; init; }

    /// <summary>Default share of HBM that the engine claims.</summary>
    public required double GpuMemoryUtilization { get; init; }

    /// <summary>
    /// The share is of what weights, activations and graphs leave free, and all of it is for KV (TensorRT-LLM's <c>free_gpu_memory_fraction</c>,
    /// LMDeploy's <c>cache_max_entry_count</c>), not of all HBM.
    /// </summary>
    public bool ClaimsShareOfFree { get; init; }

    /// <summary>Storage of recurrent states where neither the model's configuration nor the user asks for another.</summary>
    public NumberFormat StateFormat { get; init; } = NumberFormat.Bf16;

    /// <summary>Default tokens per KV block.</summary>
    public required int BlockSize { get; init; }

    /// <summary>Name in the scheduler registry.</summary>
    public required string Scheduler { get; init; }

    /// <summary>Default batch slots on GPUs of 70 GiB and more (A100 excepted).</summary>
    public required int MaxNumSeqsLarge { get; init; }

    /// <summary>Default token budget there.</summary>
    public required int MaxNumBatchedTokensLarge { get; init; }

    /// <summary>Default batch slots on all other GPUs.</summary>
    public required int MaxNumSeqsSmall { get; init; }

    /// <summary>Default token budget there.</summary>
    public required int MaxNumBatchedTokensSmall { get; init; }

    /// <summary>Catalog id of the engine that this is an earlier version of; null: the engine as it is now.</summary>
    public string? EarlierVersionOf { get; init; }

    /// <summary>Minor versions that run with this profile, where it is an earlier one: 0.11.</summary>
    public ImmutableArray<string> Versions { get; init; } = [];

    /// <summary>First day on which runs that state no version no longer are this one's; null: such runs are the engine's as it is now.</summary>
    public DateOnly? Until { get; init; }

    /// <summary>Versions of the engine (or months, where a row stated none) whose measured points the host figures were fitted on.</summary>
    public ImmutableArray<string> FittedVersions { get; init; } = [];

    /// <summary>Vendors of the GPUs that it runs on (<see cref="GpuProfile.Vendor"/>); empty: any.</summary>
    public ImmutableArray<string> Vendors { get; init; } = [];

    /// <summary>Weight formats that it loads.</summary>
    public required ImmutableArray<NumberFormat> WeightFormats { get; init; }

    /// <summary>KV formats that it stores.</summary>
    public required ImmutableArray<NumberFormat> KvFormats { get; init; }
}
