namespace Cluster.Engine.Units;

/// <summary>Stable 64-bit mixing for content ids and seeds; not for secrets.</summary>
public static class Hashing
{
    /// <summary>Folds <paramref name="value"/> into <paramref name="state"/>; order matters, so chains of mixes identify sequences.</summary>
    public static ulong Mix(ulong state, ulong value)
    {
        var x = state + 0x9E3779B97F4A7C15UL + value * 0xD6E8FEB86659FD93UL;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }

    /// <summary>The next output of the SplitMix64 generator.</summary>
    public static ulong SplitMix(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15UL;
        var x = state;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }
}
