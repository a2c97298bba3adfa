using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;
using Cluster.Simulator.Diagnosing;

namespace Cluster.Simulator.Lessons;

/// <summary>One model over several GPUs: priced step by step on the same GPU behind different interconnects.</summary>
internal static class ParallelismLessons
{
    /// <summary>PCIe 5.0 ×16: 32 GT/s × 16 lanes with 128b/130b coding, per direction (PCI-SIG base specification 5.0).</summary>
    private const double Pcie5BytesPerSecond = 63e9;

    /// <summary>100-gigabit Ethernet (IEEE 802.3), per direction.</summary>
    private const double EthernetBytesPerSecond = 12.5e9;

    public static IReadOnlyList<Lesson> All { get; } =
    [
        new("tp-nvlink", "parallelism", "Inside an NVLink island tensor parallelism puts the bandwidth of all GPUs to work, and still 8 GPUs are not 8 times as fast.", Nvlink),
        new("tp-interconnect", "parallelism", "The slower the interconnect, the less tensor parallelism gains: NVLink over PCIe over Ethernet.", Interconnect),
        new("tp-slower-than-one", "parallelism", "Over a slow interconnect tensor parallelism can be slower than one GPU.", Slower),
        new("pp-slow-links", "parallelism", "Over slow links pipeline stages serve where tensor parallelism dies: one hand-over per stage instead of two per layer.", Pipeline),
        new("pp-latency", "parallelism", "On NVLink tensor parallelism gives the shorter time per token: pipeline stages follow one another.", Latency),
        new("ep-skew", "parallelism", "The hottest rank sets the pace of expert parallelism: skewed routing makes steps longer.", Skew),
        new("ep-redundant", "parallelism", "Copies of hot experts take the skew back out.", Redundant),
        new("minimum-gpus", "parallelism", "A 70B model in 16 bits (140 GB) does not fit an 80 GB GPU; in fewer bits it takes fewer GPUs.", Minimum),
        new("moe-all-to-all", "parallelism", "Where the network binds, experts on ranks of their own are a trap: every layer sends tokens to all of them and back.", AllToAll),
        new("phase-hardware", "parallelism", "Each phase has its own GPU: bandwidth is for decode, and prefill gains nothing from it.", Hardware),
    ];

    private static LessonOutcome Nvlink(LessonBench bench)
    {
        var d = bench.Deployment("llama-2-70b");
        var gain = Seconds(d) / Seconds(d with { Parallelism = new Parallelism(8) });
        return LessonOutcome.Of(gain is > 2 and < 8, $"a decode step of 8 requests is ×{gain:F2} as fast on 8 GPUs", "collectives or host time eat more or less than claimed");
    }

    private static LessonOutcome Interconnect(LessonBench bench)
    {
        var (nvlink, pcie, ethernet) = Times(bench, "llama-2-70b", 8, new Parallelism(8));
        return LessonOutcome.Of(nvlink < pcie && pcie < ethernet, $"a decode step of 8 requests at TP8: NVLink {nvlink * 1e3:F1}, PCIe {pcie * 1e3:F1}, Ethernet {ethernet * 1e3:F1} ms", "messages are too small for bandwidth to matter");
    }

    private static LessonOutcome Slower(LessonBench bench)
    {
        var one = bench.Deployment("llama-3.1-8b");
        var eight = OnEthernet(one) with { Parallelism = new Parallelism(8) };
        var (a, b) = (Prefill(one), Prefill(eight));
        return LessonOutcome.Of(b > a, $"prefill of 2,048 tokens: {a * 1e3:F0} ms on one GPU, {b * 1e3:F0} ms on eight over 100G Ethernet; a decode step of 8 requests {Seconds(one) * 1e3:F1} against {Seconds(eight) * 1e3:F1} ms", "the interconnect still keeps up");
    }

    private static LessonOutcome Pipeline(LessonBench bench)
    {
        var d = OnEthernet(bench.Deployment("llama-2-70b"));
        var (tp, pp) = (Prefill(d with { Parallelism = new Parallelism(8) }), Prefill(d with { Parallelism = new Parallelism(1, 8) }));
        var (tpBytes, ppBytes) = (LessonBench.Prefill(d with { Parallelism = new Parallelism(8) }, 2048).NetworkBytes, LessonBench.Prefill(d with { Parallelism = new Parallelism(1, 8) }, 2048).NetworkBytes);
        return LessonOutcome.Of(pp < tp && ppBytes < tpBytes / 4, $"prefill over 100G Ethernet: TP8 {tp * 1e3:F0} ms and {tpBytes / 1e9:F1} GB sent, PP8 {pp * 1e3:F0} ms and {ppBytes / 1e9:F1} GB", "the stages' serial time outweighs what they save");
    }

