using Cluster.Engine;
using Cluster.Simulator.Recording;

namespace Cluster.Simulator.Validation;

/// <summary>
/// Says when a client saw its first token of an engine that streams several at once (<c>--stream-interval</c>): the first chunk is full after so many
/// decode steps of its instance, and counts for their own length, without the prompts computed between them.
/// </summary>
/// <remarks>
/// By the scheduler's rules a first wave of clients would wait for the prompts of all others as well, since those go before any decode step. Measured TTFT has no such wait
/// (SGLang, 64 to 256 clients with prompts of 8k): with it no length of a prompt fits both TTFT and TPOT.
/// </remarks>
/// <param name="chunk">Tokens of a chunk, at least 2.</param>
public sealed class ChunkClock(int instances, int chunk) : ISimulationObserver
{
    /// <summary>Of each instance's decode steps: when they end, and how long all of them took until then.</summary>
    private readonly (List<long> EndNs, List<long> TotalNs)[] _decodes = [.. Enumerable.Range(0, instances).Select(_ => (new List<long>(), new List<long>()))];

    public void StepBegan(int index, Instance instance, in Step step)
    {
        if (step.Shape.DecodeSequences == 0) return;
        var (ends, totals) = _decodes[index];
        totals.Add((totals.Count == 0 ? 0 : totals[^1]) + step.DurationNs);
        ends.Add(step.DueNs);
    }

    public void Ended(in RequestRecord record)
    {
    }

    /// <returns>What the client takes for its TTFT.</returns>
    public long SeenTtftNs(in RequestRecord record)
    {
        var (ends, totals) = _decodes[record.DecodeInstance];
        var next = ends.BinarySearch(record.ArrivedNs + record.TtftNs + 1);
        if (next < 0) next = ~next;
        var last = Math.Min(next + Math.Min(chunk, record.OutputTokens) - 2, totals.Count - 1);
        if (last < next) return record.TtftNs;
        // Drafts make several tokens of a step: then the end of the answer bounds the wait.
        return Math.Min(record.TtftNs + totals[last] - (next == 0 ? 0 : totals[next - 1]), record.E2eNs);
    }
}
