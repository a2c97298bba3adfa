using System.CommandLine;
using System.Globalization;

namespace Cluster.Cli.Commands;

/// <summary>Options that several commands share.</summary>
internal static class CommonOptions
{
    /// <summary>How commands print JSON that they build by hand.</summary>
    public static System.Text.Json.JsonSerializerOptions Indented { get; } = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Option<bool> Json() => new("--json") { Description = "Print JSON for programs instead of a table." };

    /// <summary>Where a live cluster's routing inputs go.</summary>
    public static Option<string?> Record() => new("--record")
    {
        Description = "Write the router's inputs and decisions, a JSON object a line, for 'xpyd simulate --replay'.",
        HelpName = "FILE",
    };

    /// <summary>Runs at a time; results never depend on it.</summary>
    public static Option<int> Parallel()
    {
        var option = new Option<int>("--parallel")
        {
            Description = "Runs at a time. Default: the machine's cores. Results do not depend on it.",
            DefaultValueFactory = _ => Environment.ProcessorCount,
        };
        option.MustBeWithin(1, 1024);
        return option;
    }

    /// <summary>Refuses numbers outside of a range. What is no number at all is refused by the parser.</summary>
    public static void MustBeWithin(this Option<int> option, int min, int max) => option.Validators.Add(result =>
    {
        if (result.Tokens is [{ Value: var text }] && int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) && (value < min || value > max))
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{option.Name} {value}: allowed are {min} … {max}."));
    });
}
