using MathNet.Numerics.LinearAlgebra;

namespace Cluster.Scenarios.Fitting;

/// <summary>A parameter of a fit and its physically plausible range.</summary>
public readonly record struct FitParameter(string Name, double Start, double Least, double Most)
{
    /// <summary>Fixed at a value, e.g. one taken from a sibling curve.</summary>
    public static FitParameter Fixed(string name, double value) => new(name, value, value, value);
}

/// <summary>What came of a fit; errors are absolute percentage errors as fractions, on rows held out.</summary>
public sealed record FitResult(double[] Values, int Rows, int HeldOut, double MedianApeBefore, double MedianApe, double P90Ape)
{
    /// <summary>Cost on the rows fitted: what chooses between forms.</summary>
    public double Loss { get; init; }

    /// <summary>Measured and predicted seconds of the rows held out.</summary>
    public IReadOnlyList<(double Measured, double Predicted)> Pairs { get; init; } = [];
}

/// <summary>
/// Least squares on log(predicted ÷ measured), so that a microsecond and a second weigh alike; outliers weigh less (soft L1).
/// Levenberg–Marquardt inside bounds; a seeded random fifth is held out and only ever scored (of small tables each fifth in turn).
/// </summary>
public static class CurveFit
{
    private const double OutlierScale = 0.05;
    private const int MaxTrainingRows = 6000;
    private const int Iterations = 80;
    private const int FewRows = 200;
    private const int Folds = 5;

    /// <param name="predict">Seconds predicted for a row under the given values; must be positive.</param>
    public static FitResult Run<TRow>(
        IReadOnlyList<TRow> rows, Func<TRow, double> measuredSeconds, Func<double[], TRow, double> predict, IReadOnlyList<FitParameter> parameters, ulong seed = 1)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(parameters);
        var random = new Cluster.Engine.Units.RandomStream(seed, "hold-out");
        var (train, test) = (new List<TRow>(), new List<TRow>());
        foreach (var row in rows) (random.NextDouble() < 0.2 ? test : train).Add(row);
        for (var i = train.Count - 1; i > 0; i--)
        {
            var j = (int)(random.NextDouble() * (i + 1));
            (train[i], train[j]) = (train[j], train[i]);
        }

