using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Cluster.Simulator.Events;

/// <summary>
/// Has what an instance is made of brought into the processor's cache while the event before is still handled. A thousand instances
/// do not fit there, and a step that waits for thirty misses in turn waits longer than it works.
/// </summary>
/// <param name="instances">So many there are.</param>
internal sealed unsafe class Fetcher(int instances)
{
    /// <summary>So few stay in the cache by themselves.</summary>
    private const int Few = 64;
    private const int MostParts = 20;
    private const int LargeParts = 4;
    private const int MiddlingParts = 8;
    private const int LineBytes = 64;

    private readonly object?[] _parts = new object?[instances > Few && Sse.IsSupported ? instances * MostParts : 0];

    /// <summary>This is what the instance in this place is made of from now on.</summary>
    public void Set(int index, IReadOnlyList<object> parts)
    {
        if (_parts.Length == 0) return;
        var place = _parts.AsSpan(index * MostParts, MostParts);
        place.Clear();
        for (var i = 0; i < parts.Count; i++) place[i] = parts[i];
    }

    /// <summary>Begins to fetch it, and waits for nothing.</summary>
    public void Fetch(int index)
    {
        if (_parts.Length == 0) return;
        var parts = _parts.AsSpan(index * MostParts, MostParts);
        for (var i = 0; i < parts.Length; i++)
        {
            // Only a hint: that the collector may move the object meanwhile does no harm.
            var address = *(byte**)Unsafe.AsPointer(ref parts[i]);
            if (address is null) return;
            Sse.Prefetch0(address);
            if (i < MiddlingParts) Sse.Prefetch0(address + LineBytes);
            if (i < LargeParts) Sse.Prefetch0(address + (2 * LineBytes));
        }
    }
}
