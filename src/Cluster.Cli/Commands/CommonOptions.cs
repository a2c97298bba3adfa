using System.CommandLine;

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
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1) result.AddError("--parallel: at least 1.");
        });
        return option;
    }
}
