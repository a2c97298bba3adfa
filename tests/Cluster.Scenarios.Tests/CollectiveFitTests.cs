using System.Globalization;
using Cluster.Scenarios.Catalogs;
using Cluster.Scenarios.Fitting;

namespace Cluster.Scenarios.Tests;

/// <summary>Which rows of the collective tables a curve is fitted on.</summary>
public sealed class CollectiveFitTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("collectives").FullName;

    public CollectiveFitTests()
    {
        Write("kernels", "h200_sxm_gemm_1.csv", ["gemm_dtype,m,n,k,latency"]);
        // NCCL sums 1, 2, 4 and 8 MB in 30, 60, 120 and 240 µs; other formats do not count.
        Write("collectives", "h200_sxm_comm_nccl_1.csv",
            ["op_name,nccl_dtype,num_gpus,message_size,latency", "all_reduce,int8,2,1000000,0.001", .. Nccl("all_reduce"), .. Nccl("all_gather"), .. Nccl("reduce_scatter"), .. Nccl("alltoall")]);
    }

    [Fact]
    public void Rows_that_an_engine_leaves_to_NCCL_are_no_part_of_its_own_kernels_fit()
    {
        // From the third size on two ranks' times are NCCL's, give or take noise; four ranks' are faster throughout.
        Write("collectives", "h200_sxm_comm_vllm_1.csv",
        [
            "kernel_source,num_gpus,message_size,latency", .. Own(2, 0.010, 0.030, 0.118, 0.245), .. Own(4, 0.010, 0.030, 0.060, 0.120),
            "vLLM_custom_eager,4,500000,0.001",
        ]);
        var line = CatalogFit.Score(Catalog.Default, _data).Single(l => l.Operator == "one-shot all_reduce");
        line.Rows.ShouldBe(2 + 4);
    }

    [Fact]
    public void A_slow_small_message_does_not_end_an_engines_own_kernels()
    {
        Write("collectives", "h200_sxm_comm_vllm_1.csv", ["kernel_source,num_gpus,message_size,latency", .. Own(2, 0.040, 0.030, 0.060, 0.250)]);
        CatalogFit.Score(Catalog.Default, _data).Single(l => l.Operator == "one-shot all_reduce").Rows.ShouldBe(3, "up to the largest that is faster");
    }

    public void Dispose() => Directory.Delete(_data, recursive: true);

    private static IEnumerable<string> Nccl(string operation) =>
        from ranks in new[] { 2, 4 }
        from size in Enumerable.Range(0, 4)
        select string.Create(CultureInfo.InvariantCulture, $"{operation},half,{ranks},{500_000 << size},{0.03 * (1 << size)}");

    private static IEnumerable<string> Own(int ranks, params double[] milliseconds) => milliseconds.Select((ms, i) => string.Create(CultureInfo.InvariantCulture, $"vLLM_custom_graph,{ranks},{500_000 << i},{ms}"));

    private void Write(string folder, string name, IEnumerable<string> lines)
    {
        Directory.CreateDirectory(Path.Combine(_data, folder));
        File.WriteAllLines(Path.Combine(_data, folder, name), lines);
    }
}
