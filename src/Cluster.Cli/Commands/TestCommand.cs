using System.CommandLine;
using Cluster.Cli.Testing;

namespace Cluster.Cli.Commands;

/// <summary><c>xpyd test</c>: builds and runs every test project, one after the other.</summary>
internal static class TestCommand
{
    public static Command Create()
    {
        var only = new Option<string?>("--only") { Description = "Run only the projects whose name contains this." };
        var noSkips = new Option<bool>("--no-skips") { Description = "Count a skipped test as a failed one." };
        var noBuild = new Option<bool>("--no-build") { Description = "Run what was built last." };
        var command = new Command("test", "Run the test suite; the last line is 'N passed, N failed, N skipped'.") { only, noSkips, noBuild };
        command.SetAction(async (arguments, cancellation) =>
        {
            var root = SourceTree.Find();
            if (root is null)
            {
                Console.Error.WriteLine("xpyd test runs in a checkout of the sources: Cluster.sln was not found above the program. Clone the repository and call ./xpyd test there.");
                return 2;
            }

            var run = new TestRun(root, arguments.GetValue(only), arguments.GetValue(noSkips));
            if (!arguments.GetValue(noBuild) && !await run.BuildAsync(cancellation))
            {
                Console.Out.WriteLine("The build failed; the errors are above.");
                Console.Out.WriteLine(new TestCounts(0, 1, 0));
                return 1;
            }

            var counts = await run.RunAsync(cancellation);
            foreach (var failure in run.Failures) Console.Out.WriteLine($"FAILED {failure}");
            Console.Out.WriteLine(counts);
            return counts.Failed == 0 && counts.Passed > 0 ? 0 : 1;
        });
        return command;
    }
}
