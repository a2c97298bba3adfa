using System.Diagnostics;
using Cluster.Engine.Cost;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Gateway;
using Cluster.Gateway.Backend;
using Cluster.ServiceDefaults;
using Cluster.ServiceDefaults.Recording;

namespace Cluster.Cli.Commands.Wire;

/// <summary><c>xpyd bench scrape</c>: what a scrape of a very large cluster takes at the gateway, over HTTP, alone and ten at a time.</summary>
internal static class BenchScrape
{
    private const int Instances = 1_000;
    private const int Scrapes = 25;
    private const int AtOnce = 10;

    public static IReadOnlyList<BenchResult> Run(CancellationToken cancellation) => RunAsync(cancellation).GetAwaiter().GetResult();

    private static async Task<IReadOnlyList<BenchResult>> RunAsync(CancellationToken cancellation)
    {
        using var backend = new EchoBackend();
        await using var app = GatewayHost.Build(new GatewayOptions { Port = 0, DrainTimeout = TimeSpan.Zero }, backend, configure: builder => builder.AddServiceDefaults());
        await app.StartAsync(cancellation);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        Fill(app.Services.GetRequiredService<ClusterMetrics>());
        for (var i = 0; i < 5; i++) await ScrapeAsync(http, cancellation);
        var alone = new List<double>();
        var bytes = 0L;
        for (var i = 0; i < Scrapes; i++)
        {
            var since = Stopwatch.GetTimestamp();
            bytes = await ScrapeAsync(http, cancellation);
            alone.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
        }

        using var self = Process.GetCurrentProcess();
        var (cpu, together) = (self.TotalProcessorTime, Stopwatch.GetTimestamp());
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => ScrapeAsync(http, cancellation)));
        var seconds = Stopwatch.GetElapsedTime(together).TotalSeconds;
        self.Refresh();
        alone.Sort();
        return
        [
            BenchResult.LowerIsBetter($"scrape of {Instances} instances, median of {Scrapes}", alone[Scrapes / 2], "ms", 100, "the aim"),
            BenchResult.LowerIsBetter($"scrape of {Instances} instances, size", bytes / 1e6, "MB", 20, "the aim"),
            new BenchResult($"{AtOnce} scrapes at once, until the last is served", seconds * 1e3, "ms"),
            new BenchResult("CPU per scrape, client and server", (self.TotalProcessorTime - cpu).TotalMilliseconds / AtOnce, "ms"),
        ];
    }

    private static async Task<long> ScrapeAsync(HttpClient http, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "metrics");
        // As Prometheus asks.
        request.Headers.TryAddWithoutValidation("Accept", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1");
        using var response = await http.SendAsync(request, cancellation);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadAsByteArrayAsync(cancellation)).LongLength;
    }

    /// <summary>Half prefill, half decode, each with every series that an instance can have.</summary>
    private static void Fill(ClusterMetrics metrics)
    {
        for (var i = 0; i < Instances; i++)
        {
            var isPrefill = i % 2 == 0;
            var pool = isPrefill ? "prefill" : "decode";
            var instance = metrics.AddInstance(
                new InstanceIdentity("500P500D", isPrefill ? InstanceRole.Prefill : InstanceRole.Decode, $"{pool}-{i / 2}", "llama-3.1-70b")
                {
                    Pool = pool,
                    Gpu = "h100-sxm",
                    Gpus = 4,
                    Parallelism = "tp4pp1dp1ep1",
                    Weights = "fp8",
                    Kv = "fp8",
                    PeakFlopsPerSecond = 1.979e15,
                    PeakHbmBytesPerSecond = 3.35e12,
                    BlockSize = 16,
                    TotalBlocks = 40_000,
                    GpuMemoryUtilization = 0.92,
                }, Instances);
            instance.Publish(new InstanceState { Running = i % 50, WaitingForCapacity = i % 7, ActiveBlocks = i * 31 % 40_000, TotalBlocks = 40_000, GenerationTokens = i * 977, ComputedPromptTokens = i * 3_001 });
            for (var step = 0; step < 10; step++)
                instance.StepEnded(new StepObservation(48, new StepCost(0.022, 0.004, 0.022, 0.002, 0.001, 3e12, 6e10, 1e8, false), step * 100_000, 22 * Time.Millisecond));
            instance.FirstToken((100 + i) * Time.Millisecond);
            instance.InterToken((10 + i % 30) * Time.Millisecond);
            instance.RequestFinished(new EngineRequestObservation(ServiceDefaults.Recording.FinishReason.Length, 40 * Time.Millisecond, 120 * Time.Millisecond, 2 * Time.Second, 3 * Time.Second, 2_000, 200, 256));
            if (!isPrefill) instance.KvReceived(8 * Time.Millisecond, 320_000_000);
            metrics.AddLink("500P500D", $"{pool}-{i / 2}.nic").Publish(new LinkState(50e9, 1e9 * (i % 40), i % 4, i % 3, i * 1_000_000L));
        }
    }
}
