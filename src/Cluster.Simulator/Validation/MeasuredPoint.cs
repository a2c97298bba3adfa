using System.Globalization;
using Cluster.Scenarios.Fitting;

namespace Cluster.Simulator.Validation;

/// <summary>One measured serving point: what ran, and mean TTFT and TPOT in milliseconds.</summary>
/// <param name="Concurrency">Requests in flight of the closed loop.</param>
/// <param name="Prefill">Prefill workers; null when aggregated.</param>
/// <param name="Serving">Decode workers, or the aggregated ones.</param>
public sealed record MeasuredPoint(
    string Id, string Engine, string EngineVersion, string Model, string System, string GemmFormat, string MoeFormat, int InputTokens, int OutputTokens, int Concurrency,
    WorkerShape? Prefill, WorkerShape Serving, double TtftMs, double TpotMs)
{
    /// <summary>
    /// Shortest and longest requests, as shares of the stated lengths. Dated rows are InferenceX runs, which draw from 0.8–1.0.
    /// Rows without a date are others': between their output lengths a prompt's cost grows linearly with the stated length and
    /// fits the measured kernels at that length, so they are taken to scatter around it.
    /// </summary>
    public (double Least, double Most) LengthShares { get; init; } = (0.8, 1.0);

    /// <summary>When it ran; null for rows without a date, whose launch nobody published.</summary>
    public DateOnly? Date { get; init; }

    /// <summary>Reads rows in the column format of the serving tables.</summary>
    /// <exception cref="FormatException">A needed cell is not a number; the message names row and column.</exception>
    public static IReadOnlyList<MeasuredPoint> Read(string file) => [.. KernelTable.ReadFile(file).Select(Of)];

    private static MeasuredPoint Of(TableRow row)
    {
        try
        {
            var split = row["mode"] == "disagg";
            var serving = split ? Worker(row, "decode_", (int)row.Number("decode_num_workers")) : Worker(row, "", 1);
            // Some rows state the batch of each attention replica instead of the concurrency.
            var concurrency = row["silicon_concurrency"].Length > 0 ? (int)row.Number("silicon_concurrency") : (int)row.Number("batch_size") * serving.Dp;
            return new MeasuredPoint(
                row["id"], row["backend"], row["backend_version"], row["model_path"], row["system"], row["gemm_quant_mode"], row["moe_quant_mode"],
                (int)row.Number("isl"), (int)row.Number("osl"), concurrency, split ? Worker(row, "prefill_", (int)row.Number("prefill_num_workers")) : null, serving,
                row.Number("silicon_ttft_ms"), row.Number("silicon_tpot_ms"))
            {
                LengthShares = row["measured_date"].Length > 0 ? (0.8, 1.0) : (0.9, 1.1),
                Date = row["measured_date"].Length > 0 ? DateOnly.ParseExact(row["measured_date"], "yyyy-MM-dd", CultureInfo.InvariantCulture) : null,
            };
        }
        catch (FormatException e)
        {
            throw new FormatException($"Row '{row["id"]}': {e.Message}", e);
        }
    }

    private static WorkerShape Worker(TableRow row, string prefix, int count)
    {
        int Of(string column) => row[prefix + column].Length == 0 ? 1 : Math.Max(1, (int)row.Number(prefix + column));
        return new WorkerShape(count, Of("tp_size"), Of("pp_size"), Of("attention_dp_size"), Of("moe_tp_size"), Of("moe_ep_size"));
    }
}

/// <summary>Workers of one role and their parallelism, as stated.</summary>
public sealed record WorkerShape(int Count, int Tp, int Pp, int Dp, int MoeTp, int MoeEp);
