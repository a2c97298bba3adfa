using Cluster.Engine.Requests;
using Cluster.Simulator.Recording;

namespace Cluster.Simulator.Reporting;

/// <summary>What a report says of the requests of a run. Passes over them once for sums and once for each distribution, of which only one is in memory at a time.</summary>
internal sealed class RequestTotals
{
    private readonly double[] _hopsMs = new double[TtftHops.Names.Count];
    private readonly RunRecord _run;
    private readonly double[] _samples;
    private double _httpMs;

    public RequestTotals(RunRecord run)
    {
        _run = run;
        foreach (var request in run.Requests)
        {
            FirstNs = Math.Min(FirstNs, request.ArrivedNs);
            LastNs = Math.Max(LastNs, request.FinishedNs);
            if (request.Reroutes > 0) Rerouted++;
            if (request.Outcome == RequestOutcome.Completed) AddCompleted(run, in request);
        }

        if (run.Requests.Count == 0) FirstNs = LastNs = 0;
        _samples = new double[Completed];
    }

    public long FirstNs { get; private set; } = long.MaxValue;
    public long LastNs { get; private set; } = long.MinValue;
    public int Completed { get; private set; }
    public int Good { get; private set; }
    public int Rerouted { get; private set; }
    public long InputTokens { get; private set; }
    public long OutputTokens { get; private set; }
    public long CachedTokens { get; private set; }

    public Distribution TtftMs() => Over(r => r.TtftNs / 1e6);

    /// <summary>Of requests with more than one token.</summary>
    public Distribution TpotMs() => Over(r => r.OutputTokens > 1 ? r.TpotNs / 1e6 : null);

    public Distribution E2eMs() => Over(r => r.E2eNs / 1e6);

    public Dictionary<string, double> MeanHops()
    {
        var means = new Dictionary<string, double>();
        for (var hop = 0; hop < _hopsMs.Length; hop++) means[TtftHops.Names[hop]] = Completed == 0 ? 0 : _hopsMs[hop] / Completed;
        // What a client sees beyond the cluster's own hops: the wire, parsing, and the way of the first token back.
        if (Completed > 0 && _httpMs > 0) means["http"] = _httpMs / Completed;
        return means;
    }

    private Distribution Over(Func<RequestRecord, double?> figure)
    {
        var count = 0;
        foreach (var request in _run.Requests)
            if (request.Outcome == RequestOutcome.Completed && figure(request) is { } sample) _samples[count++] = sample;
        return Distribution.OfMilliseconds(_samples.AsSpan(0, count));
    }

    private void AddCompleted(RunRecord run, in RequestRecord request)
    {
        Completed++;
        if (run.Cluster.Slo.IsMetBy(request.TtftNs, request.TpotNs, request.E2eNs)) Good++;
        InputTokens += request.InputTokens;
        OutputTokens += request.OutputTokens;
        CachedTokens += request.CachedTokens;
        for (var hop = 0; hop < _hopsMs.Length; hop++) _hopsMs[hop] += request.Hops[hop] / 1e6;
        _httpMs += (request.TtftNs - request.Hops.TotalNs) / 1e6;
    }
}
