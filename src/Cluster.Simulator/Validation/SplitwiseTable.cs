using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;
using Cluster.Scenarios.Catalogs;
using Cluster.Scenarios.Fitting;

namespace Cluster.Simulator.Validation;

/// <summary>One row of Splitwise's table (arXiv:2311.18677): a batch of equal prompts, then steps of the whole batch.</summary>
public sealed record SplitwiseRow(string Model, string Gpu, int Tp, int PromptTokens, int BatchSize, int OutputTokens, double PromptMs, double TokenMs);

/// <summary>Errors over the table's rows, as fractions.</summary>
public sealed record SplitwiseErrors(int Rows, double PromptMedian, double PromptP90, double TokenMedian, double TokenP90, double Median)
{
    public static SplitwiseErrors Of(IReadOnlyList<double> prompt, IReadOnlyList<double> token) => new(
        prompt.Count, At(prompt, 0.5), At(prompt, 0.9), At(token, 0.5), At(token, 0.9), At([.. prompt, .. token], 0.5));

    private static double At(IReadOnlyList<double> errors, double share) => errors.Order().ElementAt((int)(share * (errors.Count - 1)));
}

/// <summary>Reads the table and predicts its prompt and token times from the cost model alone: it timed steps, not a loop of clients.</summary>
public static class SplitwiseTable
{
    private const int FitIterations = 30;

    private static readonly Dictionary<string, string> s_gpus = new() { ["a100-80gb"] = "a100-80g", ["h100-80gb"] = "h100-sxm" };

    /// <summary>The measured rows, repetitions averaged; power-capped ones are synthetic and left out.</summary>
    public static IReadOnlyList<SplitwiseRow> Read(string file) =>
        [.. KernelTable.ReadFile(file).Where(r => s_gpus.ContainsKey(r["hardware"]))
            .GroupBy(r => (Model: r["model"], Gpu: s_gpus[r["hardware"]], Tp: r["tensor_parallel"], Prompt: r["prompt_size"], Batch: r["batch_size"], Output: r["token_size"]))
            .Select(g => new SplitwiseRow(
                g.Key.Model, g.Key.Gpu, int.Parse(g.Key.Tp, System.Globalization.CultureInfo.InvariantCulture), (int)g.First().Number("prompt_size"), (int)g.First().Number("batch_size"),
                (int)g.First().Number("token_size"), g.Average(r => r.Number("prompt_time")), g.Average(r => r.Number("token_time"))))];

    /// <summary>Prompt and token time in milliseconds.</summary>
    public static (double PromptMs, double TokenMs) Predict(SplitwiseRow row, Catalog catalog, EngineProfile profile)
    {
        ArgumentNullException.ThrowIfNull(row);
        ArgumentNullException.ThrowIfNull(catalog);
        var model = catalog.FindModel(row.Model) ?? throw new ArgumentException($"Model {row.Model} is not in the catalog.");
        var deployment = new Deployment(model, catalog.Gpus[row.Gpu], new Parallelism(row.Tp), NumberFormat.Bf16, NumberFormat.Bf16) { Engine = profile, Fusion = false, CudaGraphs = false };
        var cost = new StepCostModel(deployment);
        long n = row.PromptTokens, batch = row.BatchSize;
        var prompt = cost.Evaluate(new StepShape
        {
            PrefillSequences = row.BatchSize,
            PrefillTokens = batch * n,
            PrefillPairs = batch * n * (n + 1) / 2,
            PrefillBoundedPairs = batch * n * (n + 1) / 2,
            PrefillContextTokens = batch * n,
            SampledSequences = row.BatchSize,
        });
        var context = batch * (n + (row.OutputTokens / 2));
        var token = cost.Evaluate(new StepShape
        {
            DecodeSequences = row.BatchSize,
            DecodeTokensPerSequence = 1,
            DecodeContextTokens = context,
            DecodeBoundedContextTokens = context,
            SampledSequences = row.BatchSize,
        });
        return (prompt.DurationSeconds * 1e3, token.DurationSeconds * 1e3);
    }

    /// <summary>Absolute errors over all rows.</summary>
    public static SplitwiseErrors Errors(IReadOnlyList<SplitwiseRow> rows, Catalog catalog, EngineProfile profile)
    {
        var pairs = rows.Select(r => (Row: r, Predicted: Predict(r, catalog, profile))).ToList();
        return SplitwiseErrors.Of(
            [.. pairs.Select(p => Math.Abs((p.Predicted.PromptMs / p.Row.PromptMs) - 1))], [.. pairs.Select(p => Math.Abs((p.Predicted.TokenMs / p.Row.TokenMs) - 1))]);
    }

    /// <summary>Fits the profile's host figures on the table.</summary>
    public static HostFitResult Fit(Catalog catalog, string engine, IReadOnlyList<SplitwiseRow> rows)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(rows);
        var (before, figures, weights) = (catalog.Engines[engine], HostFigure.Splitwise, (double[])[.. rows.SelectMany(_ => (double[])[1, 1])]);
        double[] Residuals(double[] values) => [.. rows.SelectMany(r =>
        {
            var (prompt, token) = Predict(r, catalog, HostFigure.Apply(figures, before, values));
            return (double[])[Math.Log(prompt / r.PromptMs), Math.Log(token / r.TokenMs)];
        })];
        double LossAt(double[] values) => HostLeastSquares.Loss(figures, values, Residuals(values), weights);
        double[] committed = [.. figures.Select(f => f.Get(before))];
        var values = HostFigure.Written(figures, HostLeastSquares.Solve(figures, Residuals, weights, FitIterations).Values, committed, LossAt);
        return new HostFitResult(HostFigure.Apply(figures, before, values), rows.Count, LossAt(committed), LossAt(values));
    }
}
