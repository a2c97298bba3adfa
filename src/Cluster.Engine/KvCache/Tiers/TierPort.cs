using Cluster.Engine.Topology;
using Cluster.Engine.Units;

namespace Cluster.Engine.KvCache.Tiers;

/// <summary>
/// One instance's way to one tier: copies queue for it in the order in which they come, so many at a time, and share its
/// bandwidth one after the other; the set-up of one hides behind the bytes of another. Copies up and down go at the same time
/// over a link that is duplex, and wait for each other on a disk.
/// </summary>
public sealed class TierPort
{
    private readonly Lane _up;
    private readonly Lane _down;

    public TierPort(KvTierSpec spec)
    {
        _up = new Lane(spec);
        _down = spec.IsDuplex ? new Lane(spec) : _up;
    }

    /// <summary>Copies blocks to HBM once they can be read. Returns when the last of them is there.</summary>
    public long Read(int blocks, long readyNs) => _up.Move(blocks, readyNs);

    /// <summary>Copies blocks down. Returns when they can be read.</summary>
    public long Write(int blocks, long nowNs) => _down.Move(blocks, nowNs);

    /// <summary>Everything under way is lost.</summary>
    public void Reset()
    {
        _up.Reset();
        _down.Reset();
    }

    private sealed class Lane(KvTierSpec spec)
    {
        private readonly long[] _ends = new long[spec.Concurrency];
        private int _next;
        private long _wireFreeNs;

        public long Move(int blocks, long readyNs)
        {
            var bytes = blocks * spec.BytesPerBlock;
            var begin = Math.Max(readyNs, _ends[_next]) + Time.FromSeconds(spec.Link.SetupSeconds);
            var end = Math.Max(begin, _wireFreeNs) + (bytes <= 0 ? 0 : Time.FromSeconds(bytes / spec.Link.EffectiveBytesPerSecond(bytes)));
            _wireFreeNs = _ends[_next] = end;
            _next = (_next + 1) % _ends.Length;
            return end;
        }

        public void Reset()
        {
            Array.Clear(_ends);
            _wireFreeNs = 0;
        }
    }
}
