using System.CommandLine;

namespace Cluster.Cli.Commands;

/// <summary><c>xpyd completion SHELL</c>: a script that completes commands and options by asking the program itself.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _xpyd() {
            local IFS=$'\n'
            COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:$((COMP_POINT - ${#COMP_WORDS[0]} - 1))]" "${COMP_LINE#* }" 2> /dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _xpyd xpyd ./xpyd
        """;

    private const string Zsh = "autoload -U +X bashcompinit && bashcompinit\n" + Bash;

    private const string Fish = """
        complete -c xpyd -a "(xpyd '[suggest:'(math (commandline -C) - 5)']' (string replace -r '^\S+ ' '' (commandline)) 2> /dev/null)"
        """;

    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print a script that completes commands and options, e.g. for: source <(xpyd completion bash).") { shell };
        command.SetAction(arguments => Console.Out.WriteLine(arguments.GetValue(shell) switch { "zsh" => Zsh, "fish" => Fish, _ => Bash }));
        return command;
    }
}
