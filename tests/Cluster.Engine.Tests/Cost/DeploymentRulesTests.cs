using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;
using Cluster.Engine.Topology;

namespace Cluster.Engine.Tests.Cost;

public sealed class DeploymentRulesTests
{
    private static readonly SchedulerSpec s_scheduler = new("vllm", 256, 8192);

    [Fact]
    public void All_reasons_come_together()
    {
        var reasons = DeploymentRules.Check(Steps.Llama8b(kv: NumberFormat.Int4) with { Parallelism = new Parallelism(Tp: 3, Ep: 2) });
        reasons.ShouldContain(r => r.Contains("query heads"));
        reasons.ShouldContain(r => r.Contains("no experts"));
        reasons.ShouldContain(r => r.Contains("kv int4") && r.Contains("bf16, fp8"));
    }

    [Fact]
    public void A_model_that_does_not_fit_is_refused_with_the_numbers()
    {
        var deployment = Steps.Llama8b() with { Gpu = Testing.TestHardware.Gpu(hbmBytes: 16e9) };
        DeploymentRules.CheckFit(deployment, s_scheduler, 0.9).ShouldHaveSingleItem().ShouldContain("16.1 GB weights");
        DeploymentRules.CheckFit(Steps.Llama8b(), s_scheduler, 0.9).ShouldBeEmpty();
    }

    [Fact]
    public void Fp8_kv_doubles_the_tokens_and_tensor_parallelism_divides_a_ranks_share()
    {
        var wide = MemoryPlanner.Plan(Steps.Llama8b(), s_scheduler, 0.9);
        var narrow = MemoryPlanner.Plan(Steps.Llama8b(kv: NumberFormat.Fp8), s_scheduler, 0.9);
        ((double)narrow.KvTokens / wide.KvTokens).ShouldBe(2, 1e-4);
        wide.KvBytesPerToken.ShouldBe(2 * 32 * 8 * 128 * 2);
        MemoryPlanner.Plan(Steps.Llama8b(tp: 4), s_scheduler, 0.9).KvBytesPerToken.ShouldBe(wide.KvBytesPerToken / 4);
    }

    [Fact]
    public void What_is_one_vendors_is_refused_on_anothers_gpu()
    {
        var nvidia = Steps.Llama8b();
        var amd = nvidia with { Gpu = nvidia.Gpu with { Name = "mi300x", Vendor = "amd" } };
        DeploymentRules.Check(amd).ShouldBeEmpty();
        DeploymentRules.Check(amd with { Engine = amd.Engine with { Name = "trtllm", Vendors = ["nvidia"] } }).ShouldHaveSingleItem().ShouldContain("Use vllm or sglang");
        DeploymentRules.Check(nvidia with { Engine = nvidia.Engine with { Vendors = ["nvidia"] } }).ShouldBeEmpty();
        var narrow = amd with { Weights = NumberFormat.Nvfp4, Engine = amd.Engine with { WeightFormats = [NumberFormat.Nvfp4] } };
        DeploymentRules.Check(narrow).ShouldHaveSingleItem().ShouldContain("mxfp4");
    }

    [Fact]
    public void Some_engines_claim_a_share_of_what_weights_leave_and_others_a_share_of_all()
    {
        var ofAll = Steps.Llama8b();
        var ofFree = ofAll with { Engine = ofAll.Engine with { ClaimsShareOfFree = true } };
        var (all, free) = (MemoryPlanner.Plan(ofAll, s_scheduler, 0.8), MemoryPlanner.Plan(ofFree, s_scheduler, 0.8));
        var taken = all.WeightBytes + all.ActivationBytes + all.GraphBytes;
        all.KvBytes.ShouldBe((0.8 * all.HbmBytes) - taken, 1);
        free.KvBytes.ShouldBe(0.8 * (all.HbmBytes - taken), 1);
        (all.Utilization, free.Utilization).ShouldBe((0.8, 0.8));
    }

    [Fact]
    public void An_engine_that_takes_of_what_is_free_is_refused_by_what_the_gpu_has()
    {
        var deployment = Steps.Llama8b() with { Gpu = Testing.TestHardware.Gpu(hbmBytes: 16e9) };
        var ofFree = deployment with { Engine = deployment.Engine with { ClaimsShareOfFree = true } };
        DeploymentRules.CheckFit(ofFree, s_scheduler, 0.9).ShouldHaveSingleItem().ShouldContain("of 16.0 GB. Use more GPUs");
        DeploymentRules.CheckFit(deployment, s_scheduler, 0.9).ShouldHaveSingleItem().ShouldContain("of 14.4 GB usable (90 % of 16.0)");
    }
}
