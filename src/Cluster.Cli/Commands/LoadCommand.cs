using System.CommandLine;
using Cluster.Cli.Output;
using Cluster.Cli.Reports;
using Cluster.Cli.Scenarios;
using Cluster.Load;
using Cluster.Load.Reporting;
using Cluster.Scenarios.Workloads;
using Cluster.Timing;
using Spectre.Console;

namespace Cluster.Cli.Commands;

/// <summary><c>xpyd load URL</c>: drives any OpenAI-compatible endpoint and reports what its clients see.</summary>
internal static class LoadCommand
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    public static Command Create()
    {
        var url = new Argument<string>("URL") { Description = "Base address of the endpoint, e.g. http://127.0.0.1:8000." };
        var json = CommonOptions.Json();
        var csv = new Option<string?>("--csv") { Description = "Write one line per request.", HelpName = "FILE" };
        var output = new Option<string?>("--output") { Description = "Write the summary and every record as JSON lines.", HelpName = "FILE" };
        var compare = new Option<string?>("--compare") { Description = "Compare with an earlier run's --output.", HelpName = "FILE" };
        var arguments = new LoadArguments();
        var command = new CheckedCommand("load", "Drive any OpenAI-compatible endpoint and report TTFT, TPOT, ITL, E2E and goodput.") { url, json, csv, output, compare };
        arguments.AddTo(command);
        command.SetAction((parsed, problems) =>
        {
            if (!Uri.TryCreate(parsed.GetValue(url), UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
                problems.Add($"URL: '{parsed.GetValue(url)}' is not an http address; write e.g. http://127.0.0.1:8000.");
            return (Address: address!, Load: arguments.Read(parsed, problems)!, Before: parsed.GetValue(compare) is { } earlier ? problems.Of(() => ReadEarlier(earlier)) : null);
        }, async (input, parsed, cancellation) =>
        {
            var address = input.Address;
            InlineReceives.Prefer(PromptThread.Ask);
            using var lines = parsed.GetValue(csv) is { } rows ? new PendingFile(rows) : null;
            using var records = parsed.GetValue(output) is { } all ? new PendingFile(all) : null;
            if (await RunAsync(address, input.Load, cancellation) is not { } result)
            {
                return Guarded.Failed;
            }

            var summary = LoadSummary.Of(result, input.Load.Slo);
            lines?.Write(writer => LoadFiles.WriteCsv(writer, result));
            records?.Write(writer => LoadFiles.WriteJsonLines(writer, result, summary));
            if (parsed.GetValue(json)) Console.Out.WriteLine(summary.ToJson());
            else LoadTables.Print(summary, input.Before, Terminal.Out);
            if (result.WasCancelled) return Guarded.Interrupted;
            if (summary.Completed > 0) return 0;
            Terminal.Error.WriteLine(result.Records.Any(r => r.Status == 401)
                ? $"No request completed. {address} wants an API key: --api-key KEY, or OPENAI_API_KEY."
                : $"No request completed. Is {address} up (curl {address.GetLeftPart(UriPartial.Authority)}/v1/models), and does it serve the model asked for (--model)?");
            return 1;
        });
        return command;
    }

    /// <returns>Null when nobody answers, or the endpoint went on saying that it is not ready; that was said.</returns>
    private static async Task<LoadResult?> RunAsync(Uri address, LoadAsked asked, CancellationToken cancellation)
    {
        try
        {
            var readiness = await ReadyCheck.WaitAsync(
                address, asked.Options, s_patience,
                () => Terminal.Error.WriteLine($"{address} is not ready yet: waiting up to {s_patience.TotalSeconds:F0} s until its /health stops answering 503."), cancellation);
            if (readiness == Readiness.Unreachable) Terminal.Error.WriteLine($"{address}: the connection was refused or the host is not known, and nothing was sent. Start the server (xpyd up), or check host and port.");
            if (readiness == Readiness.Starting)
                Terminal.Error.WriteLine($"{address} was not ready within {s_patience.TotalSeconds:F0} s: nothing was sent. What does it wait for (curl {address.GetLeftPart(UriPartial.Authority)}/health)?");
            if (readiness != Readiness.Ready) return null;
            return await LoadTables.WithProgressAsync(asked.Total, progress => LoadDriver.RunAsync(address, asked.Workload, asked.Options, progress, cancellation));
        }
        catch (Exception bad) when (bad is ArgumentException or TraceException)
        {
            throw new UsageException(bad.Message);
        }
    }

    private static LoadSummary ReadEarlier(string path)
    {
        try
        {
            return LoadFiles.ReadSummary(path);
        }
        catch (Exception bad) when (bad is InvalidDataException or IOException)
        {
            throw new UsageException($"--compare: {bad.Message}");
        }
    }
}
