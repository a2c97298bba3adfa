using Cluster.Simulator.Validation;

namespace Cluster.Simulator.Tests.Validation;

/// <summary>The fit of host figures, on data whose figures are known.</summary>
public sealed class HostLeastSquaresTests
{
    private static readonly HostFigure[] s_figures = [.. HostFigure.Serving.Take(3)];
    private static readonly double[] s_truth = [1e-3, 0.6, 20e-6];

    [Fact]
    public void A_fit_goes_from_the_prior_to_the_figures_that_made_the_data_though_a_tenth_of_it_is_wrong()
    {
        var weights = Enumerable.Repeat(1.0, 100).ToArray();
        var fit = HostLeastSquares.Solve(s_figures, Residuals, weights, iterations: 20);
        for (var i = 0; i < s_figures.Length; i++)
            Math.Abs(fit.Values[i] - s_truth[i]).ShouldBeLessThan(0.75 * Math.Abs(s_figures[i].Prior - s_truth[i]), s_figures[i].Name);
    }

    [Fact]
    public void Rows_of_no_weight_do_not_move_the_figures_and_the_prior_decides_what_rows_leave_open()
    {
        var none = HostLeastSquares.Solve(s_figures, Residuals, new double[100], iterations: 3);
        for (var i = 0; i < s_figures.Length; i++) none.Values[i].ShouldBe(s_figures[i].Prior, 1e-9);
    }

    [Fact]
    public void Figures_stay_in_their_range()
    {
        double[] Far(double[] values) => [.. Residuals(values).Select(r => r - 3)];
        var fit = HostLeastSquares.Solve(s_figures, Far, Enumerable.Repeat(1.0, 100).ToArray(), iterations: 20);
        for (var i = 0; i < s_figures.Length; i++) fit.Values[i].ShouldBeInRange(s_figures[i].Least, s_figures[i].Most);
    }

    /// <summary>Steps of 1–100 sequences: 5 ms of kernels, of which 4 ms are floors; every tenth row is twice as long.</summary>
    private static double[] Residuals(double[] values) =>
        [.. Enumerable.Range(1, 100).Select(n => Math.Log(Seconds(values, n) / Seconds(s_truth, n) / (n % 10 == 0 ? 2 : 1)))];

    private static double Seconds(double[] v, int n) => v[0] + (v[1] * (4e-3 + (n % 7 * 1e-3))) + (v[2] * n) + 1e-3;
}
