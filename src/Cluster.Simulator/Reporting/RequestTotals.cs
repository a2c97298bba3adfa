using Cluster.Engine.Requests;
using Cluster.Simulator.Recording;

namespace Cluster.Simulator.Reporting;

/// <summary>What a report says of the requests of a run, gathered in one pass over them.</summary>
internal sealed class RequestTotals
{
    private readonly double[] _hopsMs = new double[TtftHops.Names.Count];
    private double _httpMs;

    public RequestTotals(RunRecord run)
    {
        TtftMs = new List<double>(run.Requests.Count);
        TpotMs = new List<double>(run.Requests.Count);
        E2eMs = new List<double>(run.Requests.Count);
        foreach (var request in run.Requests)
        {
            FirstNs = Math.Min(FirstNs, request.ArrivedNs);
            LastNs = Math.Max(LastNs, request.FinishedNs);
            if (request.Reroutes > 0) Rerouted++;
            if (request.Outcome == RequestOutcome.Completed) AddCompleted(run, in request);
        }

        if (run.Requests.Count == 0) FirstNs = LastNs = 0;
    }

    public long FirstNs { get; private set; } = long.MaxValue;
    public long LastNs { get; private set; } = long.MinValue;
    public int Completed { get; private set; }
    public int Good { get; private set; }
    public int Rerouted { get; private set; }
    public long InputTokens { get; private set; }
    public long OutputTokens { get; private set; }
    public long CachedTokens { get; private set; }
    public List<double> TtftMs { get; }
    public List<double> TpotMs { get; }
    public List<double> E2eMs { get; }

    public Dictionary<string, double> MeanHops()
    {
        var means = new Dictionary<string, double>();
        for (var hop = 0; hop < _hopsMs.Length; hop++) means[TtftHops.Names[hop]] = Completed == 0 ? 0 : _hopsMs[hop] / Completed;
        // What a client sees beyond the cluster's own hops: the wire, parsing, and the way of the first token back.
        if (Completed > 0 && _httpMs > 0) means["http"] = _httpMs / Completed;
        return means;
    }

    private void AddCompleted(RunRecord run, in RequestRecord request)
    {
        Completed++;
        if (run.Cluster.Slo.IsMetBy(request.TtftNs, request.TpotNs, request.E2eNs)) Good++;
        InputTokens += request.InputTokens;
        OutputTokens += request.OutputTokens;
        CachedTokens += request.CachedTokens;
        TtftMs.Add(request.TtftNs / 1e6);
        if (request.OutputTokens > 1) TpotMs.Add(request.TpotNs / 1e6);
        E2eMs.Add(request.E2eNs / 1e6);
        for (var hop = 0; hop < _hopsMs.Length; hop++) _hopsMs[hop] += request.Hops[hop] / 1e6;
        _httpMs += (request.TtftNs - request.Hops.TotalNs) / 1e6;
    }
}
