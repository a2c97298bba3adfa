using System.Globalization;
using System.Text.Json.Nodes;

namespace Cluster.Simulator.Planning;

/// <summary>How far off predictions are: the published median absolute percentage error, carried into every verdict.</summary>
/// <param name="MedianApe">A fraction; null while none is published.</param>
/// <param name="Source">Where it is published.</param>
public sealed record ModelError(double? MedianApe, string Source)
{
    /// <summary>The edge of the load is searched within 4.4 % (<see cref="Headroom"/>): smaller differences are none, whatever the model's error.</summary>
    public const double Resolution = 0.045;

    private const string FileName = "model-error.json";

    /// <summary>
    /// Reads <c>catalog/model-error.json</c> beside the program: <c>{"median_ape": {"ttft", "tpot"}, "source"}</c>. The larger
    /// of the two counts. Without the file the error is unknown, and verdicts say so.
    /// </summary>
    /// <exception cref="FormatException">The file is there and holds something else.</exception>
    public static ModelError Published()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "catalog", FileName);
        if (!File.Exists(path)) return new ModelError(null, "not published yet");
        try
        {
            var root = JsonNode.Parse(File.ReadAllText(path))!;
            return new ModelError(
                Math.Max(root["median_ape"]!["ttft"]!.GetValue<double>(), root["median_ape"]!["tpot"]!.GetValue<double>()),
                root["source"]!.GetValue<string>());
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or InvalidOperationException or NullReferenceException)
        {
            throw new FormatException($"{path}: expected {{\"median_ape\": {{\"ttft\": …, \"tpot\": …}}, \"source\": \"…\"}}.", e);
        }
    }

    /// <summary>What to add to a comparison of two predictions that differ by <paramref name="gain"/>.</summary>
    /// <param name="cite">Say where the error is published.</param>
    public string Caveat(double gain, bool cite = true) => MedianApe is not { } error
        ? string.Create(CultureInfo.InvariantCulture, $"{(IsBeyond(gain) ? "beyond" : "within")} the search's resolution of {Resolution:P1}; the model's error is not published yet")
        : string.Create(CultureInfo.InvariantCulture, $"{(Math.Abs(gain) <= error ? "within" : "beyond")} the model's error of {error:P0}{(cite ? $" ({Source})" : "")}");

    /// <summary>False when the difference is no larger than the error, or than the search can tell.</summary>
    public bool IsBeyond(double gain) => Math.Abs(gain) > Math.Max(MedianApe ?? 0, Resolution);
}