    private static LessonOutcome Latency(LessonBench bench)
    {
        var d = bench.Deployment("llama-2-70b");
        var (tp, pp) = (Seconds(d with { Parallelism = new Parallelism(8) }), Seconds(d with { Parallelism = new Parallelism(1, 8) }));
        return LessonOutcome.Of(tp < pp, $"a decode step of 8 requests: TP8 {tp * 1e3:F1} ms, PP8 {pp * 1e3:F1} ms", "all-reduces cost more than the stages' serial time");
    }

    private static LessonOutcome Skew(LessonBench bench)
    {
        var d = bench.Deployment("mixtral-8x7b", split: new Parallelism(8, 1, 1, 8));
        var (even, skewed) = (Prefill(d), Prefill(d with { RoutingSkew = 1 }));
        return LessonOutcome.Of(skewed > even * 1.1, $"prefill of 2,048 tokens at EP8: balanced {even * 1e3:F1} ms, power law {skewed * 1e3:F1} ms", "experts are a small part of the step");
    }

    private static LessonOutcome Redundant(LessonBench bench)
    {
        var d = bench.Deployment("mixtral-8x7b", split: new Parallelism(8, 1, 1, 8)) with { RoutingSkew = 1 };
        var (skewed, copied) = (Prefill(d), Prefill(d with { RedundantExperts = 8 }));
        return LessonOutcome.Of(copied < skewed, $"prefill of 2,048 tokens at EP8: {skewed * 1e3:F1} → {copied * 1e3:F1} ms with one copy per rank", "copies of these experts relieve the wrong rank");
    }

    private static LessonOutcome Minimum(LessonBench bench)
    {
        int[] least = [.. new[] { NumberFormat.Bf16, NumberFormat.Fp8, NumberFormat.Int4 }.Select(f => Least(bench.Deployment("llama-2-70b", f)))];
        var large = Least(bench.Deployment("llama-3.1-405b"));
        return LessonOutcome.Of(least[0] > 1 && least[2] < least[0] && least[1] <= least[0],
            $"Llama-2-70B takes {least[0]} × H100 in bf16, {least[1]} in fp8, {least[2]} in int4; Llama-3.1-405B takes {large} in bf16", "the engine reserves more or less than weights alone");

        static int Least(Deployment d) => MinimumGpus.Of(d, Cluster.Scenarios.Catalogs.Catalog.DefaultScheduler(d.Engine, d.Gpu), d.Engine.GpuMemoryUtilization);
    }

    private static (double Nvlink, double Pcie, double Ethernet) Times(LessonBench bench, string model, int sequences, Parallelism split)
    {
        var d = bench.Deployment(model, split: split);
        var pcie = d with { Gpu = d.Gpu with { ScaleUpBytesPerSecond = Pcie5BytesPerSecond } };
        return (Seconds(d, sequences), Seconds(pcie, sequences), Seconds(OnEthernet(d), sequences));
    }

    /// <summary>Every GPU a host of its own.</summary>
    private static Deployment OnEthernet(Deployment d) => d with { Gpu = d.Gpu with { GpusPerDomain = 1, ScaleOutBytesPerSecond = EthernetBytesPerSecond } };

    private static double Seconds(Deployment d, int sequences = 8) => LessonBench.Decode(d, sequences, 1024).DurationSeconds;

    private static double Prefill(Deployment d) => LessonBench.Prefill(d, 2048).DurationSeconds;

    private static LessonOutcome AllToAll(LessonBench bench)
    {
        var one = bench.Deployment("mixtral-8x7b", split: new Parallelism(2));
        var nvlink = bench.Deployment("mixtral-8x7b", split: new Parallelism(1, 1, 8, 8));
        var (few, fast, slow) = (Prefill(one), Prefill(nvlink), Prefill(OnEthernet(nvlink)));
        return LessonOutcome.Of(slow > fast * 2 && slow > few, $"prefill of 2,048 tokens: {few * 1e3:F0} ms on two GPUs, at EP8 {fast * 1e3:F0} ms over NVLink and {slow * 1e3:F0} ms over 100G Ethernet", "tokens are few enough for this network");
    }

    private static LessonOutcome Hardware(LessonBench bench)
    {
        // H200 is H100 with 1.4 times the bandwidth.
        var (h100, h200) = (bench.Deployment("llama-2-70b", split: new Parallelism(2)), bench.Deployment("llama-2-70b", split: new Parallelism(2), gpu: "h200"));
        var (decode, prefill) = (Seconds(h100) / Seconds(h200), Prefill(h100) / Prefill(h200));
        return LessonOutcome.Of(decode > 1.15 && prefill < 1.1, $"H200 over H100, the same compute and ×{h200.Gpu.HbmBytesPerSecond / h100.Gpu.HbmBytesPerSecond:F2} the bandwidth: decode ×{decode:F2}, prefill ×{prefill:F2}", "kernels differ in more than bandwidth");
    }
}
