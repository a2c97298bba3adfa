namespace Cluster.Engine.KvCache;

/// <summary>Slots in an order of arrival, oldest first, each at most once; joining and leaving are O(1).</summary>
public sealed class SlotList
{
    public const int None = -1;
    private Link[] _links = new Link[16];
    private int _newest = None;

    private struct Link
    {
        public int Older;
        public int Newer;
    }

    /// <summary>The slot that came first of those present; <see cref="None"/> while empty.</summary>
    public int Oldest { get; private set; } = None;

    public void Append(int slot)
    {
        if (slot >= _links.Length) Array.Resize(ref _links, Math.Max(slot + 1, _links.Length * 2));
        _links[slot] = new Link { Older = _newest, Newer = None };
        if (_newest != None) _links[_newest].Newer = slot;
        else Oldest = slot;
        _newest = slot;
    }

    /// <summary>Joins just before another, as if it had come a moment earlier.</summary>
    public void InsertBefore(int slot, int added)
    {
        if (added >= _links.Length) Array.Resize(ref _links, Math.Max(added + 1, _links.Length * 2));
        var older = _links[slot].Older;
        _links[added] = new Link { Older = older, Newer = slot };
        _links[slot].Older = added;
        if (older == None) Oldest = added;
        else _links[older].Newer = added;
    }

    public void Remove(int slot)
    {
        var (older, newer) = (_links[slot].Older, _links[slot].Newer);
        if (older != None) _links[older].Newer = newer;
        else Oldest = newer;
        if (newer != None) _links[newer].Older = older;
        else _newest = older;
    }
}
