using Microsoft.Extensions.Configuration;

namespace Cluster.AppHost;

/// <summary>What the model is built from: section <c>Topology</c> of the configuration, validated whole.</summary>
/// <param name="Scenario">Relative to the checkout; containers carry the same files.</param>
/// <param name="Silos">Processes that instances are spread over.</param>
/// <param name="Port">Of the gateway, on this host.</param>
/// <param name="Membership"><c>Redis</c> or <c>PostgreSQL</c>: where silos find each other.</param>
/// <param name="Publish"><c>None</c>, <c>Compose</c> or <c>Kubernetes</c>: what <c>aspire publish</c> writes.</param>
internal sealed record Topology(string Scenario, int Silos, int Port, string Membership, string Publish)
{
    private const int MostSilos = 64;

    /// <exception cref="TopologyException">All that is wrong with the section.</exception>
    public static Topology Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(nameof(Topology));
        var problems = new List<string>();
        var topology = new Topology(
            section[nameof(Scenario)] ?? "scenarios/quickstart.yaml",
            Number(nameof(Silos), 2, 1, MostSilos),
            Number(nameof(Port), 8000, 1, 65535),
            OneOf(nameof(Membership), "Redis", "PostgreSQL"),
            OneOf(nameof(Publish), "None", "Compose", "Kubernetes"));
        if (topology.Publish == "Kubernetes" && !Publishing.HasKubernetes)
            problems.Add("Topology:Publish: Kubernetes needs the Aspire.Hosting.Kubernetes preview, which did not restore when this was built; deploy/helm has a chart that needs none.");
        if (problems.Count > 0) throw new TopologyException(string.Join(Environment.NewLine, problems));
        return topology;

        int Number(string key, int otherwise, int least, int most)
        {
            if (section[key] is not { Length: > 0 } text) return otherwise;
            if (int.TryParse(text, out var number) && number >= least && number <= most) return number;
            problems.Add($"Topology:{key}: '{text}' is not a number from {least} to {most}.");
            return otherwise;
        }

        string OneOf(string key, params string[] choices)
        {
            if (section[key] is not { Length: > 0 } text) return choices[0];
            if (Array.Find(choices, c => c.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } choice) return choice;
            problems.Add($"Topology:{key}: '{text}' is not one of {string.Join(", ", choices)}.");
            return choices[0];
        }
    }
}

/// <summary>The section <c>Topology</c> cannot be used; the message says why, a line for each key.</summary>
internal sealed class TopologyException(string message) : Exception(message);
