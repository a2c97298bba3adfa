using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cluster.Compute.Kernels;

/// <summary>What a kernel of fp32 sums asks of an instruction set; a type argument, so that each kernel is compiled to its own instructions.</summary>
/// <typeparam name="TVector">A register.</typeparam>
internal unsafe interface IFloatRegister<TVector>
{
    static abstract bool IsSupported { get; }

    /// <summary>Floats of a register.</summary>
    static abstract int Lanes { get; }

    static abstract TVector Load(float* from);

    static abstract void Store(float* to, TVector value);

    static abstract TVector Broadcast(float value);

    static abstract TVector Add(TVector left, TVector right);

    /// <returns>x·y + sum.</returns>
    static abstract TVector MultiplyAdd(TVector x, TVector y, TVector sum);

    /// <summary>The first bf16 of each pair in 32 bits: 16 bits further up, a bf16 is the fp32 of the same value.</summary>
    static abstract TVector FirstOfPairs(uint* from);

    /// <summary>The second bf16 of each pair.</summary>
    static abstract TVector SecondOfPairs(uint* from);
}

/// <summary>AVX-512F.</summary>
internal readonly unsafe struct Floats512 : IFloatRegister<Vector512<float>>
{
    public static bool IsSupported => Avx512F.IsSupported;

    public static int Lanes => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* from) => Vector512.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* to, Vector512<float> value) => value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Broadcast(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> left, Vector512<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> x, Vector512<float> y, Vector512<float> sum) => Avx512F.FusedMultiplyAdd(x, y, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> FirstOfPairs(uint* from) => Vector512.ShiftLeft(Vector512.Load(from), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> SecondOfPairs(uint* from) => (Vector512.Load(from) & Vector512.Create(0xFFFF0000u)).AsSingle();
}

/// <summary>AVX2 with FMA.</summary>
internal readonly unsafe struct Floats256 : IFloatRegister<Vector256<float>>
{
    public static bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    public static int Lanes => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* from) => Vector256.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* to, Vector256<float> value) => value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> left, Vector256<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> x, Vector256<float> y, Vector256<float> sum) => Fma.MultiplyAdd(x, y, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> FirstOfPairs(uint* from) => Vector256.ShiftLeft(Vector256.Load(from), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> SecondOfPairs(uint* from) => (Vector256.Load(from) & Vector256.Create(0xFFFF0000u)).AsSingle();
}
