using System.Runtime.CompilerServices;

namespace Cluster.Compute.Kernels;

/// <summary>How two values of k, two registers wide, lie in a panel of packed weights; a type argument like the registers.</summary>
internal unsafe interface IWeightPanel<TVector, TFloats>
    where TFloats : struct, IFloatRegister<TVector>
{
    static abstract GemmFormat Format { get; }

    /// <summary>Bytes of two values of k.</summary>
    static abstract int Bytes { get; }

    /// <summary>The first k's weights of a register, 0 or 1.</summary>
    static abstract TVector First(byte* panel, int register);

    /// <summary>The second k's.</summary>
    static abstract TVector Second(byte* panel, int register);
}

/// <summary>One k after the other.</summary>
internal readonly unsafe struct Fp32Panel<TVector, TFloats> : IWeightPanel<TVector, TFloats>
    where TFloats : struct, IFloatRegister<TVector>
{
    public static GemmFormat Format => GemmFormat.Fp32;

    public static int Bytes => 4 * TFloats.Lanes * sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector First(byte* panel, int register) => TFloats.Load((float*)panel + register * TFloats.Lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Second(byte* panel, int register) => TFloats.Load((float*)panel + (2 + register) * TFloats.Lanes);
}

/// <summary>
/// Pairs of k share 32 bits, and a shift and a mask turn each into two fp32. .NET 10 has no bf16 dot product, so the sums are those of
/// fp32; what bf16 gains is half the bytes.
/// </summary>
internal readonly unsafe struct Bf16Panel<TVector, TFloats> : IWeightPanel<TVector, TFloats>
    where TFloats : struct, IFloatRegister<TVector>
{
    public static GemmFormat Format => GemmFormat.Bf16;

    public static int Bytes => 2 * TFloats.Lanes * sizeof(uint);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector First(byte* panel, int register) => TFloats.FirstOfPairs((uint*)panel + register * TFloats.Lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Second(byte* panel, int register) => TFloats.SecondOfPairs((uint*)panel + register * TFloats.Lanes);
}
