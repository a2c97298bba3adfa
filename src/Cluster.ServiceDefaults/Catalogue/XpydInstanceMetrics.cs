using static Cluster.ServiceDefaults.Catalogue.MetricKind;
using static Cluster.ServiceDefaults.Catalogue.MetricLabels;
using static Cluster.ServiceDefaults.Catalogue.XpydRequestMetrics;

namespace Cluster.ServiceDefaults.Catalogue;

/// <summary>What no engine shows of itself: walls, roofline position and the emulator's honesty, per instance or role.</summary>
public static class XpydInstanceMetrics
{
    private static readonly MetricLabel[] s_instance = [MetricLabels.Cluster, Role, MetricLabels.Engine];

    public static readonly MetricDefinition InstanceInfo = Make("xpyd_instance_info", Gauge, "", "What an instance is, in labels; the value is 1. Join it by engine to give vllm metrics a role.",
        MetricLabels.Cluster, Role, MetricLabels.Engine, ModelName, Fact("pool"), Fact("gpu"), Fact("gpus"), Fact("parallelism"), Fact("weights"), Fact("kv"));
    public static readonly MetricDefinition Gpus = Make("xpyd_gpus", Gauge, "", "GPUs of an instance: divide by their sum to compare clusters of different size.", s_instance);
    public static readonly MetricDefinition Instances = Make("xpyd_instances", Gauge, "", "Instances by life-cycle state.", MetricLabels.Cluster, Role, InstanceStateLabel);
    public static readonly MetricDefinition KvBlocks = Make("xpyd_kv_blocks", Gauge, "", "KV blocks by state: active (held by requests), cached (free to evict), free.", [.. s_instance, BlockState]);
    public static readonly MetricDefinition KvEvictedBlocks = Make("xpyd_kv_evicted_blocks", Counter, "", "Cached blocks evicted to make room.", s_instance);

    public static readonly MetricDefinition StepDuration = Distribution("xpyd_step_duration_seconds", "s", Buckets.FineSeconds, "Emulated duration of a step.", MetricLabels.Cluster, Role);
    public static readonly MetricDefinition StepWall = Make("xpyd_step_wall_seconds", Counter, "s", "Emulated step time by the resource that bound the step; idle is not counted.", [.. s_instance, Wall]);
    public static readonly MetricDefinition WaitWall = Make("xpyd_wait_wall_seconds", Counter, "s", "Time that requests waited, by what they waited for.", MetricLabels.Cluster, Role, Wall);
    public static readonly MetricDefinition BindingWall = Make("xpyd_binding_wall", Gauge, "", "1 for the wall that binds a role now, 0 for the others.", MetricLabels.Cluster, Role, Wall);

    public static readonly MetricDefinition StepFlops = Make("xpyd_step_flops_per_second", Gauge, "", "FLOP/s on one GPU while stepping, averaged with a time constant of 5 s of step time.", s_instance);
    public static readonly MetricDefinition StepBytes = Make("xpyd_step_hbm_bytes_per_second", Gauge, "By/s", "HBM bytes/s on one GPU while stepping, averaged likewise.", s_instance);
    public static readonly MetricDefinition StepMfu = Make("xpyd_step_mfu_ratio", Gauge, "1", "FLOP/s while stepping ÷ the GPU's peak in the format that computes.", s_instance);
    public static readonly MetricDefinition StepMbu = Make("xpyd_step_mbu_ratio", Gauge, "1", "HBM bytes/s while stepping ÷ the GPU's peak.", s_instance);
    public static readonly MetricDefinition PeakFlops = Make("xpyd_gpu_peak_flops_per_second", Gauge, "", "The GPU's peak FLOP/s in the format that computes: the roof.", s_instance);
    public static readonly MetricDefinition PeakBytes = Make("xpyd_gpu_peak_hbm_bytes_per_second", Gauge, "By/s", "The GPU's peak HBM bytes/s: the slope.", s_instance);

    public static readonly MetricDefinition StepLateness = Distribution("xpyd_step_lateness_seconds", "s", Buckets.Lateness, "Wall time by which a step ended after it was due.", MetricLabels.Cluster, Role);
    public static readonly MetricDefinition LateSteps = Make("xpyd_late_steps", Counter, "", "Steps that ended more than a tenth of their duration, and more than 1 ms, after they were due.", s_instance);

    private static MetricLabel Fact(string name) => new(name, "fact about the instance", 1) { FollowsOwner = true };
}
