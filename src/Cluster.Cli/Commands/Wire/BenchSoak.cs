using System.CommandLine;
using System.Globalization;
using Cluster.Cli.Scenarios;
using Cluster.Load;
using Cluster.Load.Soak;
using Cluster.Scenarios;
using Cluster.Timing;

namespace Cluster.Cli.Commands.Wire;

/// <summary>
/// <c>xpyd bench soak</c>: the gateway at its limit of streams for minutes, with clients that finish, hang up, half-close, read
/// slowly and come again when refused. At the end every stream is accounted for, at both ends, and nothing is held.
/// </summary>
internal static class BenchSoak
{
    private const int DefaultStreams = 10_000;

    /// <summary>Clients beyond the limit, so that it is reached and stays so.</summary>
    private const double Excess = 0.02;

    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(500);

    public static Option<int> Streams() => new("--streams")
    {
        Description = "Streams open at a time. Client and server are processes of their own, each within its limit of open files.",
        DefaultValueFactory = _ => DefaultStreams,
    };

    public static Command Create(Option<bool> json)
    {
        var streams = Streams();
        var duration = new Option<string>("--duration") { Description = "New streams are begun for so long.", DefaultValueFactory = _ => "5m" };
        var command = new Command("soak", "The gateway at its limit of streams for minutes: every stream accounted for, nothing held at the end.") { streams, duration };
        command.SetAction((arguments, cancellation) => Guarded.RunAsync(async () =>
        {
            var text = arguments.GetValue(duration)!;
            if (!UnitText.TryDurationNs(text, out var ns) || ns <= 0) throw new UsageException($"--duration: '{text}' is not a duration; write e.g. 30s or 5m.");
            var count = arguments.GetValue(streams);
            if (count < 1) throw new UsageException($"--streams {count}: at least 1.");
            OpenFiles.Require((int)(count * (1 + Excess)) + 1);
            InlineReceives.Prefer(PromptThread.Ask);
            var results = await RunAsync(count, TimeSpan.FromSeconds(ns / 1e9), Console.Error.WriteLine, cancellation);
            BenchReport.Of(results).Print(arguments.GetValue(json));
            return results.Where(r => r.Reference is 0).All(r => r.Value == 0) ? 0 : Guarded.Failed;
        }));
        return command;
    }

    public static async Task<IReadOnlyList<BenchResult>> RunAsync(int streams, TimeSpan duration, Action<string> progress, CancellationToken cancellation)
    {
        await using var server = await WireServerProcess.StartAsync(s_pace, TimeSpan.Zero, streams, cancellation);
        var atStart = await server.CountAsync(cancellation);
        var plan = new SoakPlan((int)Math.Ceiling(streams * (1 + Excess)), TimeSpan.FromSeconds(Math.Min(20, duration.TotalSeconds / 4)), Seed: 1);
        progress($"warming up with {plan.Clients} clients for {plan.Duration.TotalSeconds:0} s");
        var warm = await StreamSoak.RunAsync(server.Address, plan, null, cancellation);
        var before = await server.CountAtRestAsync(atStart.Sockets, TimeSpan.FromSeconds(30), cancellation);
        progress($"soaking for {duration.TotalSeconds:0} s");
        var outcome = await StreamSoak.RunAsync(server.Address, plan with { Duration = duration, Seed = 2 }, so => progress(Line(so)), cancellation);
        var after = await server.CountAtRestAsync(before.Sockets, TimeSpan.FromSeconds(30), cancellation);
        return [.. Results(warm, outcome, before, after)];
    }

    private static IEnumerable<BenchResult> Results(SoakOutcome warm, SoakOutcome outcome, WireCounts before, WireCounts after)
    {
        yield return new BenchResult("streams asked for", outcome.Sent, "")
        {
            Note = Text($"{outcome.Completed} completed with every token, {outcome.Refused} refused, {outcome.Disconnected} cut by their clients"),
        };
        yield return new BenchResult("streams open at once, at most", outcome.MostOpen, "");
        yield return new BenchResult("tokens received", outcome.Tokens, "");
        yield return new BenchResult("streams failed", outcome.Failed, "", 0) { Note = string.Join("; ", outcome.Faults) };
        yield return new BenchResult("streams unaccounted for", outcome.Unaccounted, "", 0) { Note = "asked for − completed − refused − cut − failed" };
        // Who hung up may have been too late: the server then counts a completed stream. All that it admitted has to have ended, once.
        var admitted = after.Submitted - before.Submitted;
        yield return new BenchResult("admitted at the server, not ended", admitted - (after.Completed - before.Completed) - (after.Aborted - before.Aborted), "", 0);
        yield return new BenchResult("admitted, but not by the clients' books", admitted - (outcome.Sent - outcome.Refused - outcome.Failed), "", 0);
        yield return new BenchResult("still running at the server", after.Running, "", 0);
        yield return new BenchResult("connections left open", Math.Max(0, after.Sockets - before.Sockets), "", 0) { Note = Text($"file descriptors at the server: {before.OpenFiles} before, {after.OpenFiles} after") };
        yield return new BenchResult("managed memory after, a full collection", after.HeapBytes / 1e6, "MB", before.HeapBytes / 1e6, before.HeapBytes / (double)after.HeapBytes) { Note = Text($"before: after a warm-up of {warm.Sent} streams") };
        yield return new BenchResult("resident memory after", after.ResidentBytes / 1e6, "MB", before.ResidentBytes / 1e6, before.ResidentBytes / (double)after.ResidentBytes);
    }

    private static string Line(SoakOutcome so) =>
        Text($"  {so.Sent} asked for, {so.Completed} completed, {so.Refused} refused, {so.Disconnected} cut, {so.Failed} failed, {so.Unaccounted} open or asked for, {so.Tokens} tokens");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
