using System.Text.Json.Nodes;

namespace Cluster.Simulator.Lessons;

/// <summary>The published JSON of <c>lessons</c>.</summary>
public static class LessonJson
{
    public static JsonObject Of(IReadOnlyList<LessonResult> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        return new JsonObject
        {
            ["passed"] = results.Count(r => r.Outcome.Holds),
            ["contradicted"] = results.Count(r => !r.Outcome.Holds),
            ["lessons"] = new JsonArray([.. results.Select(r => new JsonObject
            {
                ["name"] = r.Lesson.Name,
                ["topic"] = r.Lesson.Topic,
                ["claim"] = r.Lesson.Claim,
                ["result"] = r.Outcome.Figures,
                ["verdict"] = r.Outcome.Holds ? "passed" : "contradicted",
                ["reason"] = r.Outcome.Reason,
            })]),
        };
    }
}
