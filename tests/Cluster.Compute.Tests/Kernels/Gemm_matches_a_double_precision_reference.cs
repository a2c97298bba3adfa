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
                double exact = 0, magnitude = 0;
                for (var x = 0; x < k; x++)
                {
                    var product = (double)a[i * k + x] * b[x * n + j];
                    exact += product;
                    magnitude += Math.Abs(product);
                }
                // Higham's bound for a dot product: k·u·Σ|a·b|, u = 2⁻²⁴.
                var bound = (k + 1) * Math.Pow(2, -24) * magnitude + 1e-30;
                Math.Abs(c[i * n + j] - exact).ShouldBeLessThanOrEqualTo(bound, $"C[{i},{j}]");
            }
        }
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
