using System.Collections.Immutable;

namespace Cluster.ServiceDefaults.Catalogue;

/// <summary>Upper bounds of histogram buckets. Those of the <c>vllm:</c> family are vLLM's own, so that its dashboards fit.</summary>
public static class Buckets
{
    private static readonly decimal[] s_r10 = [1, 1.25m, 1.6m, 2, 2.5m, 3.15m, 4, 5, 6.3m, 8];
    private static readonly decimal[] s_decades = [0.0001m, 0.001m, 0.01m, 0.1m, 1, 10];

    public static readonly ImmutableArray<double> TimeToFirstToken =
        [.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560];

    public static readonly ImmutableArray<double> InterToken =
        [.01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80];

    public static readonly ImmutableArray<double> RequestTime =
        [.3, .5, .8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680];

    /// <summary>vLLM ends its 1-2-5 series at the model's maximum length; ours ends where a 128 k model's does.</summary>
    public static readonly ImmutableArray<double> Tokens =
        [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000];

    public static readonly ImmutableArray<double> IterationTokens =
        [1, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192, 16_384];

    public static readonly ImmutableArray<double> NixlTransferTime =
        [.005, .01, .025, .05, .075, .1, .2, .3, .5, .75, 1, 5];

    /// <summary>Powers of four from 2 KiB to 8 GiB, as in vLLM's NIXL connector.</summary>
    public static readonly ImmutableArray<double> NixlBytes =
        [.. Enumerable.Range(0, 12).Select(i => (double)(1L << (11 + 2 * i)))];

    /// <summary>
    /// From 100 µs to 100 s in steps of a quarter or less (ISO 3's R10): there are few clusters, so these may be fine. With the buckets of
    /// vLLM a TPOT of 12 ms and one of 17 are the same figure, and that difference is what disaggregation is about.
    /// </summary>
    public static readonly ImmutableArray<double> FineSeconds =
        [.. Enumerable.Range(0, 60).Select(i => (double)(s_r10[i % 10] * s_decades[i / 10])), 100];

    public static readonly ImmutableArray<double> Lateness =
        [.0001, .0005, .001, .002, .005, .01, .02, .05, .1, .5, 1, 5];

    public static readonly ImmutableArray<double> Ratio =
        [.05, .1, .2, .3, .4, .5, .6, .7, .8, .9, .95, 1];
}
