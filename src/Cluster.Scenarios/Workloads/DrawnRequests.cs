using System.Collections.Immutable;
using Cluster.Engine.Requests;
using Cluster.Engine.Units;
using Cluster.Scenarios.Sections;

namespace Cluster.Scenarios.Workloads;

/// <summary>Draws requests that stand alone, without end.</summary>
internal static class DrawnRequests
{
    public static IEnumerable<RequestSpec> Of(SyntheticSection synthetic, ulong seed)
    {
        var (lengths, sharing) = (new RandomStream(seed, "lengths"), new RandomStream(seed, "sharing"));
        var tree = synthetic.Prefix is { } prefix ? new PrefixTree(prefix, seed) : null;
        var corpus = synthetic.Rag is { } rag ? new Corpus(rag, seed) : null;
        var segments = ImmutableArray.CreateBuilder<ContentSegment>();
        long id = 0;
        for (ulong prompt = 0; ; prompt++)
        {
            segments.Clear();
            tree?.AddPath(segments, sharing);
            corpus?.AddDocuments(segments, sharing);
            var input = Math.Max(Draws.Length(synthetic.Input, lengths), synthetic.SharedTokens + 1);
            var own = new ContentSegment(Ids.Of(seed, Ids.Own, 2 * prompt), input - synthetic.SharedTokens);
            if (synthetic.Samples == 1)
            {
                // Nobody else has this prompt: it and its answer are one run.
                var output = Draws.Length(synthetic.Output, lengths);
                own = own with { Length = own.Length + output };
                yield return new RequestSpec(id++, 0, input, output, segments.Count == 0 ? TokenContent.Unique(own.ContentId, own.Length) : new TokenContent([.. segments, own]));
                continue;
            }

            segments.Add(own);
            var shared = segments.ToImmutable();
            for (var sample = 0; sample < synthetic.Samples; sample++)
            {
                var output = Draws.Length(synthetic.Output, lengths);
                var answer = new ContentSegment(Hashing.Mix(Ids.Of(seed, Ids.Own, 2 * prompt + 1), (ulong)sample), output);
                yield return new RequestSpec(id++, 0, input, output, new TokenContent(shared.Add(answer)));
            }
        }
    }
}
