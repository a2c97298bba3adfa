using System.CommandLine;
using Cluster.Cli.Commands;

namespace Cluster.Cli;

/// <summary>Every command of <c>xpyd</c>, one file each in <c>Commands/</c>.</summary>
internal static class CommandRegistry
{
    public static RootCommand Build()
    {
        var root = new RootCommand("Emulates a disaggregated LLM serving cluster: real HTTP, real timed matrix products, or virtual time.")
        {
            RunCommand.Create(),
            UpCommand.Create(),
            AdminCommand.Create(),
            LoadCommand.Create(),
            HealthCommand.Create(),
            BenchCommand.Create(),
            CatalogCommand.Create(),
            SimulateCommand.Create(),
            SweepCommand.Create(),
            LeversCommand.Create(),
            PlanCommand.Create(),
            LessonsCommand.Create(),
            CalcCommand.Create(),
            DoctorCommand.Create(),
            TestCommand.Create(),
            ValidateCommand.Create(),
        };
        return root;
    }
}
