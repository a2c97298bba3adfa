using MathNet.Numerics.LinearAlgebra;

namespace Cluster.Simulator.Validation;

/// <summary>Residuals ln(predicted ÷ measured) at some figures, and how they change with each, per share of its range.</summary>
public sealed record Linearisation(double[] Values, double[] Residuals, double[][] Slopes);

/// <summary>
/// Weighted least squares over a figure's plausible range; large residuals weigh less (soft L1), and a weak prior decides what the
/// points leave open. Predictions are simulations, so differences are taken over a fiftieth of each range.
/// </summary>
public static class HostLeastSquares
{
    private const double OutlierScale = 0.15;
    private const double Difference = 0.02;
    private const int Reweightings = 30;

    /// <summary>
    /// Pull towards the prior per squared share of the range, as a share of the weight of one group of rows: what one group says must say it more clearly
    /// than what several agree on, since it may be the group's and not the engine's.
    /// </summary>
    private const double PriorWeight = 0.09;

    /// <summary>Groups that rows are taken for unless said.</summary>
    private const int Groups = 3;

    /// <summary>Most that a figure moves in one step, as a share of its range: further the slopes are not to be believed.</summary>
    private const double TrustedMove = 0.2;

    /// <param name="residuals">Simulates and compares; same order at every call.</param>
    /// <param name="weights">One per residual.</param>
    /// <param name="groups">Groups of rows (a model on a GPU) that the residuals are of.</param>
    public static Linearisation Solve(IReadOnlyList<HostFigure> figures, Func<double[], double[]> residuals, IReadOnlyList<double> weights, int iterations, int groups = Groups)
    {
        ArgumentNullException.ThrowIfNull(figures);
        ArgumentNullException.ThrowIfNull(residuals);
        var at = Linearise(figures, residuals, [.. figures.Select(f => f.Prior)]);
        for (var i = 0; i < iterations; i++)
        {
            var next = Step(figures, at, weights, groups);
            var (before, after) = (Loss(figures, at.Values, at.Residuals, weights, groups), Loss(figures, next, residuals(next), weights, groups));
            for (var halvings = 0; after > before && halvings < 3; halvings++)
            {
                next = [.. next.Select((v, k) => (v + at.Values[k]) / 2)];
                after = Loss(figures, next, residuals(next), weights, groups);
            }

            if (after > before - (1e-4 * Math.Abs(before))) break;
            at = Linearise(figures, residuals, next);
        }

        return at;
    }

    /// <summary>The best values as the slopes have it; leaving out rows (weight 0) gives what a fit without them would find.</summary>
    public static double[] Step(IReadOnlyList<HostFigure> figures, Linearisation at, IReadOnlyList<double> weights, int groups = Groups)
    {
        ArgumentNullException.ThrowIfNull(figures);
        ArgumentNullException.ThrowIfNull(at);
        ArgumentNullException.ThrowIfNull(weights);
        var count = figures.Count;
        var move = new double[count];
        var prior = PriorWeight / Math.Max(1, groups) * weights.Sum() / (OutlierScale * OutlierScale);
        for (var round = 0; round < Reweightings; round++)
        {
            var (normal, gradient) = Normal(at, weights, move);
            for (var i = 0; i < count; i++)
            {
                var range = figures[i].Most - figures[i].Least;
                normal[i, i] += prior + 1e-9;
                gradient[i] += prior * (((at.Values[i] - figures[i].Prior) / range) + move[i]);
            }

            var step = SolveInside(figures, at, move, normal, gradient);
            for (var i = 0; i < count; i++) move[i] += step[i];
        }

        return [.. figures.Select((f, i) => Math.Clamp(at.Values[i] + (move[i] * (f.Most - f.Least)), f.Least, f.Most))];
    }

