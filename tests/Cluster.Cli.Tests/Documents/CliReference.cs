using System.CommandLine;
using System.Text;

namespace Cluster.Cli.Tests.Documents;

/// <summary>Writes docs/cli.md from the command tree.</summary>
internal static class CliReference
{
    public static string Render()
    {
        var text = new StringBuilder("""
            # The command `xpyd`

            Generated from the command tree; do not edit. Exit codes: 0 success, 1 failure, 2 bad input (all problems at once, on
            standard error), 130 interrupted. Results go to standard output, progress to standard error.


            """);
        var root = CommandRegistry.Build();
        var shared = Shared(root);
        text.Append("## Options of every command that takes a scenario\n\n");
        Options(text, shared);
        foreach (var command in root.Subcommands) Write(text, command, $"xpyd {command.Name}", shared);
        return text.ToString();
    }

    private static void Write(StringBuilder text, Command command, string path, List<Option> shared)
    {
        var takesScenario = shared.All(s => command.Options.Any(o => o.Name == s.Name));
        var arguments = string.Concat(command.Arguments.Select(a => a.Arity.MinimumNumberOfValues == 0 ? $" [{a.Name}]" : $" {a.Name}"));
        text.Append($"\n## {path}\n\n{command.Description}\n\n`{path}{arguments}{(command.Options.Count > 0 ? " [options]" : "")}`\n");
        var own = command.Options.Where(o => !takesScenario || shared.All(s => s.Name != o.Name)).ToList();
        if (command.Arguments.Count + own.Count > 0)
        {
            text.Append("\n| option | meaning |\n|---|---|\n");
            foreach (var argument in command.Arguments) text.Append($"| `{argument.Name}` | {Cell(argument.Description)} |\n");
            foreach (var option in own) Row(text, option);
        }

        if (takesScenario) text.Append("\nAnd the scenario options above.\n");
        foreach (var inner in command.Subcommands.Where(c => !c.Hidden)) Write(text, inner, $"{path} {inner.Name}", shared);
    }

    private static void Options(StringBuilder text, IEnumerable<Option> options)
    {
        text.Append("| option | meaning |\n|---|---|\n");
        foreach (var option in options) Row(text, option);
    }

    private static void Row(StringBuilder text, Option option)
    {
        var names = string.Join(", ", option.Aliases.Append(option.Name).Select(name => $"`{name}`"));
        text.Append($"| {names} | {Cell(option.Description)}{(option.Required ? " Required." : "")} |\n");
    }

    private static string Cell(string? text) => (text ?? "").Replace("|", "\\|", StringComparison.Ordinal);

    /// <summary>What <c>simulate</c> and <c>up</c> have in common is what a scenario takes.</summary>
    private static List<Option> Shared(RootCommand root)
    {
        IEnumerable<Option> Of(string name) => root.Subcommands.Single(c => c.Name == name).Options;
        return [.. Of("simulate").Where(o => Of("up").Any(other => other.Name == o.Name))];
    }
}
