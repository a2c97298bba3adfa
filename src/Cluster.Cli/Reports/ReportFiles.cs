using System.CommandLine;
using Cluster.Cli.Output;
using Cluster.Report;
using Spectre.Console;

namespace Cluster.Cli.Reports;

/// <summary>The options <c>--report</c> and <c>--timeline</c>, and the files they ask for.</summary>
internal sealed class ReportFiles
{
    private readonly Option<FileInfo?> _report = new("--report") { Description = "Write a report with pictures to this HTML file; it opens without a server.", HelpName = "report.html" };
    private readonly Option<FileInfo?> _timeline = new("--timeline") { Description = "Write every step and request as a trace for ui.perfetto.dev.", HelpName = "trace.json" };

    private readonly Option<FileInfo?> _decisions = new("--decisions") { Description = "Write every routing decision as a line of JSON: each candidate's cost, and the regret against an oracle.", HelpName = "decisions.jsonl" };

    public void AddTo(Command command)
    {
        ArgumentNullException.ThrowIfNull(command);
        command.Options.Add(_report);
        command.Options.Add(_timeline);
    }

    public bool Wanted(ParseResult arguments) => arguments.GetValue(_report) is not null || arguments.GetValue(_timeline) is not null;

    /// <summary>Names of the options that ask for a file.</summary>
    public string[] Asked(ParseResult arguments) =>
        [.. new[] { _report, _timeline, _decisions }.Where(o => arguments.GetResult(o) is { Implicit: false }).Select(o => o.Name)];

    /// <summary>The trace to write, open; null when none is asked for. Dispose it when the run has ended.</summary>
    public TimelineFile? OpenTimeline(ParseResult arguments) => arguments.GetValue(_timeline) is { } file ? new TimelineFile(Create(file)) : null;

    /// <summary>Decisions are logged only in virtual time: only there an oracle can look on.</summary>
    public void AddDecisionsTo(Command command)
    {
        ArgumentNullException.ThrowIfNull(command);
        command.Options.Add(_decisions);
    }

    /// <summary>The decision log to write, open; null when none is asked for.</summary>
    public StreamWriter? OpenDecisions(ParseResult arguments) => arguments.GetValue(_decisions) is { } file ? new StreamWriter(Create(file)) : null;

    /// <summary>The report to write when the run has ended; null when none is asked for.</summary>
    public PendingFile? OpenReport(ParseResult arguments) => arguments.GetValue(_report) is { } file ? new PendingFile(file.FullName) : null;

    public static void Write(PendingFile? report, Func<ReportModel> model)
    {
        if (report is null) return;
        report.Write(writer => ReportWriter.Write(model(), writer));
        Terminal.Error.WriteLine($"Report: {report.FullPath}");
    }

    private static FileStream Create(FileInfo file)
    {
        try
        {
            file.Directory?.Create();
            return file.Create();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new Scenarios.UsageException($"Cannot write '{file.FullName}': {failure.Message} Choose another path.");
        }
    }
}

/// <summary>A timeline and the file below it.</summary>
internal sealed class TimelineFile(FileStream file) : IDisposable
{
    public TimelineWriter Writer { get; } = new(file);

    public void Dispose()
    {
        Writer.Dispose();
        file.Dispose();
        Terminal.Error.WriteLine($"Timeline: {file.Name} (open it at ui.perfetto.dev)");
    }
}
