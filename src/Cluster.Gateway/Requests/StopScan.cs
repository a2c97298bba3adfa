using System.Text;
using Cluster.Gateway.Text;

namespace Cluster.Gateway.Requests;

/// <summary>Where a stop condition ends an answer.</summary>
/// <param name="Tokens">Generated, the one that completes the stop included.</param>
/// <param name="VisibleChars">Of text to show.</param>
/// <param name="Reason">The string or the token id.</param>
internal sealed record StopHit(int Tokens, int VisibleChars, object Reason);

/// <summary>
/// Finds the first stop string or token in an answer before it is generated: since the text is known, a stream never
/// has to hold back characters that might turn out to begin a stop string.
/// </summary>
internal static class StopScan
{
    public static StopHit? Find(GenerationBody body, ITokenSource output, int maxTokens)
    {
        if (body.Stop.Count == 0 && body.StopTokenIds.Count == 0) return null;
        var text = new StringBuilder();
        var longest = body.Stop.Count == 0 ? 0 : body.Stop.Max(s => s.Length);
        var window = "";
        for (var count = 1; count <= maxTokens; count++)
        {
            var token = output.Next();
            var windowStart = text.Length - window.Length;
            text.Append(token.Text);
            window += token.Text;
            if (count >= body.MinTokens)
            {
                if (body.StopTokenIds.Contains(token.Id)) return new StopHit(count, text.Length - token.Text.Length, token.Id);
                var (at, stop) = Earliest(body.Stop, window);
                if (stop is not null) return new StopHit(count, windowStart + at + (body.IncludeStopString ? stop.Length : 0), stop);
            }

            // Text from before min_tokens is out of reach, as in vLLM.
            var keep = count >= body.MinTokens ? Math.Min(window.Length, longest - 1) : 0;
            window = keep <= 0 ? "" : window[^keep..];
        }

        return null;
    }

    private static (int At, string? Stop) Earliest(List<string> stops, string window)
    {
        var (best, found) = (int.MaxValue, (string?)null);
        foreach (var stop in stops)
        {
            var at = window.IndexOf(stop, StringComparison.Ordinal);
            if (at >= 0 && at < best) (best, found) = (at, stop);
        }

        return (best, found);
    }
}
