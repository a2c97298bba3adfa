using System.CommandLine;

namespace Cluster.Cli;

/// <summary>A command that reads all of its input before it begins, so that what the parser refuses and what it refuses itself come together.</summary>
internal sealed class CheckedCommand(string name, string description) : Command(name, description)
{
    /// <summary>Reads the input for its problems alone.</summary>
    public Action<ParseResult, Problems>? Check { get; private set; }

    /// <param name="read">Flags and files; what is wrong with them goes to the problems. What it returns is used when there are none.</param>
    /// <param name="run">Does what is asked for, and returns the exit code.</param>
    public void SetAction<T>(Func<ParseResult, Problems, T> read, Func<T, ParseResult, CancellationToken, Task<int>> run)
    {
        Check = (arguments, problems) => problems.Of(() => read(arguments, problems));
        SetAction((arguments, cancellation) => Guarded.RunAsync(() =>
        {
            var problems = new Problems();
            var input = read(arguments, problems);
            problems.ThrowIfAny();
            return run(input, arguments, cancellation);
        }));
    }
}
