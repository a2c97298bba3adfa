using Cluster.Scenarios.Catalogs;

namespace Cluster.Scenarios;

/// <summary>A scenario before it is read: text that can be read again and again with other settings laid over it.</summary>
/// <param name="Text">YAML; <c>{}</c> when flags say it all.</param>
/// <param name="File">Named in errors; trace paths are relative to its folder.</param>
/// <param name="Overrides">Laid over the text in every reading.</param>
public sealed record ScenarioSource(string Text, string File, IReadOnlyList<ScenarioOverride> Overrides)
{
    /// <summary>Read this variant alone: a key under <c>compare</c>, or empty for the scenario's own cluster. Null: all.</summary>
    public string? Only { get; init; }

    /// <summary>Opens a scenario file.</summary>
    /// <exception cref="ScenarioException">It cannot be read.</exception>
    public static ScenarioSource Open(string file, IReadOnlyList<ScenarioOverride>? overrides = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        try
        {
            return new ScenarioSource(System.IO.File.ReadAllText(file), file, overrides ?? []);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ScenarioException(ScenarioFile.Load(file, Catalog.Default).Errors, e);
        }
    }

    /// <summary>A scenario from flags alone.</summary>
    public static ScenarioSource FromFlags(IReadOnlyList<ScenarioOverride> flags) => new("{}", "command line", flags);

    /// <summary>The scenario with <paramref name="further"/> settings laid over all others.</summary>
    public ScenarioResult Read(Catalog catalog, IReadOnlyList<ScenarioOverride>? further = null) =>
        ScenarioFile.Parse(Text, catalog, File, [.. Overrides, .. further ?? []], Only);

    public ScenarioSource With(IReadOnlyList<ScenarioOverride> further) => this with { Overrides = [.. Overrides, .. further] };

    /// <summary>The scenario as a file of its own: one variant, every override written out. Comments are lost.</summary>
    /// <param name="name">Its new name.</param>
    /// <param name="directory">Where the file will lie: a trace's path is made relative to it.</param>
    /// <exception cref="ScenarioException">The text is no YAML.</exception>
    public string Write(string name, string directory) => ScenarioFile.Rewrite(this, name, directory);
}
