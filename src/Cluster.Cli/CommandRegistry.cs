using System.CommandLine;
using System.CommandLine.Help;
using Cluster.Cli.Commands;

namespace Cluster.Cli;

/// <summary>Every command of <c>xpyd</c>, one file each in <c>Commands/</c>, those first that are needed first.</summary>
internal static class CommandRegistry
{
    private static readonly (string Name, Func<Command> Create)[] s_commands =
    [
        ("run", RunCommand.Create),
        ("simulate", SimulateCommand.Create),
        ("up", UpCommand.Create),
        ("load", LoadCommand.Create),
        ("admin", AdminCommand.Create),
        ("sweep", SweepCommand.Create),
        ("plan", PlanCommand.Create),
        ("levers", LeversCommand.Create),
        ("lessons", LessonsCommand.Create),
        ("calc", CalcCommand.Create),
        ("validate", ValidateCommand.Create),
        ("catalog", CatalogCommand.Create),
        ("bench", BenchCommand.Create),
        ("doctor", DoctorCommand.Create),
        ("health", HealthCommand.Create),
        ("completion", CompletionCommand.Create),
        ("test", TestCommand.Create),
    ];

    /// <summary>All of them.</summary>
    public static RootCommand Build() => Root(s_commands);

    /// <summary>The one that the first argument names, where it names one: the options of the others are work that a command of a second need not do.</summary>
    public static RootCommand For(string[] arguments)
    {
        var named = s_commands.Where(c => arguments.Length > 0 && c.Name == arguments[0]).ToArray();
        return named.Length == 1 ? Root(named) : Build();
    }

    private static RootCommand Root((string Name, Func<Command> Create)[] commands)
    {
        var root = new RootCommand("Emulates a disaggregated LLM serving cluster: real HTTP, real timed matrix products, or virtual time.");
        foreach (var (_, create) in commands) root.Add(create());
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new FirstStepsHelp((HelpAction)help.Action!);
        return root;
    }
}
