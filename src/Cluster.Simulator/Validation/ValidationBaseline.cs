using System.Text.Json;
using System.Text.Json.Serialization;
using Cluster.Scenarios.Catalogs;
using Cluster.Scenarios.Fitting;

namespace Cluster.Simulator.Validation;

/// <summary>Median errors that a committed version reached, as fractions: the guard holds later versions to them.</summary>
public sealed record ValidationBaseline(int Covered, double AggregatedTtft, double AggregatedTpot, double DisaggregatedTtft, double DisaggregatedTpot)
{
    /// <summary>Median over Splitwise's table; null: it was not at hand.</summary>
    public double? Splitwise { get; init; }

    /// <summary>Medians of the catalog's curves over a sample of each table of kernels and collectives, by GPU, operator and format.</summary>
    public SortedDictionary<string, double> Kernels { get; init; } = [];

    /// <summary>The same with what the catalog's curves make of measured tables.</summary>
    /// <param name="dataDirectory">Holds kernels/, collectives/ and splitwise/; what is not there is left out.</param>
    public ValidationBaseline WithTables(Catalog catalog, string dataDirectory)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        var splitwise = Path.Combine(dataDirectory, "splitwise", "perf_model.csv");
        return this with
        {
            Splitwise = File.Exists(splitwise) ? SplitwiseTable.Errors(SplitwiseTable.Read(splitwise), catalog, catalog.Engines["splitwise-2023"]).Median : null,
            Kernels = new(CatalogFit.Score(catalog, dataDirectory).ToDictionary(l => $"{l.Gpu} {l.Operator} {l.Format}", l => l.MedianApe), StringComparer.Ordinal),
        };
    }

    /// <summary>Points of one mode alone leave the other's median without a value.</summary>
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        WriteIndented = true,
    };

    public static ValidationBaseline Read(string file) => JsonSerializer.Deserialize<ValidationBaseline>(File.ReadAllText(file), s_json)
        ?? throw new InvalidDataException($"{file} holds no baseline.");

    public string ToJson() => JsonSerializer.Serialize(this, s_json) + "\n";
}
