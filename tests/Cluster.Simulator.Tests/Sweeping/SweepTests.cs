using Cluster.Scenarios;
using Cluster.Simulator.Sweeping;

namespace Cluster.Simulator.Tests.Sweeping;

public sealed class SweepTests
{
    private static SweepPlan Plan(params string[] axes) =>
        SweepPlan.Of(SmallScenario.Source(), SmallScenario.Catalog, [.. axes.Select(SweepAxis.Parse)]);

    [Fact]
    public void The_cross_product_is_walked_with_the_last_axis_fastest()
    {
        var plan = Plan("weights=bf16,fp8", "workload.rate=5/s,10/s,20/s");
        plan.Points.Select(p => string.Join(' ', p.Values)).ShouldBe(["bf16 5/s", "bf16 10/s", "bf16 20/s", "fp8 5/s", "fp8 10/s", "fp8 20/s"]);
    }

    [Fact]
    public void Commas_inside_braces_belong_to_their_value() =>
        SweepAxis.Parse("workload.synthetic.input={ mean: 5, min: 2 },7").Values.ShouldBe(["{ mean: 5, min: 2 }", "7"]);

    [Fact]
    public void Rows_do_not_depend_on_the_degree_of_parallelism()
    {
        var plan = Plan("weights=bf16,fp8", "workload.rate=5/s,40/s");
        var alone = SweepRunner.Run(plan, degree: 1);
        var order = new List<SweepRow>();
        var together = SweepRunner.Run(plan, degree: 4, finished: order.Add);
        together.Select(r => string.Join(' ', r.Cells)).ShouldBe(alone.Select(r => string.Join(' ', r.Cells)));
        order.ShouldBe(together);
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("json")]
    public void A_sweep_cut_off_in_the_middle_resumes_to_the_same_file(string ending)
    {
        var plan = Plan("weights=bf16,fp8", "workload.rate=5/s,40/s");
        var path = Path.Combine(Path.GetTempPath(), $"xpyd-sweep-{Guid.NewGuid():N}.{ending}");
        try
        {
            var rows = Write(path, plan, null);
            var whole = File.ReadAllText(path);
            using (var cut = SweepFile.Create(path, plan))
                foreach (var row in rows.Take(2)) cut.Append(row);
            if (ending == "csv") File.AppendAllText(path, "fp8,5/s,1A,1,");

            var known = SweepFile.ReadKnown(path);
            known.Count.ShouldBe(2);
            Write(path, plan, known);
            File.ReadAllText(path).ShouldBe(whole);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_sweep_that_is_interrupted_again_while_it_resumes_loses_nothing()
    {
        var plan = Plan("weights=bf16,fp8", "workload.rate=5/s,40/s");
        var path = Path.Combine(Path.GetTempPath(), $"xpyd-sweep-{Guid.NewGuid():N}.json");
        try
        {
            var rows = Write(path, plan, null);
            var known = SweepFile.ReadKnown(path).Where(r => r.Key != plan.Points[1].Fingerprint).ToDictionary();
            SweepFile.Create(path, plan, known).Dispose();
            SweepFile.ReadKnown(path).Keys.ShouldBe(known.Keys, ignoreOrder: true);
            using (var file = SweepFile.Create(path, plan, known))
                foreach (var row in rows) file.Append(row);
            SweepFile.ReadKnown(path).Count.ShouldBe(4);
            SweepFile.PutInOrder(path, plan, rows);
            SweepFile.ReadKnown(path).Keys.ShouldBe(plan.Points.Select(p => p.Fingerprint));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_variant_without_the_pool_that_is_swept_is_run_once()
    {
        var source = SmallScenario.Source(SmallScenario.Text + "\ncompare: { apart: { topology: { shape: 1P1D, gpu: h100-sxm, link: ib-ndr-400x4 } } }\n");
        var plan = SweepPlan.Of(source, SmallScenario.Catalog, [SweepAxis.Parse("topology.prefill.instances=1,2"), SweepAxis.Parse("workload.rate=5/s,10/s")]);
        plan.Points.Select(p => $"{p.VariantName} {string.Join('|', p.Values)}").ShouldBe(
            ["1A |5/s", "apart 1|5/s", "1A |10/s", "apart 1|10/s", "apart 2|5/s", "apart 2|10/s"], ignoreOrder: true);
        plan.Resolve(plan.Points.Single(p => p.VariantName == "1A" && p.Values[1] == "10/s")).Cluster.Instances.Length.ShouldBe(1);
    }

    [Fact]
    public void Known_rows_are_not_run_again()
    {
        var plan = Plan("workload.rate=5/s,10/s");
        string[] cells = [.. SweepColumns.Names.Select(n => SweepColumns.IsText(n) ? "host" : "42")];
        var rows = SweepRunner.Run(plan, new Dictionary<string, IReadOnlyList<string>> { [plan.Points[1].Fingerprint] = cells });
        rows[1]["goodput_rps"].ShouldBe("42");
        rows[0]["goodput_rps"].ShouldNotBe("42");
    }

    [Fact]
    public void Another_seed_is_another_fingerprint()
    {
        var plan = Plan("seed=1,2");
        plan.Points[0].Fingerprint.ShouldNotBe(plan.Points[1].Fingerprint);
        Plan("seed=1,2").Points[0].Fingerprint.ShouldBe(plan.Points[0].Fingerprint);
    }

    [Fact]
    public void A_sweep_without_axes_says_how_to_name_one() =>
        Should.Throw<ArgumentException>(() => Plan()).Message.ShouldContain("--set workload.rate=2/s,4/s,8/s");

    [Fact]
    public void A_value_that_does_not_validate_is_told_once_and_before_anything_runs()
    {
        var bad = Should.Throw<ScenarioException>(() => Plan("weights=bf16,fp9", "workload.rate=5/s,10/s"));
        bad.Errors.Count.ShouldBe(1);
        bad.Errors[0].Key.ShouldBe("weights");
        bad.Errors[0].Value.ShouldBe("fp9");
    }

    [Fact]
    public void A_path_that_does_not_exist_is_told_once()
    {
        var bad = Should.Throw<ScenarioException>(() => Plan("topologi.tp=1,2,4"));
        bad.Errors.Count.ShouldBe(1);
        bad.Message.ShouldContain("topologi");
    }

    private static IReadOnlyList<SweepRow> Write(string path, SweepPlan plan, IReadOnlyDictionary<string, IReadOnlyList<string>>? known)
    {
        using var file = SweepFile.Create(path, plan);
        return SweepRunner.Run(plan, known, 2, file.Append);
    }
}
