using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cluster.Cli.Output;
using Cluster.Compute.Calibration;
using Cluster.Compute.Kernels;
using Spectre.Console;

namespace Cluster.Cli.Commands;

/// <summary>One figure beside its reference.</summary>
/// <param name="Reference">In the same unit; null where there is none, or it could not be run here: see <see cref="Note"/>.</param>
/// <param name="Ratio">How many times better than the reference: above 1 is better, whatever the unit's direction.</param>
internal sealed record BenchResult(string Name, double Value, string Unit, double? Reference = null, double? Ratio = null)
{
    /// <summary>What the reference is, or why it is missing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Note { get; init; }

    public static BenchResult HigherIsBetter(string name, double value, string unit, double? reference, string? note = null) =>
        new(name, value, unit, reference, value / reference) { Note = note };

    public static BenchResult LowerIsBetter(string name, double value, string unit, double? reference, string? note = null) =>
        new(name, value, unit, reference, reference / value) { Note = note };
}

/// <summary>All figures of one call, with the host they were measured on.</summary>
internal sealed record BenchReport(string Host, IReadOnlyList<BenchResult> Results)
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static BenchReport Of(IReadOnlyList<BenchResult> results) => new(HostCalibrator.Describe(TileKernels.Choose()), results);

    public void Print(bool json)
    {
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(this, Json));
            return;
        }

        var table = new Table().Border(TableBorder.Rounded).Title(Markup.Escape(Host)).AddColumn("");
        foreach (var title in new[] { "value", "reference", "ratio" }) table.AddColumn(new TableColumn(title).RightAligned());
        table.AddColumn("");
        foreach (var r in Results)
            table.AddRow(Markup.Escape(r.Name), $"{Number(r.Value)} {r.Unit}", Number(r.Reference), Number(r.Ratio), Markup.Escape(r.Note ?? ""));
        Terminal.Out.Write(table);
    }

    private static string Number(double? value) => value switch
    {
        null => "–",
        >= 1000 => value.Value.ToString("N0", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("G3", CultureInfo.InvariantCulture),
    };
}