        if (rows.Count < FewRows) return RunInFolds(rows, train, measuredSeconds, predict, parameters);
        if (train.Count > MaxTrainingRows) train.RemoveRange(MaxTrainingRows, train.Count - MaxTrainingRows);
        var start = parameters.Select(p => p.Start).ToArray();
        var problem = new Problem<TRow>(train, measuredSeconds, predict, parameters);
        var values = problem.Solve(start);
        var (before, _) = Errors(test, measuredSeconds, predict, start);
        var (median, p90) = Errors(test, measuredSeconds, predict, values);
        return new FitResult(values, rows.Count, test.Count, before, median, p90) { Loss = problem.LossAt(values), Pairs = [.. test.Select(r => (measuredSeconds(r), predict(values, r)))] };
    }

    /// <summary>How a curve that is fitted already does on rows: nothing is solved.</summary>
    public static FitResult Score<TRow>(IReadOnlyList<TRow> rows, Func<TRow, double> measuredSeconds, Func<TRow, double> predict)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var (median, p90) = Errors(rows, measuredSeconds, (_, row) => predict(row), []);
        return new FitResult([], rows.Count, 0, median, median, p90);
    }

    /// <summary>
    /// A small table's random fifth is a dozen rows and its median an accident: each fifth is held out in turn, every row is scored by
    /// a fit that never saw it, and the values kept come from all rows.
    /// </summary>
    private static FitResult RunInFolds<TRow>(
        IReadOnlyList<TRow> rows, List<TRow> shuffledTrain, Func<TRow, double> measuredSeconds, Func<double[], TRow, double> predict, IReadOnlyList<FitParameter> parameters)
    {
        List<TRow> shuffled = [.. shuffledTrain, .. rows.Except(shuffledTrain)];
        var start = parameters.Select(p => p.Start).ToArray();
        var pairs = new List<(double Measured, double Predicted)>();
        for (var fold = 0; fold < Folds; fold++)
        {
            var train = shuffled.Where((_, i) => i % Folds != fold).ToList();
            var values = new Problem<TRow>(train, measuredSeconds, predict, parameters).Solve(start);
            pairs.AddRange(shuffled.Where((_, i) => i % Folds == fold).Select(r => (measuredSeconds(r), predict(values, r))));
        }

        var whole = new Problem<TRow>(shuffled, measuredSeconds, predict, parameters);
        var kept = whole.Solve(start);
        var errors = pairs.Select(p => Math.Abs((p.Predicted / p.Measured) - 1)).Order().ToArray();
        var (before, _) = Errors(rows, measuredSeconds, predict, start);
        return new FitResult(kept, rows.Count, rows.Count, before, errors[errors.Length / 2], errors[(int)(errors.Length * 0.9)]) { Loss = whole.LossAt(kept), Pairs = pairs };
    }

    /// <summary>Median and 90th percentile of |predicted ÷ measured − 1|.</summary>
    public static (double Median, double P90) Errors<TRow>(
        IReadOnlyList<TRow> rows, Func<TRow, double> measured, Func<double[], TRow, double> predict, double[] values)
    {
        var errors = rows.Select(r => Math.Abs((predict(values, r) / measured(r)) - 1)).Order().ToArray();
        return errors.Length == 0 ? (double.NaN, double.NaN) : (errors[errors.Length / 2], errors[(int)(errors.Length * 0.9)]);
    }

    private sealed class Problem<TRow>(List<TRow> rows, Func<TRow, double> measured, Func<double[], TRow, double> predict, IReadOnlyList<FitParameter> parameters)
    {
        private readonly double[] _logs = [.. rows.Select(r => Math.Log(measured(r)))];
        private readonly int[] _free = [.. Enumerable.Range(0, parameters.Count).Where(i => parameters[i].Most > parameters[i].Least)];

        public double[] Solve(double[] start)
        {
            var (x, damping) = (start, 1e-2);
            var residuals = Residuals(x);
            var cost = Cost(residuals);
            for (var i = 0; i < Iterations && damping < 1e10; i++)
            {
                var next = Step(x, residuals, damping);
                var nextResiduals = Residuals(next);
                var nextCost = Cost(nextResiduals);
                if (nextCost < cost)
                {
                    var gain = (cost - nextCost) / cost;
                    (x, residuals, cost, damping) = (next, nextResiduals, nextCost, damping * 0.3);
                    if (gain < 1e-7) break;
                }
                else damping *= 5;
            }

            return x;
        }

        public double LossAt(double[] x) => Cost(Residuals(x));

        private double[] Residuals(double[] x)
        {
            var residuals = new double[rows.Count];
            for (var i = 0; i < residuals.Length; i++) residuals[i] = Math.Log(predict(x, rows[i])) - _logs[i];
            return residuals;
        }

        private static double Cost(double[] residuals)
        {
            double sum = 0;
            foreach (var r in residuals) sum += Math.Sqrt(1 + (r / OutlierScale * (r / OutlierScale))) - 1;
            return sum;
        }

        private double[] Step(double[] x, double[] residuals, double damping)
        {
            var count = _free.Length;
            var jacobian = _free.Select(i => Derivative(x, residuals, i)).ToArray();
            var normal = Matrix<double>.Build.Dense(count, count);
            var gradient = Vector<double>.Build.Dense(count);
            for (var r = 0; r < residuals.Length; r++)
            {
                var scaled = residuals[r] / OutlierScale;
                var weight = 1 / Math.Sqrt(1 + (scaled * scaled));
                for (var i = 0; i < count; i++)
                {
                    gradient[i] += weight * jacobian[i][r] * residuals[r];
                    for (var j = 0; j <= i; j++) normal[i, j] += weight * jacobian[i][r] * jacobian[j][r];
                }
            }

            for (var i = 0; i < count; i++)
            {
                for (var j = i + 1; j < count; j++) normal[i, j] = normal[j, i];
                normal[i, i] += (damping * normal[i, i]) + 1e-12;
            }

            var step = normal.Solve(gradient);
            var next = (double[])x.Clone();
            for (var i = 0; i < count; i++)
            {
                var p = parameters[_free[i]];
                next[_free[i]] = Math.Clamp(x[_free[i]] - (step[i] * (p.Most - p.Least)), p.Least, p.Most);
            }

            return next;
        }

        /// <summary>By a forward difference of a millionth of the range, inward at the upper bound.</summary>
        private double[] Derivative(double[] x, double[] residuals, int index)
        {
            var p = parameters[index];
            var h = 1e-6 * (p.Most - p.Least);
            if (x[index] + h > p.Most) h = -h;
            var moved = (double[])x.Clone();
            moved[index] += h;
            var there = Residuals(moved);
            for (var i = 0; i < there.Length; i++) there[i] = (there[i] - residuals[i]) / h * (p.Most - p.Least);
            return there;
        }
    }
}
