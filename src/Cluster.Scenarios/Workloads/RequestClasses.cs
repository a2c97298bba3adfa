using System.Collections.Immutable;
using Cluster.Engine.Requests;
using Cluster.Engine.Units;
using Cluster.Scenarios.Sections;

namespace Cluster.Scenarios.Workloads;

/// <summary>Draws the kind of each request, or of each session, by share.</summary>
internal static class RequestClasses
{
    public static IEnumerable<RequestSpec> Assign(IEnumerable<RequestSpec> requests, ImmutableArray<ClassSection> classes, ulong seed)
    {
        var random = new RandomStream(seed, "classes");
        foreach (var request in requests) yield return Of(request, Draw(classes, random));
    }

    public static IEnumerable<ImmutableArray<Turn>> Assign(IEnumerable<ImmutableArray<Turn>> sessions, ImmutableArray<ClassSection> classes, ulong seed)
    {
        var random = new RandomStream(seed, "classes");
        foreach (var turns in sessions)
        {
            var kind = Draw(classes, random);
            yield return [.. turns.Select(t => t with { Request = Of(t.Request, kind) })];
        }
    }

    private static RequestSpec Of(RequestSpec request, ClassSection kind) => request with { Priority = kind.Priority, Model = kind.Model ?? request.Model };

    private static ClassSection Draw(ImmutableArray<ClassSection> classes, RandomStream random)
    {
        var at = random.NextDouble() * classes.Sum(c => c.Share);
        foreach (var kind in classes)
        {
            if ((at -= kind.Share) < 0) return kind;
        }

        return classes[^1];
    }
}
