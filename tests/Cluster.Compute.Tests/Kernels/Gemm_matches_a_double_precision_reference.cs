using Cluster.Compute.Kernels;

namespace Cluster.Compute.Tests.Kernels;

public sealed class Gemm_matches_a_double_precision_reference
{
    public static TheoryData<string, int, int, int> Shapes()
    {
        var data = new TheoryData<string, int, int, int>();
        foreach (var kernel in TileKernels.All)
        {
            foreach (var (m, n, k) in new[] { (1, 1, 1), (1, 64, 256), (3, 33, 7), (8, 32, 256), (15, 100, 257), (64, 31, 600), (37, 65, 512), (300, 40, 1100) })
                data.Add(kernel.Name, m, n, k);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Every_kernel_gives_the_product(string name, int m, int n, int k)
    {
        var kernel = TileKernels.All.Single(candidate => candidate.Name == name);
        Assert.SkipUnless(kernel.IsSupported, $"this CPU lacks the instructions of {name}");
        var random = new Random(m * 7919 + n * 31 + k);
        var a = Values(random, m * k);
        var b = Values(random, k * n);
        var c = new float[m * n];
        Array.Fill(c, float.NaN);

        using var weights = PackedWeights.Pack(kernel, b, k, n);
        using var gemm = new Gemm(kernel, m, k);
        gemm.Multiply(a, m, weights, c);

        for (var i = 0; i < m; i++)
        {
            for (var j = 0; j < n; j++)
            {
                var (exact, bound) = Reference(kernel.Format, a, b, i, j, n, k);
                Math.Abs(c[i * n + j] - exact).ShouldBeLessThanOrEqualTo(bound, $"C[{i},{j}]");
            }
        }
    }

    /// <summary>The true element of C, and how far the format may be from it.</summary>
    private static (double Exact, double Bound) Reference(GemmFormat format, float[] a, float[] b, int i, int j, int n, int k)
    {
        double exact = 0, magnitude = 0, sumA = 0, sumB = 0, largestA = 0, largestB = 0;
        for (var x = 0; x < k; x++)
        {
            var (left, right) = (a[i * k + x], b[x * n + j]);
            exact += (double)left * right;
            magnitude += Math.Abs((double)left * right);
            (sumA, sumB) = (sumA + Math.Abs(left), sumB + Math.Abs(right));
            (largestA, largestB) = (Math.Max(largestA, Math.Abs(left)), Math.Max(largestB, Math.Abs(right)));
        }
        // Higham's bound for a dot product: k·u·Σ|a·b|, u = 2⁻²⁴.
        var summing = (k + 1) * Math.Pow(2, -24) * magnitude + 1e-30;
        // Each side is at most half a unit off; a unit is the largest value ÷ 127, and one in 10⁵ allows for rounding the scales.
        var (unitA, unitB) = (largestA / 127, largestB / 127);
        return format switch
        {
            GemmFormat.Bf16 => (exact, summing + Math.Pow(2, -8) * magnitude),
            GemmFormat.Int8 => (exact, 1e-5 * magnitude + (unitB * sumA + unitA * sumB + k * unitA * unitB / 2) / 2 * 1.00001),
            _ => (exact, summing),
        };
    }

    [Fact]
    public void Bf16_weights_that_bf16_can_hold_lose_nothing()
    {
        foreach (var kernel in Supported(GemmFormat.Bf16))
        {
            var random = new Random(5);
            var a = Values(random, 3 * 50);
            float[] b = [.. Values(random, 50 * 40).Select(v => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(v) & 0xFFFF0000))];
            var c = new float[3 * 40];
            using var weights = PackedWeights.Pack(kernel, b, 50, 40);
            using var gemm = new Gemm(kernel, 3, 50);
            gemm.Multiply(a, 3, weights, c);
            for (var i = 0; i < 3; i++)
            {
                for (var j = 0; j < 40; j++)
                {
                    var (exact, bound) = Reference(GemmFormat.Fp32, a, b, i, j, 40, 50);
                    Math.Abs(c[i * 40 + j] - exact).ShouldBeLessThanOrEqualTo(bound, kernel.Name);
                }
            }
        }
    }

    [Fact]
    public void Int8_sums_are_exact_where_both_sides_are_integers()
    {
        foreach (var kernel in Supported(GemmFormat.Int8))
        {
            // The largest of each row and column is 127, so a unit stands for 1, also of the most negative sums.
            const int K = 1030;
            float[] a = [.. Enumerable.Range(0, 2 * K).Select(i => i % K == 0 ? 127f : i % 3 == 0 ? -127f : i % 255 - 127f)];
            float[] b = [.. Enumerable.Range(0, K * 30).Select(i => i < 30 ? 127f : i % 7 == 0 ? 127f : -(i % 128))];
            var c = new float[2 * 30];
            using var weights = PackedWeights.Pack(kernel, b, K, 30);
            using var gemm = new Gemm(kernel, 2, K);
            gemm.Multiply(a, 2, weights, c);
            for (var i = 0; i < 2; i++)
                for (var j = 0; j < 30; j++)
                    c[i * 30 + j].ShouldBe((float)Enumerable.Range(0, K).Sum(x => (double)a[i * K + x] * b[x * 30 + j]), 1f, $"{kernel.Name} C[{i},{j}]");
        }
    }

    [Theory]
    [InlineData(1f, 0x3F80)]
    [InlineData(-2.5f, 0xC020)]
    [InlineData(1.00390625f, 0x3F80)] // halfway to the next above 1: to even
    [InlineData(1.01171875f, 0x3F82)] // halfway between two: to even
    [InlineData(1.0039064f, 0x3F81)]
    public void Bf16_rounds_to_nearest_and_ties_to_even(float value, int bits) => PackedWeights.ToBf16(value).ShouldBe((ushort)bits);

    private static List<TileKernel> Supported(GemmFormat format)
    {
        var kernels = TileKernels.All.Where(kernel => kernel.Format == format && kernel.IsSupported).ToList();
        Assert.SkipWhen(kernels.Count == 0, $"this CPU has no {format} kernel");
        return kernels;
    }

    [Fact]
    public void Fewer_rows_than_reserved_are_fine()
    {
        var kernel = TileKernels.Choose("scalar");
        using var weights = PackedWeights.Pack(kernel, [1, 2, 3, 4], 2, 2);
        using var gemm = new Gemm(kernel, 5, 2);
        var c = new float[2];
        gemm.Multiply([10, 100], 1, weights, c);
        c.ShouldBe([310f, 420f]);
    }

    [Fact]
    public void Shapes_that_disagree_are_refused_before_anything_is_written()
    {
        var kernel = TileKernels.Choose("scalar");
        using var weights = PackedWeights.Pack(kernel, [1, 2, 3, 4], 2, 2);
        using var gemm = new Gemm(kernel, 4, 2);
        Should.Throw<ArgumentException>(() => gemm.Multiply([1, 2], 1, weights, new float[3])).Message.ShouldContain("[1][2] needs 2");
        Should.Throw<ArgumentException>(() => PackedWeights.Pack(kernel, [1, 2, 3], 2, 2)).Message.ShouldContain("needs 4");
    }

    private static float[] Values(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 2 - 1)];
}
