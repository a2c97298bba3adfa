using System.Collections.Immutable;
using Cluster.Engine.Faults;
using Cluster.Engine.Topology;

namespace Cluster.Scenarios.Resolving;

/// <summary>Finds the instances that faults are aimed at; those aimed at a pool strike each of its instances.</summary>
internal static class FaultResolver
{
    public static ImmutableArray<Fault> Resolve(ScenarioVariant variant, ImmutableArray<InstanceSpec> instances)
    {
        var faults = ImmutableArray.CreateBuilder<Fault>();
        foreach (var section in variant.Faults)
        {
            if (section.Target.Length == 0)
            {
                faults.Add(section.On(-1));
                continue;
            }

            var struck = Enumerable.Range(0, instances.Length).Where(i => instances[i].Name == section.Target || instances[i].Pool == section.Target).ToArray();
            if (struck.Length == 0) Fail(variant, section.Name, section.Target, instances);
            faults.AddRange(struck.Select(section.On));
        }

        return faults.ToImmutable();
    }

    private static void Fail(ScenarioVariant variant, string name, string target, ImmutableArray<InstanceSpec> instances)
    {
        string[] names = [.. instances.Select(i => i.Pool).Distinct(), .. instances.Select(i => i.Name)];
        var key = $"faults.{name}.target";
        variant.Places.Add(new ScenarioError(variant.Places.At(key), key, $"No instance and no pool is called '{target}'.")
        {
            Value = target,
            Allowed = names.Length <= 20 ? string.Join(", ", names) : string.Join(", ", names.Take(20)) + ", …",
            Suggestion = NearestName.Question(target, names),
        });
    }
}
