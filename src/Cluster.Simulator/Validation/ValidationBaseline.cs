using System.Text.Json;

namespace Cluster.Simulator.Validation;

/// <summary>Median errors that a committed version reached, as fractions: the guard holds later versions to them.</summary>
public sealed record ValidationBaseline(int Covered, double AggregatedTtft, double AggregatedTpot, double DisaggregatedTtft, double DisaggregatedTpot)
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    public static ValidationBaseline Read(string file) => JsonSerializer.Deserialize<ValidationBaseline>(File.ReadAllText(file), s_json)
        ?? throw new InvalidDataException($"{file} holds no baseline.");

    public string ToJson() => JsonSerializer.Serialize(this, s_json) + "\n";
}
