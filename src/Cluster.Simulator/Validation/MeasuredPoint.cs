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
        var cells = new Cells(row);
        var split = cells.IsSplit();
        var serving = split ? cells.Worker("decode_", cells.Count("decode_num_workers")) : cells.Worker("", 1);
        // Some rows state the batch of each attention replica instead of the concurrency.
        var concurrency = row["silicon_concurrency"].Length > 0 ? cells.Count("silicon_concurrency") : cells.Count("batch_size") * serving.Dp;
        return new MeasuredPoint(
            row["id"], PointNames.Engine(row["backend"]), row["backend_version"], row["model_path"], row["system"], row["gemm_quant_mode"], row["moe_quant_mode"],
            cells.Count("isl"), cells.Count("osl"), concurrency, split ? cells.Worker("prefill_", cells.Count("prefill_num_workers")) : null, serving,
            cells.Milliseconds("silicon_ttft_ms"), cells.Milliseconds("silicon_tpot_ms"))
        {
            LengthShares = row["measured_date"].Length > 0 ? (0.8, 1.0) : (1.0, 1.0),
            Date = cells.Date("measured_date"),
            Unreadable = cells.Problems,
        };
    }

    /// <summary>Reads the cells of one row, and keeps what is wrong with each.</summary>
    private sealed class Cells(TableRow row)
    {
        private readonly List<string> _problems = [];

        public string? Problems => _problems.Count > 0 ? string.Join(' ', _problems) : null;

        public bool IsSplit()
        {
            if (row["mode"] is not ("disagg" or "disaggregated" or "agg" or "aggregated" or "")) Refuse("mode", "neither agg nor disagg");
            return row["mode"] is "disagg" or "disaggregated";
        }

        public DateOnly? Date(string column)
        {
            var text = row[column];
            if (text.Length == 0) return null;
            if (DateOnly.TryParseExact(text.Length > 10 ? text[..10] : text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)) return date;
            Refuse(column, "no date like 2026-03-01");
            return null;
        }

        public double Milliseconds(string column)
        {
            if (Number(column) is > 0 and var value) return value;
            Refuse(column, "no time above 0");
            return 0;
        }

        public int Count(string column)
        {
            if (Number(column) is >= 1 and < int.MaxValue and var value) return (int)value;
            Refuse(column, "no count of 1 or more");
            return 0;
        }

        public WorkerShape Worker(string prefix, int count)
        {
            int Of(string column)
            {
                if (row[prefix + column].Length == 0) return 1;
                if (Number(prefix + column) is >= 0 and < int.MaxValue and var value) return Math.Max(1, (int)value);
                Refuse(prefix + column, "no number of ranks");
                return 1;
            }

            return new WorkerShape(count, Of("tp_size"), Of("pp_size"), Of("attention_dp_size"), Of("moe_tp_size"), Of("moe_ep_size"));
        }

        private double? Number(string column) => double.TryParse(row[column], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null;

        private void Refuse(string column, string what) =>
            _problems.Add(row.Has(column) ? $"Column '{column}' holds '{row[column]}', which is {what}." : $"There is no column '{column}'.");
    }
}

/// <summary>Workers of one role and their parallelism, as stated.</summary>
public sealed record WorkerShape(int Count, int Tp, int Pp, int Dp, int MoeTp, int MoeEp);
