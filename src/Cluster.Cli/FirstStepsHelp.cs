using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Cluster.Cli;

/// <summary>Help as the library prints it; below the list of commands, which of them to try first.</summary>
internal sealed class FirstStepsHelp(HelpAction inner) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var exitCode = inner.Invoke(parseResult);
        if (parseResult.CommandResult.Command is not RootCommand) return exitCode;
        Console.Out.WriteLine("""
            First steps:
              xpyd simulate scenarios/quickstart.yaml              split prefill from decode, or not? An answer within a second
              xpyd run scenarios/quickstart.yaml                   the same live, over HTTP: a minute and a half
              xpyd up scenarios/quickstart.yaml                    a cluster to talk to; console at http://127.0.0.1:8000
              xpyd levers scenarios/quickstart.yaml --quick        what binds, and what would help
            'xpyd COMMAND --help' explains one. docs/tutorial.md takes it from there.
            """);
        return exitCode;
    }
}
