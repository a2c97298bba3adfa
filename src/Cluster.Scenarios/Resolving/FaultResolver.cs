using System.Collections.Immutable;
using Cluster.Engine.Faults;
using Cluster.Engine.Policies;
using Cluster.Engine.Topology;
using Cluster.Scenarios.Sections;

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
                if (section.Kind == "store" && instances.All(i => i.Kv.RemoteTier is null))
                    Refuse(variant, section.Name, "No instance keeps KV in a remote store.", "Add e.g. 'engine: { kv_tiers: { remote: 1TB } }'.");
                faults.Add(section.On(-1));
                continue;
            }

            var struck = Enumerable.Range(0, instances.Length).Where(i => instances[i].Name == section.Target || instances[i].Pool == section.Target).ToArray();
            if (struck.Length == 0) Fail(variant, section.Name, section.Target, instances);
            if (section.Kind == "resize") CheckResize(variant, section, struck, instances);
            faults.AddRange(struck.Select(i => section.On(i, instances[i].Deployment.Parallelism)));
        }

        return faults.ToImmutable();
    }

    /// <summary>Each must be able to run on its new ranks, and others must serve meanwhile.</summary>
    private static void CheckResize(ScenarioVariant variant, FaultSection section, int[] struck, ImmutableArray<InstanceSpec> instances)
    {
        foreach (var i in struck)
        {
            var (instance, present) = (instances[i], instances[i].Deployment.Parallelism);
            var wanted = section.Over(present);
            if (wanted == present) Add($"{instance.Name} runs on {present.Text} from the start.", "Say what its ranks are to become, e.g. 'tp: 8'.");
            else if (instance.On(wanted) is { Instance: null } impossible) Add($"{instance.Name} cannot run on {wanted.Text}: {string.Join(' ', impossible.Reasons)}");
        }

        foreach (var role in struck.Select(i => instances[i].Role).Distinct())
        {
            if (Enumerable.Range(0, instances.Length).Any(i => instances[i].Role == role && !struck.Contains(i))) continue;
            var word = role.ToString().ToLowerInvariant();
            Add($"Requests have nowhere to go while every {word} instance is built anew.", $"Leave one {word} instance as it is, or add one.");
        }

        void Add(string message, string? next = null) => Refuse(variant, section.Name, message, next);
    }

    private static void Refuse(ScenarioVariant variant, string name, string message, string? next) =>
        variant.Places.Add(new ScenarioError(variant.Places.At($"faults.{name}"), $"faults.{name}", message) { Suggestion = next });

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
