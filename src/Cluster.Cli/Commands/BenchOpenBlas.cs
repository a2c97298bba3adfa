using System.Runtime.InteropServices;

namespace Cluster.Cli.Commands;

/// <summary>OpenBLAS as a reference, where the host has it; single-threaded.</summary>
internal static unsafe partial class BenchOpenBlas
{
    private const string Library = "libopenblas.so.0";
    private const int RowMajor = 101;
    private const int NoTranspose = 111;

    /// <summary>
    /// The kernels that OpenBLAS chose. It goes by a table of processors and falls back to AVX2 for those newer than itself;
    /// <c>OPENBLAS_CORETYPE=SkylakeX</c> in the environment asks for its AVX-512 ones.
    /// </summary>
    public static string Core => Marshal.PtrToStringUTF8(CoreName()) ?? "unknown";

    /// <returns>Null when it can be called, otherwise why not.</returns>
    public static string? TryLoad()
    {
        if (!OperatingSystem.IsLinux()) return $"the reference is loaded as {Library}, on Linux only";
        if (!NativeLibrary.TryLoad(Library, out _)) return $"{Library} is not installed (Debian: apt-get install libopenblas0)";
        SetThreads(1);
        return null;
    }

    /// <summary>C[m,n] = A[m,k]·B[k,n], all row-major.</summary>
    public static void Multiply(float[] a, float[] b, float[] c, int m, int n, int k)
    {
        fixed (float* pa = a, pb = b, pc = c) Sgemm(RowMajor, NoTranspose, NoTranspose, m, n, k, 1, pa, k, pb, n, 0, pc, n);
    }

    [LibraryImport(Library, EntryPoint = "cblas_sgemm")]
    private static partial void Sgemm(
        int order, int transposeA, int transposeB, int m, int n, int k, float alpha, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc);

    [LibraryImport(Library, EntryPoint = "openblas_set_num_threads")]
    private static partial void SetThreads(int threads);

    [LibraryImport(Library, EntryPoint = "openblas_get_corename")]
    private static partial nint CoreName();
}