    /// <summary>Mean loss: soft L1 of the residuals, in units of their size, and the prior's pull.</summary>
    public static double Loss(IReadOnlyList<HostFigure> figures, IReadOnlyList<double> values, IReadOnlyList<double> residuals, IReadOnlyList<double> weights, int groups = Groups)
    {
        ArgumentNullException.ThrowIfNull(figures);
        ArgumentNullException.ThrowIfNull(residuals);
        ArgumentNullException.ThrowIfNull(weights);
        double sum = 0, pull = 0;
        for (var r = 0; r < residuals.Count; r++) sum += weights[r] * (Math.Sqrt(1 + Math.Pow(residuals[r] / OutlierScale, 2)) - 1) * OutlierScale;
        for (var i = 0; i < figures.Count; i++) pull += Math.Pow((values[i] - figures[i].Prior) / (figures[i].Most - figures[i].Least), 2);
        return (sum / weights.Sum()) + (PriorWeight / Math.Max(1, groups) / OutlierScale / 2 * pull);
    }

    private static Linearisation Linearise(IReadOnlyList<HostFigure> figures, Func<double[], double[]> residuals, double[] values)
    {
        var here = residuals(values);
        var slopes = new double[figures.Count][];
        for (var i = 0; i < figures.Count; i++)
        {
            var range = figures[i].Most - figures[i].Least;
            var h = values[i] + (Difference * range) > figures[i].Most ? -Difference : Difference;
            var moved = (double[])values.Clone();
            moved[i] += h * range;
            slopes[i] = [.. residuals(moved).Select((r, k) => (r - here[k]) / h)];
        }

        return new Linearisation(values, here, slopes);
    }

    private static (Matrix<double> Normal, Vector<double> Gradient) Normal(Linearisation at, IReadOnlyList<double> weights, double[] move)
    {
        var count = at.Values.Length;
        var (normal, gradient) = (Matrix<double>.Build.Dense(count, count), Vector<double>.Build.Dense(count));
        for (var r = 0; r < at.Residuals.Length; r++)
        {
            if (weights[r] == 0) continue;
            var residual = at.Residuals[r];
            for (var i = 0; i < count; i++) residual += at.Slopes[i][r] * move[i];
            var weight = weights[r] / (OutlierScale * OutlierScale) / Math.Sqrt(1 + Math.Pow(residual / OutlierScale, 2));
            for (var i = 0; i < count; i++)
            {
                gradient[i] += weight * at.Slopes[i][r] * residual;
                for (var j = 0; j < count; j++) normal[i, j] += weight * at.Slopes[i][r] * at.Slopes[j][r];
            }
        }

        return (normal, gradient);
    }

    /// <summary>A Newton step; figures that it drives out of their range, or out of what the slopes cover, stay at the edge and the rest is solved again.</summary>
    private static double[] SolveInside(IReadOnlyList<HostFigure> figures, Linearisation at, double[] move, Matrix<double> normal, Vector<double> gradient)
    {
        var count = figures.Count;
        var (step, free) = (new double[count], Enumerable.Range(0, count).ToList());
        while (free.Count > 0)
        {
            var right = Vector<double>.Build.Dense(free.Count, k => -gradient[free[k]] - Enumerable.Range(0, count).Except(free).Sum(j => normal[free[k], j] * step[j]));
            var solved = Matrix<double>.Build.Dense(free.Count, free.Count, (a, b) => normal[free[a], free[b]]).Solve(right);
            var held = new List<int>();
            for (var k = 0; k < free.Count; k++)
            {
                var (f, i) = (figures[free[k]], free[k]);
                var range = f.Most - f.Least;
                var (least, most) = (Math.Max(-TrustedMove, (f.Least - at.Values[i]) / range), Math.Min(TrustedMove, (f.Most - at.Values[i]) / range));
                step[i] = Math.Clamp(move[i] + solved[k], least, most) - move[i];
                if (step[i] != solved[k]) held.Add(i);
            }

            if (held.Count == 0) break;
            free.RemoveAll(held.Contains);
        }

        return step;
    }
}
