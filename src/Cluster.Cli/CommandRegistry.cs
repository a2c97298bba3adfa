using System.CommandLine;
using Cluster.Cli.Commands;

namespace Cluster.Cli;

/// <summary>Every command of <c>xpyd</c>, one file each in <c>Commands/</c>.</summary>
internal static class CommandRegistry
{
    private static readonly (string Name, Func<Command> Create)[] s_commands =
    [
        ("run", RunCommand.Create),
        ("up", UpCommand.Create),
        ("admin", AdminCommand.Create),
        ("load", LoadCommand.Create),
        ("health", HealthCommand.Create),
        ("bench", BenchCommand.Create),
        ("catalog", CatalogCommand.Create),
        ("simulate", SimulateCommand.Create),
        ("sweep", SweepCommand.Create),
        ("levers", LeversCommand.Create),
        ("plan", PlanCommand.Create),
        ("lessons", LessonsCommand.Create),
        ("calc", CalcCommand.Create),
        ("doctor", DoctorCommand.Create),
        ("test", TestCommand.Create),
        ("validate", ValidateCommand.Create),
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
        return root;
    }
}
