using Cluster.Compute.Kernels;

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
}
