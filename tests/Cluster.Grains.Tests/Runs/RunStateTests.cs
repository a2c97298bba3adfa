using Cluster.Grains.Messages;

namespace Cluster.Grains.Tests.Runs;

/// <summary>The record of a run, without the grain that keeps it.</summary>
public sealed class RunStateTests
{
    private static readonly RunState s_new = new() { Runs = [new RunMessage("1P1D", DateTime.UnixEpoch, 0)] };

    [Fact]
    public void News_of_several_gateways_add_up()
    {
        var state = s_new.With(News("a", 1, 3)).With(News("b", 1, 4)).With(News("a", 2, 5));
        var run = state.Runs.ShouldHaveSingleItem();
        (run.Tally.Completed, run.Tally.OutputTokens, run.AtNs).ShouldBe((12, 120, 2));
        run.Tally.Ttft!.Counts.Sum().ShouldBe(12);
    }

    [Fact]
    public void News_that_are_said_twice_count_once()
    {
        var once = s_new.With(News("a", 1, 3));
        once.With(News("a", 1, 3)).ShouldBeSameAs(once);
        once.With(News("a", 2, 1)).With(News("a", 1, 3)).Runs[0].Tally.Completed.ShouldBe(4);
    }

    [Fact]
    public void Another_run_ends_the_one_at_hand_and_begins_from_nothing()
    {
        var state = s_new.With(News("a", 1, 3)).Then(new RunMessage("next", DateTime.UnixEpoch.AddHours(1), 7)).With(News("a", 2, 2));
        state.Runs.Select(r => (r.Name, r.Tally.Completed, r.EndedUtc)).ShouldBe([("1P1D", 3, DateTime.UnixEpoch.AddHours(1)), ("next", 2, null)]);
    }

    [Fact]
    public void Runs_and_events_are_bounded_and_the_latest_stay()
    {
        var state = s_new;
        for (var i = 0; i < 600; i++) state = state.With(News("a", i + 1, 1) with { Events = [new RunEvent(i, "scale", $"{i}")] });
        state.Runs[0].Events.Length.ShouldBe(500);
        state.Runs[0].Events[^1].Text.ShouldBe("599");
        for (var i = 0; i < 60; i++) state = state.Then(new RunMessage($"{i}", DateTime.UnixEpoch, 0));
        (state.Runs.Length, state.Runs[^1].Name).ShouldBe((50, "59"));
    }

    [Fact]
    public void Quantiles_of_added_distributions_are_those_of_all_their_durations()
    {
        var random = new Random(5);
        var all = Enumerable.Range(0, 2000).Select(_ => (long)(1e6 * Math.Exp(3 * random.NextDouble()))).ToArray();
        var added = DurationCounts.Sum(null, DurationCounts.Sum(DurationCounts.Of(all[..700]), DurationCounts.Of(all[700..])))!;
        Array.Sort(all);
        foreach (var quantile in new[] { 0.01, 0.5, 0.9, 0.99, 1 })
            added.QuantileNs(quantile)!.Value.ShouldBe(all[(int)Math.Ceiling(quantile * all.Length) - 1], 0.017 * added.QuantileNs(quantile)!.Value);
        DurationCounts.Of([]).QuantileNs(0.5).ShouldBeNull();
        DurationCounts.Sum(null, null).ShouldBeNull();
    }

    private static RunNews News(string gateway, long number, int completed) => new(
        gateway, number, number, new RunTally { Completed = completed, OutputTokens = 10 * completed, Ttft = DurationCounts.Of(Enumerable.Repeat(5_000_000L, completed)) }, []);
}
