using Cluster.Scenarios.Sections;
using Cluster.Scenarios.Yaml;

namespace Cluster.Scenarios.Reading;

/// <summary>Reads conversations and agent runs: the same shape in the words of each.</summary>
internal static class SessionReader
{
    private const int MostTurns = 10_000;

    public static SessionSection? ReadSessions(SectionReader? r)
    {
        if (r is null) return null;
        var turns = r.Needed("turns", SyntheticReader.ReadLength(r.Section("turns", "Turns of a conversation: a number, or a distribution.", "mean"), MostTurns), "5");
        var input = r.Needed("input", SyntheticReader.ReadLength(r.Section("input", "New tokens of each turn.", "mean")), "200");
        var output = r.Needed("output", SyntheticReader.ReadLength(r.Section("output", "Tokens of each answer.", "mean")), "300");
        var think = r.Needed("think", ReadPause(r.Section("think", "From an answer's end to the next turn.", "mean")), "10s");
        var system = SyntheticReader.ReadPrefix(r.Section("system", "System prompts that conversations begin with. Default: none."), null, withFraction: false);
        r.RejectUnknownKeys();
        return turns is null || input is null || output is null || think is null ? null : new SessionSection(turns, input, input, output, think, system);
    }

    public static SessionSection? ReadAgents(SectionReader? r)
    {
        if (r is null) return null;
        var calls = r.Needed("calls", SyntheticReader.ReadLength(r.Section("calls", "Model calls of a run: a number, or a distribution.", "mean"), MostTurns), "20");
        var task = r.Needed("task", SyntheticReader.ReadLength(r.Section("task", "Tokens of the task.", "mean")), "2000");
        var tool = r.Needed("tool_output", SyntheticReader.ReadLength(r.Section("tool_output", "Tokens that each tool returns.", "mean")), "500");
        var output = r.Needed("output", SyntheticReader.ReadLength(r.Section("output", "Tokens of each answer.", "mean")), "150");
        var wait = r.Needed("tool_time", ReadPause(r.Section("tool_time", "How long each tool runs.", "mean")), "2s");
        var system = SyntheticReader.ReadPrefix(r.Section("system", "System prompts and tool descriptions that runs begin with. Default: none."), null, withFraction: false);
        r.RejectUnknownKeys();
        return calls is null || task is null || tool is null || output is null || wait is null
            ? null
            : new SessionSection(calls, task, tool, output, wait, system);
    }

    public static PauseSection? ReadPause(SectionReader? r)
    {
        if (r is null) return null;
        var mean = r.Needed("mean", r.DurationNs("mean", "Mean."), "10s");
        var cv = r.Number("cv", "Standard deviation ÷ mean, lognormal. Default 0: always the same.", 0, 100) ?? 0;
        r.RejectUnknownKeys();
        return mean is null ? null : new PauseSection(mean.Value, cv);
    }
}
