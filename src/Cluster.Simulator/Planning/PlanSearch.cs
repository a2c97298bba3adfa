namespace Cluster.Simulator.Planning;

/// <summary>From shapes to a short list worth simulating.</summary>
internal static class PlanSearch
{
    /// <summary>Aggregated candidates that are simulated, whatever the rates promise for disaggregation.</summary>
    private const int Aggregated = 6;

    private const int Disaggregated = 14;

    /// <summary>Shapes whose single prompt misses the TTFT objective are kept, far down, so that "nobody meets it" can name the nearest.</summary>
    private const double MissPenalty = 0.01;

    /// <summary>Of every combination of GPU types, at least so many.</summary>
    private const int OfEachType = 3;

    public static IReadOnlyList<PlanCandidate> ShortList(IReadOnlyList<PlanShape> shapes, PlanSpace space, string? link)
    {
        var many = shapes.DistinctBy(s => s.Gpu.Name).Skip(1).Any();
        return
        [
            .. Best(shapes.Select(s => OneKind(s, space.GroupGpus)), Aggregated),
            .. link is null ? [] : Best(Pairs(shapes, space.GroupGpus, link), Disaggregated),
        ];

        IEnumerable<PlanCandidate> Best(IEnumerable<PlanCandidate> candidates, int count) => candidates
            .Select(c => c with { NamesGpu = many }).GroupBy(c => c.GpuTypes).OrderBy(g => g.Key, StringComparer.Ordinal)
            .SelectMany(g => g.OrderByDescending(space.Promise).ThenBy(c => c.Gpus).ThenBy(c => c.Name, StringComparer.Ordinal).DistinctBy(c => c.Name)
                .Take(many ? Math.Max(OfEachType, count / 4) : count));
    }

    private static PlanCandidate OneKind(PlanShape shape, int gpus)
    {
        var instances = gpus / shape.Gpus;
        return new PlanCandidate(null, 0, shape, instances, null, null, instances * shape.AggregatedRps * Penalty(shape));
    }

    /// <summary>For each pair of shapes in the same formats: the x that balances the two rates, and its neighbours.</summary>
    private static IEnumerable<PlanCandidate> Pairs(IReadOnlyList<PlanShape> shapes, int gpus, string link)
    {
        foreach (var prefill in shapes)
        {
            foreach (var decode in shapes.Where(d => d.Weights == prefill.Weights && d.Kv == prefill.Kv))
            {
                var all = Enumerable.Range(1, Math.Max(0, (gpus - decode.Gpus) / prefill.Gpus))
                    .Select(x => (X: x, Y: (gpus - (x * prefill.Gpus)) / decode.Gpus))
                    .Where(s => s.Y > 0)
                    .Select(s => new PlanCandidate(prefill, s.X, decode, s.Y, link, null,
                        Math.Min(s.X * prefill.PrefillRps, s.Y * decode.DecodeRps) * Penalty(prefill)))
                    .ToList();
                if (all.Count == 0) continue;
                var best = all.IndexOf(all.MaxBy(c => c.EstimatedRps)!);
                foreach (var near in all.Skip(Math.Max(0, best - 1)).Take(best == 0 ? 2 : 3)) yield return near;
            }
        }
    }

    private static double Penalty(PlanShape prefill) => prefill.MeetsTtft ? 1 : MissPenalty;
}
