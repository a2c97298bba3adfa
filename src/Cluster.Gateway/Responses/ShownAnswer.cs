using System.Text;
using Cluster.Gateway.Requests;
using Cluster.Gateway.Text;

namespace Cluster.Gateway.Responses;

/// <summary>What a client has seen of a choice once so many tokens have left.</summary>
/// <param name="Tokens">Kept only where log-probabilities are shown.</param>
internal sealed record ShownAnswer(string Text, IReadOnlyList<EmittedToken> Tokens)
{
    /// <summary>Written anew from the choice's seed: a stream keeps no text while it runs.</summary>
    public static ShownAnswer Of(PlannedRequest plan, PlannedChoice choice, int tokens)
    {
        var cursor = new Cursor(plan, choice);
        var text = new StringBuilder(tokens * 6);
        var kept = new List<EmittedToken>();
        for (var i = 0; i < tokens; i++)
        {
            var token = cursor.Next();
            text.Append(token.Text);
            if (plan.ShowsLogprobs) kept.Add(token);
        }

        return new ShownAnswer(text.ToString(), kept);
    }
}
