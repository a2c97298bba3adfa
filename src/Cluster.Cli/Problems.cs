using System.CommandLine;
using Cluster.Cli.Scenarios;
using Cluster.Hosting;
using Cluster.Scenarios;
using Cluster.Scenarios.Catalogs;

namespace Cluster.Cli;

/// <summary>What is wrong with a command line and with the scenario that it names: all of it is said at once, and nothing is begun before.</summary>
/// <param name="isParsed">False: the parser refused some options and said why; their values cannot be asked for.</param>
internal sealed class Problems(bool isParsed = true)
{
    private readonly List<string> _found = [];

    public IReadOnlyList<string> Found => _found;

    /// <summary>The command will not begin; what else is wrong is worth finding.</summary>
    public bool AreThere => !isParsed || _found.Count > 0;

    public void Add(string problem) => _found.Add(problem);

    /// <summary>What <paramref name="read"/> makes of the input; its default where it refuses it, which is then a problem.</summary>
    public T? Of<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception refused) when (refused is UsageException or ScenarioException or HostConfigurationException or CatalogException)
        {
            Add(refused.Message);
        }
        catch (InvalidOperationException) when (!isParsed)
        {
            // An option that the parser refused has no value; why was said.
        }

        return default;
    }

    /// <summary>An option's value, or <paramref name="otherwise"/> where the parser could make nothing of it and has said so.</summary>
    public T Value<T>(ParseResult arguments, Option<T> option, T otherwise)
    {
        try
        {
            return arguments.GetValue(option)!;
        }
        catch (InvalidOperationException) when (!isParsed)
        {
            return otherwise;
        }
    }

    /// <exception cref="UsageException">There are any.</exception>
    public void ThrowIfAny()
    {
        if (_found.Count > 0) throw new UsageException(string.Join(Environment.NewLine, _found));
    }
}
