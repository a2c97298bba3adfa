namespace Cluster.Engine.Units;

/// <summary>
/// A seeded stream of random numbers: one per subsystem, so that drawing more in one never shifts another.
/// xoshiro256** seeded by SplitMix64 (Blackman and Vigna, public domain); the same seed gives the same
/// numbers on every platform, which <c>System.Random</c> does not promise.
/// </summary>
public sealed class RandomStream
{
    private ulong _s0, _s1, _s2, _s3;

    /// <param name="seed">The run's seed.</param>
    /// <param name="subsystem">Names the stream, e.g. <c>"router"</c>; part of the seed.</param>
    public RandomStream(ulong seed, string subsystem)
    {
        ArgumentNullException.ThrowIfNull(subsystem);
        var state = seed;
        foreach (var c in subsystem) state = Hashing.Mix(state, c);
        _s0 = Hashing.SplitMix(ref state);
        _s1 = Hashing.SplitMix(ref state);
        _s2 = Hashing.SplitMix(ref state);
        _s3 = Hashing.SplitMix(ref state);
    }

    public ulong NextUInt64()
    {
        var result = ulong.RotateLeft(_s1 * 5, 7) * 9;
        var t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = ulong.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [0, <paramref name="exclusiveMax"/>); unbiased enough for spans below 2³² (Lemire's multiply-shift).</summary>
    public int NextInt(int exclusiveMax)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(exclusiveMax);
        return (int)(((NextUInt64() >> 32) * (ulong)exclusiveMax) >> 32);
    }

    /// <summary>Uniform in [<paramref name="min"/>, <paramref name="max"/>], both included.</summary>
    public int NextInt(int min, int max) => min + NextInt(checked(max - min + 1));

    /// <summary>Exponential with the given mean: gaps of a Poisson process.</summary>
    public double NextExponential(double mean) => -mean * Math.Log(1 - NextDouble());

    /// <summary>Standard normal (Marsaglia's polar method, one of the pair dropped so that each call is independent of history).</summary>
    public double NextNormal()
    {
        while (true)
        {
            var u = 2 * NextDouble() - 1;
            var v = 2 * NextDouble() - 1;
            var s = u * u + v * v;
            if (s is > 0 and < 1) return u * Math.Sqrt(-2 * Math.Log(s) / s);
        }
    }

    /// <summary>Gamma with the given shape and scale (Marsaglia and Tsang 2000): gaps of bursty arrivals.</summary>
    public double NextGamma(double shape, double scale)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shape);
        if (shape < 1) return NextGamma(shape + 1, scale) * Math.Pow(1 - NextDouble(), 1 / shape);
        var d = shape - 1.0 / 3;
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var x = NextNormal();
            var v = 1 + c * x;
            if (v <= 0) continue;
            v = v * v * v;
            var u = 1 - NextDouble();
            if (Math.Log(u) < 0.5 * x * x + d - d * v + d * Math.Log(v)) return d * v * scale;
        }
    }
}
