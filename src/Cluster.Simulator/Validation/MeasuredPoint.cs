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
    private static readonly string[] s_required = ["id", "backend", "model_path", "system", "isl", "osl", "gemm_quant_mode", "silicon_ttft_ms", "silicon_tpot_ms"];

    /// <summary>
    /// Shortest and longest requests, as shares of the stated lengths. Dated rows are InferenceX runs, which draw from 0.8–1.0.
    /// Rows without a date are others': their TTFT is the same number of prompts' times whatever the output length and nearly whatever the number of
    /// clients, as when all requests are as long as stated and clients stay in step with those that began beside them.
    /// </summary>
    public (double Least, double Most) LengthShares { get; init; } = (0.8, 1.0);

    /// <summary>When it ran; null for rows without a date, whose launch nobody published.</summary>
    public DateOnly? Date { get; init; }

    /// <summary>The engine's version; rows that state none are told apart by the month they ran in.</summary>
    public string VersionOrMonth => EngineVersion.Length > 0 ? EngineVersion : $"{Date:yyyy-MM}";

    /// <summary>Why this row cannot be run: a cell that does not say what its column should; null for all others.</summary>
    public string? Unreadable { get; init; }

    /// <summary>Reads rows in the column format of the serving tables. A row with a cell that makes no sense keeps its place, and says so in <see cref="Unreadable"/>.</summary>
    /// <exception cref="FormatException">Columns are missing that no row can do without: all of them.</exception>
    public static IReadOnlyList<MeasuredPoint> Read(string file)
    {
        var rows = KernelTable.ReadFile(file);
        if (rows.Count == 0) return [];
        var missing = s_required.Where(c => !rows[0].Has(c)).ToList();
        if (!rows[0].Has("silicon_concurrency") && !rows[0].Has("batch_size")) missing.Add("silicon_concurrency (or batch_size)");
        return missing.Count == 0 ? [.. rows.Select(Of)] : throw new FormatException($"It lacks the columns {string.Join(", ", missing)}.");
    }

    private static MeasuredPoint Of(TableRow row)
    {
        try
        {
            var split = row["mode"] switch
            {
                "disagg" or "disaggregated" => true,
                "agg" or "aggregated" or "" => false,
                var other => throw new FormatException($"Column 'mode' holds '{other}', which is neither agg nor disagg."),
            };
            var serving = split ? Worker(row, "decode_", Count(row, "decode_num_workers")) : Worker(row, "", 1);
            // Some rows state the batch of each attention replica instead of the concurrency.
            var concurrency = row["silicon_concurrency"].Length > 0 ? Count(row, "silicon_concurrency") : Count(row, "batch_size") * serving.Dp;
            return new MeasuredPoint(
                row["id"], PointNames.Engine(row["backend"]), row["backend_version"], row["model_path"], row["system"], row["gemm_quant_mode"], row["moe_quant_mode"],
                Count(row, "isl"), Count(row, "osl"), concurrency, split ? Worker(row, "prefill_", Count(row, "prefill_num_workers")) : null, serving,
                Positive(row, "silicon_ttft_ms"), Positive(row, "silicon_tpot_ms"))
            {
                LengthShares = row["measured_date"].Length > 0 ? (0.8, 1.0) : (1.0, 1.0),
                Date = DateOf(row),
            };
        }
        catch (FormatException e)
        {
            var nothing = new WorkerShape(0, 1, 1, 1, 1, 1);
            return new MeasuredPoint(
                row["id"], row["backend"], row["backend_version"], row["model_path"], row["system"], row["gemm_quant_mode"], row["moe_quant_mode"], 0, 0, 0, null, nothing, 0, 0)
            { Unreadable = e.Message };
        }
    }

    private static DateOnly? DateOf(TableRow row)
    {
        var text = row["measured_date"];
        if (text.Length == 0) return null;
        return DateOnly.TryParseExact(text.Length > 10 ? text[..10] : text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? date : throw new FormatException($"Column 'measured_date' holds '{text}', which is no date like 2026-03-01.");
    }

    private static double Positive(TableRow row, string column) =>
        row.Number(column) is > 0 and var value ? value : throw new FormatException($"Column '{column}' holds '{row[column]}', which is no time.");

    private static int Count(TableRow row, string column) =>
        row.Number(column) is >= 1 and < int.MaxValue and var value ? (int)value : throw new FormatException($"Column '{column}' holds '{row[column]}', which is no count of 1 or more.");

    private static WorkerShape Worker(TableRow row, string prefix, int count)
    {
        int Of(string column) => row[prefix + column].Length == 0 ? 1 : Math.Max(1, (int)row.Number(prefix + column));
        return new WorkerShape(count, Of("tp_size"), Of("pp_size"), Of("attention_dp_size"), Of("moe_tp_size"), Of("moe_ep_size"));
    }
}

/// <summary>Workers of one role and their parallelism, as stated.</summary>
public sealed record WorkerShape(int Count, int Tp, int Pp, int Dp, int MoeTp, int MoeEp);
