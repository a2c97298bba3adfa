using System.Globalization;
using Cluster.ServiceDefaults.Catalogue;

namespace Cluster.ServiceDefaults.Recording;

/// <summary>The label sets of one instance's observable series.</summary>
internal sealed class InstanceLabels
{
    public InstanceLabels(InstanceIdentity identity)
    {
        Vllm = LabelSet.Of(MetricLabels.ModelName, identity.ModelName).With(MetricLabels.Engine, identity.Engine);
        Xpyd = LabelSet.Of(MetricLabels.Cluster, identity.Cluster).With(MetricLabels.Role, identity.Role.Name()).With(MetricLabels.Engine, identity.Engine);
        ByWaitReason = Vllm.ForEach(MetricLabels.WaitReason);
        BySource = Vllm.ForEach(MetricLabels.TokenSource);
        ByFinish = Vllm.ForEach(MetricLabels.FinishedReason);
        ByWall = Xpyd.ForEach(MetricLabels.Wall);
        ByBlockState = Xpyd.ForEach(MetricLabels.BlockState);
        Lora = [.. Vllm, new("running_lora_adapters", ""), new("waiting_lora_adapters", ""), new("max_lora", "0")];
        CacheConfig =
        [
            .. Vllm,
            new("block_size", Text(identity.BlockSize)),
            new("cache_dtype", identity.Kv),
            new("num_gpu_blocks", Text(identity.TotalBlocks)),
            new("gpu_memory_utilization", Text(Math.Round(identity.GpuMemoryUtilization, 4))),
            new("enable_prefix_caching", identity.EnablePrefixCaching ? "True" : "False"),
        ];
        Info =
        [
            .. Xpyd,
            new("model_name", identity.ModelName),
            new("pool", identity.Pool),
            new("gpu", identity.Gpu),
            new("gpus", Text(identity.Gpus)),
            new("parallelism", identity.Parallelism),
            new("weights", identity.Weights),
            new("kv", identity.Kv),
        ];
    }

    public Labels Vllm { get; }
    public Labels Xpyd { get; }
    public Labels[] ByWaitReason { get; }
    public Labels[] BySource { get; }
    public Labels[] ByFinish { get; }
    public Labels[] ByWall { get; }
    public Labels[] ByBlockState { get; }
    public Labels Lora { get; }
    public Labels CacheConfig { get; }
    public Labels Info { get; }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
