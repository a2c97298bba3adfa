using System.Globalization;

namespace Cluster.Simulator.Tests;

/// <summary>
/// The seeds that laws are tried with: 1 to 40, to more with <c>LAW_SEEDS=300</c>, or one alone with <c>LAW_SEED=17</c>. A test that
/// fails has its seed in its name; the same seed makes the same scenario again.
/// </summary>
internal static class LawSeeds
{
    public static TheoryData<ulong> All => Read("LAW_SEED") is { } one ? [one] : [.. Enumerable.Range(1, (int)(Read("LAW_SEEDS") ?? 40)).Select(i => (ulong)i)];

    private static ulong? Read(string name) => ulong.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : null;
}
