using System.Text.RegularExpressions;
using Cluster.Engine.Models;
using Cluster.Scenarios.Catalogs;

namespace Cluster.Simulator.Validation;

/// <summary>
/// Points often name a quantised checkpoint (<c>amd/DeepSeek-R1-0528-MXFP4-Preview</c>). It has the shape of the model that it repacks,
/// and its formats stand in the point's own columns; so its name may drop the publisher and the formats, and nothing else.
/// </summary>
internal static partial class RepackedModel
{
    /// <summary>The model by id or alias, or the one whose name remains when publisher and formats are dropped; null when there is none.</summary>
    public static ModelArchitecture? Find(Catalog catalog, string name)
    {
        if (catalog.FindModel(name) is { } listed) return listed;
        var original = Original(name);
        return catalog.Models.Values.FirstOrDefault(m => m.Aliases.Append(m.Name).Any(a => Original(a).Equals(original, StringComparison.OrdinalIgnoreCase)));
    }

    private static string Original(string name) => Formats().Replace(Publisher().Replace(name, ""), "");

    /// <summary>Llama's names of 2024 repeat their publisher.</summary>
    [GeneratedRegex("^(?:.*/)?(?:Meta-(?=Llama-))?", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Publisher();

    [GeneratedRegex(@"-(nvfp4|mxfp[48]|fp[48]|bf16|awq|gptq|int[48]|w\d+a\w*\d+|quantized\.w\d+a\d+)(-(nvfp4|mxfp[48]|fp[48]|int[48]|dynamic|block|kv|preview|v\d+))*$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Formats();
}
