using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cluster.Simulator.Validation;

/// <summary>Median errors that a committed version reached, as fractions: the guard holds later versions to them.</summary>
public sealed record ValidationBaseline(int Covered, double AggregatedTtft, double AggregatedTpot, double DisaggregatedTtft, double DisaggregatedTpot)
{
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
