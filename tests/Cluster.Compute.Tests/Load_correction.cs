using Cluster.Compute.Calibration;

namespace Cluster.Compute.Tests;

public sealed class Load_correction
{
    private readonly LoadCorrection _correction = new(SliceLadder.Rows.Count);

    [Fact]
    public void A_stretch_that_the_run_itself_causes_is_divided_out_and_announced()
    {
        Feed(rung: 0, ratio: 1.14, slices: 10 * LoadCorrection.Window);
        _correction.Correct(0, 1.14).ShouldBe(1, 0.001);
        _correction.Note.ShouldNotBeNull().ShouldContain("1.14 ×");
    }

    [Fact]
    public void Nothing_is_corrected_before_there_is_anything_to_judge_by()
    {
        Feed(rung: 0, ratio: 1.14, slices: LoadCorrection.FirstLook - 2);
        _correction.Correct(0, 1.14).ShouldBe(1.14);
        _correction.Note.ShouldBeNull();
    }

    [Fact]
    public void A_lone_instance_is_corrected_within_its_first_handful_of_steps()
    {
        Feed(rung: 0, ratio: 1.23, slices: LoadCorrection.FirstLook);
        _correction.Correct(0, 1.23).ShouldBe(1, 0.001);
    }

    [Fact]
    public void A_load_that_changes_is_followed_within_a_window()
    {
        Feed(rung: 0, ratio: 1.3, slices: 2 * LoadCorrection.Window);
        Feed(rung: 0, ratio: 1.05, slices: LoadCorrection.Window);
        _correction.Correct(0, 1.05).ShouldBe(1, 0.01);
    }

    [Fact]
    public void Bursts_leave_the_correction_alone_and_show()
    {
        for (var i = 0; i < 10 * LoadCorrection.Window; i++) _correction.Correct(0, i % 3 == 0 ? 5 : 1);
        _correction.Largest.ShouldBe(1);
        _correction.Correct(0, 5).ShouldBe(5);
    }

    [Fact]
    public void A_host_that_is_three_times_too_slow_is_not_excused()
    {
        Feed(rung: 0, ratio: 3, slices: 10 * LoadCorrection.Window);
        _correction.Correct(0, 3).ShouldBe(3 / LoadCorrection.Limit, 0.001);
    }

    [Fact]
    public void A_host_that_is_twice_as_fast_as_its_calibration_makes_no_step_shorter()
    {
        Feed(rung: 0, ratio: 0.5, slices: 10 * LoadCorrection.Window);
        _correction.Correct(0, 0.5).ShouldBe(1, 0.001);
    }

    [Fact]
    public void Each_rung_learns_for_itself()
    {
        Feed(rung: 0, ratio: 1.3, slices: LoadCorrection.Window);
        _correction.Correct(5, 1.1).ShouldBe(1.1);
    }

    private void Feed(int rung, double ratio, int slices)
    {
        for (var i = 0; i < slices; i++) _correction.Correct(rung, ratio);
    }
}
