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
        if (problems.Count > 0) throw new InvalidOperationException(string.Join(Environment.NewLine, problems));
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
