using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Cluster.Cli.Output;
using Cluster.Engine.Policies;
using Spectre.Console;

namespace Cluster.Cli;

/// <summary>A command line that cannot be understood: what is wrong, what was meant, where to look; not a page of help with the error above it.</summary>
internal static partial class UsageErrors
{
    public static int Print(ParseResult parsed, string[] arguments)
    {
        var command = parsed.CommandResult.Command;
        var path = Path(parsed.CommandResult);
        foreach (var problem in Problems(parsed, command, path).Distinct()) Terminal.Error.WriteLine(problem);
        if (command is CheckedCommand { Check: { } check } && !Misspelt(parsed).Any() && (parsed.UnmatchedTokens.Count == 0 || ArgumentTokens(parsed).Any()))
        {
            // What an option that is not there was meant to say could be all that a scenario of flags lacks.
            var problems = new Problems(isParsed: false);
            check(parsed, problems);
            foreach (var problem in problems.Found) Terminal.Error.WriteLine(problem);
        }

        if (command.Subcommands.Count == 0) Terminal.Error.WriteLine($"Usage: {path}{Usage(command)}. '{path} --help' explains each.");
        else if (arguments.Length > 0) Terminal.Error.WriteLine($"'{path} --help' says what each does.");
        return Guarded.BadInput;
    }

    /// <summary>What was taken for an argument but begins as an option does: one that is not there, and not a file of that name.</summary>
    public static IEnumerable<string> Misspelt(ParseResult parsed) =>
        parsed.Tokens.Any(t => t.Type == TokenType.DoubleDash) ? [] : ArgumentTokens(parsed).Where(t => t.StartsWith("--", StringComparison.Ordinal));

    private static IEnumerable<string> ArgumentTokens(ParseResult parsed) => parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(a => a.Tokens).Select(t => t.Value);

    private static IEnumerable<string> Problems(ParseResult parsed, Command command, string path)
    {
        var misspelt = Misspelt(parsed).ToList();
        foreach (var token in misspelt) yield return $"{path} has no option {token}.{Near(token, command.Options.SelectMany(o => o.Aliases.Append(o.Name)))}";
        // Its value, taken for one argument too many, is no problem of its own.
        if (misspelt.Count > 0 && parsed.UnmatchedTokens.All(t => !t.StartsWith('-'))) yield break;
        var unmatched = parsed.UnmatchedTokens;
        for (var i = 0; i < unmatched.Count; i++)
        {
            var token = unmatched[i];
            // What follows an option that is not there was meant as its value.
            if (i > 0 && !token.StartsWith('-') && unmatched[i - 1].StartsWith('-')) continue;
            if (token.StartsWith('-')) yield return $"{path} has no option {token}.{Near(token, command.Options.SelectMany(o => o.Aliases.Append(o.Name)))}";
            else if (command.Subcommands.Count > 0) yield return $"{path} has no command '{token}'.{Near(token, command.Subcommands.Select(c => c.Name))} There are: {Names(command)}.";
            else yield return $"{path}: '{token}' is one too many.";
            // What follows a command that is not there was meant for it.
            if (command.Subcommands.Count > 0) yield break;
        }

        foreach (var error in parsed.Errors)
        {
            if (unmatched.Any(token => error.Message.Contains($"'{token}'", StringComparison.Ordinal))) continue;
            yield return error.SymbolResult switch
            {
                CommandResult when command.Subcommands.Count > 0 => $"{path} wants a command: {Names(command)}.",
                CommandResult result when Missing(result) is { Length: > 0 } missing => $"{path} needs {missing}",
                ArgumentResult result when result.Tokens.Count == 0 => $"{path} needs {result.Argument.Name}: {result.Argument.Description}",
                OptionResult { Tokens.Count: 0, IdentifierToken: null } result => $"{path} needs {result.Option.Name}: {result.Option.Description}",
                OptionResult { Tokens.Count: 0 } result => $"{result.Option.Name} needs a value: {result.Option.Description}",
                OptionResult { IdentifierToken: not null } result when IsOfAnotherType(error) => $"{result.Option.Name} {result.Tokens[0].Value}: {Expected(error)}",
                ArgumentResult result when IsOfAnotherType(error) => $"{result.Argument.Name} {result.Tokens[0].Value}: {Expected(error)}",
                _ when OneOf().Match(error.Message) is { Success: true } match => NotAmong(error, match),
                _ => string.Join(' ', error.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)),
            };
        }
    }

    /// <summary>Arguments and options that must be given and are not.</summary>
    private static string Missing(CommandResult result) => string.Join(" ",
        result.Command.Arguments.Where(a => a.Arity.MinimumNumberOfValues > 0 && result.GetResult(a) is null or { Tokens.Count: 0 }).Select(a => $"{a.Name}: {a.Description}")
            .Concat(result.Command.Options.Where(o => o.Required && result.GetResult(o) is null).Select(o => $"{o.Name}: {o.Description}")));

    private static bool IsOfAnotherType(ParseError error) => TypeName().IsMatch(error.Message);

    private static string Expected(ParseError error) => TypeName().Match(error.Message).Groups["type"].Value switch
    {
        "Int32" or "Int64" => "expected a whole number.",
        "Double" => "expected a number.",
        _ => error.Message,
    };

    /// <summary>A value that is none of those there are.</summary>
    private static string NotAmong(ParseError error, Match match)
    {
        var (value, names) = (match.Groups["value"].Value, match.Groups["name"].Captures.Select(c => c.Value).Order(StringComparer.Ordinal).ToList());
        var option = error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent as OptionResult;
        return $"{(option is null ? "" : $"{option.Option.Name} ")}{value}: allowed are {string.Join(", ", names)}.{Near(value, names)}";
    }

    private static string Usage(Command command) =>
        string.Concat(command.Arguments.Select(a => a.Arity.MinimumNumberOfValues == 0 ? $" [{a.Name}]" : $" {a.Name}"))
        + string.Concat(command.Options.Where(o => o.Required).Select(o => $" {o.Name} {o.HelpName ?? "…"}")) + " [options]";

    private static string Path(CommandResult result) => result.Parent is CommandResult parent ? $"{Path(parent)} {result.Command.Name}" : "xpyd";

    private static string Names(Command command) => string.Join(", ", command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name));

    private static string Near(string token, IEnumerable<string> names) => NearestName.Question(token, names) is { } question ? $" {question}" : "";

    [GeneratedRegex(@"'System\.(Nullable`1\[System\.)?(?<type>\w+)\]?'", RegexOptions.ExplicitCapture)]
    private static partial Regex TypeName();

    [GeneratedRegex(@"^Argument '(?<value>.*)' not recognized\.[^']*('(?<name>[^']+)'\s*)+$", RegexOptions.ExplicitCapture)]
    private static partial Regex OneOf();
}
