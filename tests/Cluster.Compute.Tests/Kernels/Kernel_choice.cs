using Cluster.Compute.Kernels;
using Cluster.Engine.Models;

namespace Cluster.Compute.Tests.Kernels;

public sealed class Kernel_choice
{
    [Fact]
    public void A_setting_forces_each_supported_kernel()
    {
        foreach (var kernel in TileKernels.All.Where(kernel => kernel.IsSupported))
            TileKernels.Choose(kernel.Name.ToUpperInvariant()).ShouldBeSameAs(kernel);
    }

    [Fact]
    public void An_unknown_kernel_is_refused_with_the_names_there_are() =>
        Should.Throw<ArgumentException>(() => TileKernels.Choose("avx1024")).Message.ShouldContain("avx512, avx2, scalar");

    [Fact]
    public void A_format_gets_its_own_kernel_where_the_CPU_has_one_and_says_so_where_not()
    {
        foreach (var format in Enum.GetValues<GemmFormat>())
        {
            var kernel = TileKernels.Choose(format: format);
            if (TileKernels.All.Any(other => other.Format == format && other.IsSupported))
            {
                kernel.Format.ShouldBe(format);
                TileKernels.Shortfall(kernel, format).ShouldBeNull();
            }
            else
            {
                kernel.Format.ShouldBe(GemmFormat.Fp32);
                TileKernels.Shortfall(kernel, format).ShouldNotBeNull().ShouldContain($"{format} matmul runs in Fp32");
            }
        }
    }

    [Fact]
    public void An_instruction_set_that_is_asked_for_keeps_its_format_or_says_what_it_runs_in()
    {
        var scalar = TileKernels.Choose("scalar", GemmFormat.Int8);
        scalar.Name.ShouldBe("scalar");
        TileKernels.Shortfall(scalar, GemmFormat.Int8).ShouldNotBeNull().ShouldContain("Int8 matmul runs in Fp32");
        Assert.SkipUnless(new Avx2Bf16TileKernel().IsSupported, "this CPU lacks AVX2");
        TileKernels.Choose("avx2", GemmFormat.Bf16).Name.ShouldBe("avx2-bf16");
    }

    [Theory]
    [InlineData(NumberFormat.Fp32, GemmFormat.Fp32)]
    [InlineData(NumberFormat.Bf16, GemmFormat.Bf16)]
    [InlineData(NumberFormat.Fp16, GemmFormat.Bf16)]
    [InlineData(NumberFormat.Fp8Block, GemmFormat.Int8)]
    [InlineData(NumberFormat.Int8, GemmFormat.Int8)]
    [InlineData(NumberFormat.Nvfp4, GemmFormat.Int8)]
    public void The_host_stands_in_with_the_nearest_format_that_a_CPU_multiplies(NumberFormat gpu, GemmFormat host) =>
        GemmFormats.StandingInFor(gpu).ShouldBe(host);
}
