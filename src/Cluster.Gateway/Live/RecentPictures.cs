using Cluster.Engine.Diagnosis;
using Cluster.Grains.Messages;

namespace Cluster.Gateway.Live;

/// <summary>
/// Pictures of the cluster from the last seconds. Instances count since they came up; what is said of them as "now" is the difference
/// over this window, or an hour ago would still be the wall that binds.
/// </summary>
/// <param name="kept">Pictures, two a second.</param>
internal sealed class RecentPictures(int kept)
{
    private readonly Queue<TopologySnapshot> _pictures = new();

    /// <summary>Takes the newest in; what it says of the window does not change afterwards.</summary>
    /// <param name="seconds">Emulated, since the picture before.</param>
    public Picture Add(TopologySnapshot now, TopologySnapshot before, double seconds)
    {
        ArgumentNullException.ThrowIfNull(now);
        _pictures.Enqueue(now);
        if (_pictures.Count > kept) _pictures.Dequeue();
        return new Picture(now, before, _pictures.Peek(), seconds);
    }
}

/// <summary>The cluster now, a moment ago, and at the window's beginning.</summary>
/// <param name="Seconds">Emulated, between <paramref name="Before"/> and <paramref name="Now"/>.</param>
internal sealed record Picture(TopologySnapshot Now, TopologySnapshot Before, TopologySnapshot First, double Seconds)
{
    private readonly Dictionary<string, InstanceSnapshot> _first = First.Instances.ToDictionary(i => i.Name);

    /// <summary>Share of the window's steps that ended late; 0 when there were none.</summary>
    public double LateShare
    {
        get
        {
            var (late, steps) = (0L, 0L);
            foreach (var now in Now.Instances)
            {
                var first = Begin(now);
                late += now.LateSteps - (first?.LateSteps ?? 0);
                steps += now.Steps - (first?.Steps ?? 0);
            }

            return steps == 0 ? 0 : late / (double)steps;
        }
    }

    /// <summary>What bound these instances over the window; <c>idle</c> when they did not step.</summary>
    public string WallOf(IEnumerable<InstanceSnapshot> instances)
    {
        var tally = new WallTally();
        foreach (var now in instances) tally.Add(Since(Begin(now), now));
        return (tally.Steps == 0 ? Wall.Idle : tally.Binding).ToString().ToLowerInvariant();
    }

    /// <summary>Where an instance's time went between two pictures; null for the earlier: since it came up.</summary>
    public static WallTally Since(InstanceSnapshot? before, InstanceSnapshot now)
    {
        var s = now.WallSeconds.Select((value, wall) => Math.Max(0, value - (before?.WallSeconds[wall] ?? 0))).ToArray();
        return WallTally.Restore(Math.Max(0, now.BusySeconds - (before?.BusySeconds ?? 0)), now.Steps - (before?.Steps ?? 0), s[0], s[1], s[2], s[3], s[4], s[5]);
    }

    /// <summary>Null for one that came up, or came up again, since: it counts from its own beginning.</summary>
    private InstanceSnapshot? Begin(InstanceSnapshot now) => _first.GetValueOrDefault(now.Name) is { } first && first.Incarnation == now.Incarnation ? first : null;
}
