using System.Text.Json.Nodes;
using Cluster.Gateway.Admin;
using Cluster.Gateway.Console;

namespace Cluster.Browser.Tests;

/// <summary>A cluster that only pretends, for looking at the console: each snapshot is half a second later than the last.</summary>
internal sealed class DemoCluster : IClusterView, IClusterAdmin
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _pools;
    private readonly List<FaultOrder> _faults = [];
    private int _ticks;

    public DemoCluster(int prefill = 2, int decode = 2) => _pools = new Dictionary<string, int> { ["prefill"] = prefill, ["decode"] = decode };

    public double LateShare { get; set; }

    public IReadOnlyList<string> Pending { get; set; } = [];

    /// <summary>Nothing has been asked of it yet.</summary>
    public bool IsAtRest { get; set; }

    /// <summary>Orders the admin API has carried out.</summary>
    public IReadOnlyList<FaultOrder> Faults => _faults;

    public ClusterSnapshot Snapshot()
    {
        lock (_gate)
        {
            var t = ++_ticks / 2.0;
            var instances = _pools.SelectMany(p => Enumerable.Range(0, p.Value).Select(i => Instance(p.Key, i, t))).ToList();
            var prefills = instances.Where(i => i.Role == "prefill").ToList();
            var decodes = instances.Where(i => i.Role == "decode").ToList();
            if (IsAtRest) return new ClusterSnapshot("2P2D", "llama-3.1-70b", t) { Instances = instances, Walls = new Dictionary<string, string> { ["prefill"] = "idle", ["decode"] = "idle" }, Pending = Pending };
            return new ClusterSnapshot("2P2D", "llama-3.1-70b", t)
            {
                Scenario = "quickstart",
                Traffic = new TrafficView
                {
                    InFlight = 84,
                    Completed = _ticks * 2,
                    Failed = 0,
                    RequestsPerS = 4.1,
                    GoodputRps = 3.9,
                    OutputTokensPerS = 1_512 + 40 * Math.Sin(t),
                    TtftP50Ms = 221,
                    TtftP99Ms = 540 + 30 * Math.Sin(t / 3),
                    TpotP50Ms = 22.9,
                    TpotP99Ms = 31.4,
                    SloTtftMs = 500,
                    SloTpotMs = 50,
                },
                Emulator = new EmulatorView { TimeScale = 1, LateShare = LateShare, HostSaturation = 0.62 },
                Instances = instances,
                Links = [new LinkView("ib-ndr-400x4", 2e10 * prefills.Count, 2, "prefill-0", 0.4 + 0.3 * Math.Sin(t))],
                Gpus = 4 * instances.Count,
                Pending = Pending,
                Flows = [.. prefills.SelectMany((p, i) => decodes.Where((_, j) => (i + j + _ticks / 4) % Math.Max(2, decodes.Count / 2) == 0).Select((d, j) => new FlowView(p.Name, d.Name, 1e10 * (1 + (i + j) % 3), 1)))],
                HopsMs = Hops(1, t),
                HopsP99Ms = Hops(2.4, t),
                Steps = [.. Enumerable.Range(0, 40).Select(i => Step(i, t))],
                Roofs = [new RoofView("h100-sxm fp8", 1.979e15, 3.35e12)],
                Walls = new Dictionary<string, string> { ["prefill"] = "compute", ["decode"] = "bandwidth" },
                Decisions = [.. Enumerable.Range(0, 12).Select(i => Decision(_ticks / 4 * 3 - i, t, instances)).Where(d => d.RequestId > 0)],
                Levers =
                [
                    new LeverView("fp8 KV cache", "bandwidth", "TPOT p99 −18 %, goodput +9 %", "lossy for some models"),
                    new LeverView("3P2D", "compute", "TTFT p99 −31 %, cost +25 %", ""),
                ],
                Comparison = new ComparisonView("2P2D wins: goodput 3.90 against 3.10 req/s (+26 %); TTFT p90 410 against 395 ms, TPOT p99 31.4 against 62.0 ms.",
                    ["2P2D met the SLO for 95 % of its requests, aggregated for 76 %.", "Tokens come more evenly from 2P2D: ITL p99 34.0 against 180.0 ms."],
                    [new VariantView("2P2D", 3.9, 221, 540, 22.9, 31.4, 34, "compute", "bandwidth", 16), new VariantView("aggregated", 3.1, 214, 512, 29.1, 62, 180, "bandwidth", "bandwidth", 16)]),
                Faults = [.. _faults.Select((f, i) => new FaultView(i.ToString(System.Globalization.CultureInfo.InvariantCulture), f.Kind, f.Target ?? "", f.Factor))],
            };
        }
    }

    public ValueTask<JsonNode> ScaleAsync(string pool, int instances, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_pools.ContainsKey(pool)) throw new AdminException(404, $"No pool '{pool}'; there are: {string.Join(", ", _pools.Keys)}.");
            _pools[pool] = instances;
        }

        return Done();
    }

    public ValueTask<JsonNode> ResizeAsync(ResizeInstance resize, CancellationToken cancellationToken) => Done();

    public ValueTask<JsonNode> RunsAsync(CancellationToken cancellationToken) => Done();

    public ValueTask<JsonNode> BeginRunAsync(string name, CancellationToken cancellationToken) => Done();

    public ValueTask<JsonNode> InjectFaultAsync(FaultOrder fault, CancellationToken cancellationToken)
    {
        lock (_gate) _faults.Add(fault);
        return Done();
    }

    public ValueTask<JsonNode> ClearFaultAsync(string faultId, CancellationToken cancellationToken)
    {
        lock (_gate) _faults.RemoveAt(int.Parse(faultId, System.Globalization.CultureInfo.InvariantCulture));
        return Done();
    }

    public ValueTask<JsonNode> DialsAsync(CancellationToken cancellationToken) =>
        new(JsonNode.Parse("""{"dials":[{"name":"temperature","value":0,"min":0,"max":1,"meaning":"Randomness of the choice."},{"name":"overlap_weight","value":1,"min":0,"max":4,"meaning":"What a cached block is worth."}]}""")!);

    public ValueTask<JsonNode> SetDialAsync(string name, double value, CancellationToken cancellationToken) => Done();
    public ValueTask<JsonNode> TopologyAsync(CancellationToken cancellationToken) => Done();
    public ValueTask<JsonNode> DrainAsync(string instance, CancellationToken cancellationToken) => Done();
    public ValueTask<JsonNode> OpenAsync(string instance, CancellationToken cancellationToken) => Done();
    public ValueTask<JsonNode> SetRouterAsync(RouterOrder router, CancellationToken cancellationToken) => Done();
    public ValueTask<JsonNode> FaultsAsync(CancellationToken cancellationToken) => Done();
    public ValueTask<JsonNode> RouterDecisionsAsync(int limit, CancellationToken cancellationToken) => Done();

    private static ValueTask<JsonNode> Done() => new(new JsonObject { ["ok"] = true });

    private InstanceView Instance(string pool, int index, double t)
    {
        var name = $"{pool}-{index}";
        var failed = _faults.Any(f => f.Kind == "crash" && f.Target == name);
        var usage = failed ? 0 : 0.55 + 0.35 * Math.Sin(t / 9 + index * 1.3 + (pool == "decode" ? 1 : 0));
        return new InstanceView(name, pool, pool, failed ? "failed" : "ready")
        {
            Running = failed ? 0 : pool == "prefill" ? 2 : 38 + index % 5,
            Waiting = usage > 0.85 ? 4 : 0,
            KvUsage = usage,
            KvCached = failed ? 0 : Math.Min(0.08, 1 - usage),
            PrefixHitRate = 0.31,
            TokensPerS = pool == "prefill" ? 14_200 : 756,
            Wall = failed ? "idle" : usage > 0.85 ? "capacity" : pool == "prefill" ? "compute" : "bandwidth",
            Hardware = "h100-sxm × 4, tp4, fp8",
        };
    }

    private static Dictionary<string, double> Hops(double factor, double t) => new()
    {
        ["tokenize"] = 1.2,
        ["route"] = 0.3,
        ["prefill_queue"] = (60 + 20 * Math.Sin(t / 4)) * factor,
        ["prefill"] = 128 * Math.Sqrt(factor),
        ["kv_alloc"] = 0.7,
        ["kv_transfer"] = 9 * factor,
        ["decode_queue"] = 6 * factor,
    };

    private static StepView Step(int i, double t)
    {
        var prefill = i % 2 == 0;
        var spread = 1 + 0.5 * Math.Sin(i * 7.3 + t);
        return prefill ? new StepView("prefill", 900 * spread, 9.4e14 + 2e13 * Math.Sin(i)) : new StepView("decode", 60 * spread, 60 * spread * 2.3e12);
    }

    private static DecisionView Decision(long id, double t, List<InstanceView> instances)
    {
        var prefills = instances.Where(i => i.Role == "prefill").ToList();
        var decodes = instances.Where(i => i.Role == "decode").ToList();
        var (prefill, decode) = (prefills[(int)(Math.Abs(id) % prefills.Count)].Name, decodes[(int)(Math.Abs(id) % decodes.Count)].Name);
        return new DecisionView(id, t, "kv-aware", "disaggregated", prefill, decode, (int)(800 + Math.Abs(id) * 37 % 3_000),
            [.. instances.Take(8).Select((x, i) => new CandidateView(x.Name, x.Role, x.Name == prefill ? 12 : 20 + i, 16 * i, x.Name == prefill || x.Name == decode))]);
    }
}
