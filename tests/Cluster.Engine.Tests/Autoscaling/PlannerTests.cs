using Cluster.Engine.Autoscaling;
using Cluster.Engine.Autoscaling.Prediction;
using Cluster.Engine.Units;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Autoscaling;

public sealed class PlannerTests
{
    private const long Second = Time.Second;

    [Fact]
    public void Misses_add_one_instance_and_no_second_before_the_first_serves()
    {
        var planner = Aggregated(instances: 4, initial: 1);
        Miss(planner);
        var action = planner.Tick(5 * Second, _ => 0).ShouldHaveSingleItem();
        (action.Step, action.Instance).ShouldBe((ScaleStep.Provision, 1));
        Miss(planner);
        planner.Tick(10 * Second, _ => 0).ShouldBeEmpty();
        planner.Fleet.Started(1).ShouldBeTrue();
        Miss(planner);
        planner.Tick(15 * Second, _ => 0).ShouldHaveSingleItem().Instance.ShouldBe(2);
    }

    [Fact]
    public void Easy_objectives_drain_the_idlest_and_it_is_off_only_once_it_is_empty()
    {
        var planner = Aggregated(instances: 3, initial: 3);
        planner.FirstToken(Time.Millisecond);
        var action = planner.Tick(5 * Second, i => i == 1 ? 0 : 5).ShouldHaveSingleItem();
        (action.Step, action.Instance).ShouldBe((ScaleStep.Drain, 1));
        (planner.Fleet[1], planner.Fleet.Gpus).ShouldBe((InstancePower.Draining, 3));
        planner.Fleet.Emptied(1);
        planner.Fleet.Gpus.ShouldBe(2);
    }

    [Fact]
    public void A_draining_instance_is_opened_again_before_a_cold_one_is_started()
    {
        var planner = Aggregated(instances: 3, initial: 2);
        planner.Tick(5 * Second, i => i);
        planner.Fleet[0].ShouldBe(InstancePower.Draining);
        Miss(planner);
        var action = planner.Tick(10 * Second, _ => 0).ShouldHaveSingleItem();
        (action.Step, action.Instance).ShouldBe((ScaleStep.Reopen, 0));
    }

    [Fact]
    public void Neither_the_budget_nor_the_bounds_are_exceeded()
    {
        var planner = Aggregated(instances: 8, initial: 2, spec => spec with { GpuBudget = 3, ProvisioningNs = 0 });
        for (var tick = 1; tick < 10; tick++)
        {
            Miss(planner);
            foreach (var action in planner.Tick(tick * 5 * Second, _ => 0)) planner.Fleet.Started(action.Instance);
        }

        planner.Fleet.Gpus.ShouldBe(3);
        var idle = Aggregated(instances: 8, initial: 2);
        for (var tick = 1; tick < 10; tick++) idle.Tick(tick * 5 * Second, _ => 0);
        idle.Fleet.Wanted("aggregated").ShouldBe(1);
    }

    [Fact]
    public void The_floor_is_the_predicted_load_over_what_one_instance_can_do()
    {
        var planner = Aggregated(instances: 50, initial: 1);
        var instance = Clusters.Instance();
        // 180 s of 20 requests per second, 1,000 tokens in and 100 out.
        for (var i = 0; i < 3600; i++)
        {
            planner.Arrived();
            planner.Completed(Clusters.Request(i, 1000, 100), 0, 1);
        }

        planner.Tick(180 * Second, _ => 0);
        var busy = (20 * 1000 / InstanceCapacity.PrefillTokensPerSecond(instance, 1000))
            + (20 * 100 / InstanceCapacity.DecodeTokensPerSecond(instance, 1050, 50 * Time.Millisecond));
        busy.ShouldBeGreaterThan(1);
        planner.Floor("aggregated").ShouldBe((int)Math.Ceiling(busy));
        planner.Fleet.Wanted("aggregated").ShouldBe(planner.Floor("aggregated"));
    }

    [Fact]
    public void Capacity_keeps_to_the_time_per_token()
    {
        var instance = Clusters.Instance();
        // 5 ms and 0.01 µs per token of context: at 1,000 tokens each, 100 sequences take 6 ms.
        InstanceCapacity.DecodeTokensPerSecond(instance, 1000, 6 * Time.Millisecond).ShouldBe(100 / 0.006, 200);
        InstanceCapacity.DecodeTokensPerSecond(instance, 1000, null).ShouldBeGreaterThan(20_000);
    }

    [Fact]
    public void Predictors_follow_the_last_the_mean_and_the_season()
    {
        double Predict(string name, Dictionary<string, double> dials, params double[] rates)
        {
            var predictor = Predictors.Registry.Create(name, dials);
            foreach (var rate in rates) predictor.Observe(rate);
            return predictor.Predict();
        }

        Predict("constant", [], 1, 2, 9).ShouldBe(9);
        Predict("moving-average", new() { ["window"] = 2 }, 1, 2, 4).ShouldBe(3);
        // Twice the load of a season ago, so twice what followed then.
        Predict("seasonal", new() { ["season"] = 3 }, 1, 5, 9, 2).ShouldBe(10);
    }

    private static void Miss(Planner planner) => planner.FirstToken(3 * Second);

    private static Planner Aggregated(int instances, int initial, Func<AutoscaleSpec, AutoscaleSpec>? change = null)
    {
        var spec = new AutoscaleSpec { Pools = [new PoolScale("aggregated", 1, instances, initial)] };
        return new Planner(Clusters.Aggregated(instances), change?.Invoke(spec) ?? spec);
    }
}
