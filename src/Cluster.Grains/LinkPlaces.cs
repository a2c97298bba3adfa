using Cluster.Engine.Transfer;
using Cluster.Grains.Messages;

namespace Cluster.Grains;

/// <summary>Instances by name and by their place at the hand-over desk, where each sits down when it is first heard of.</summary>
/// <param name="members">Those there are at the beginning, and the ranks they run on.</param>
internal sealed class LinkPlaces(ClusterContext context, HandOverDesk desk, MemberMessage[] members)
{
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);

    /// <summary>By place.</summary>
    public List<string> Names { get; } = [];

    public int Of(string instance)
    {
        if (_places.TryGetValue(instance, out var place)) return place;
        Names.Add(instance);
        return _places[instance] = desk.Add(Array.Find(members, m => m.Name == instance) is { } member ? context.Find(member) : context.Cluster.Find(instance));
    }
}
