using System.Globalization;
using Cluster.Engine.Diagnosis;
using Cluster.Simulator.Diagnosing;
using Cluster.Simulator.Levers;
using Spectre.Console;

namespace Cluster.Cli.Output;

/// <summary>The diagnosis, the ranked levers, their traps and the stack, for people.</summary>
internal static class LeverTableView
{
    private static readonly string[] Titles =
        ["lever", "moves", "lossy", "max goodput", "goodput", "TTFT p50", "TTFT p99", "TPOT p50", "TPOT p99", "prefill", "capacity", "$/token"];

    /// <param name="storeys">Levers that were asked for on the stack, at most.</param>
    public static void Print(LeverTable levers, IReadOnlyList<StackStep> stack, int storeys, IAnsiConsole console)
    {
        PrintDiagnosis(levers.Diagnosis, console);
        console.WriteLine();
        PrintRanking(levers, console);
        foreach (var pulled in levers.Pulled.Where(p => p.Trap is not null && !IsFutile(p)))
            console.WriteLine($"trap: {pulled.Lever.Name}: {pulled.Trap}");
        foreach (var pulled in levers.Pulled.Where(p => p.Lever.Assumes is not null && !IsFutile(p)))
            console.WriteLine($"assumed: {pulled.Lever.Name}: {pulled.Lever.Assumes}");
        PrintNewWalls(levers, console);
        var futile = levers.Pulled.Where(IsFutile).Select(p => p.Lever.Name).ToList();
        if (futile.Count > 0) console.WriteLine($"no effect here: {string.Join(", ", futile)}");
        if (levers.Idle.Count > 0) console.MarkupLine($"[grey]{Markup.Escape($"not applicable (--json says why): {string.Join(", ", levers.Idle.Select(i => i.Lever.Name))}")}[/]");
        if (storeys > 0) PrintStack(stack, storeys, console);
    }

    /// <summary>What live runs made of the predictions.</summary>
    public static void Print(IReadOnlyList<LeverConfirmation> confirmations, IAnsiConsole console)
    {
        foreach (var confirmation in confirmations) console.WriteLine(confirmation.ToString());
    }

    private static bool IsFutile(PulledLever p) => p.Trap?.StartsWith("no effect", StringComparison.Ordinal) == true;

    private static void PrintDiagnosis(ClusterDiagnosis diagnosis, IAnsiConsole console)
    {
        foreach (var role in diagnosis.Roles)
        {
            console.WriteLine(Text(
                $"{role.Role}: bound by {Name(role.Wall)} ({role.Weight:P0} of its busy time); busy {role.BusyShare:P0}, MFU {role.Mfu:P0}, MBU {role.Mbu:P0}{Waits(role)}; over time: {OverTime(diagnosis.Windows[role.Role])}"));
        }

        foreach (var (answer, i) in diagnosis.Tree.Select((a, i) => (a, i))) console.WriteLine($"Q{i + 1}. {answer.Question} {(answer.Yes ? "Yes" : "No")}: {answer.Figures}.");
        console.WriteLine($"Verdict: {diagnosis.Verdict}");
    }

    /// <summary>What requests lacked for more than a hundredth of the busy time, if anything.</summary>
    private static string Waits(RoleDiagnosis role)
    {
        (string For, double Share)[] waits = [("KV blocks", role.WaitingForBlocks), ("batch slots", role.WaitingForSlots), ("token budget", role.WaitingForBudget), ("an instance while another stood idle", role.Imbalance)];
        var felt = waits.Where(w => w.Share >= 0.01).OrderByDescending(w => w.Share).Select(w => Text($"{w.For} {w.Share:P0}")).ToList();
        return felt.Count > 0 ? $"; requests waited for {string.Join(", ", felt)} of it" : "";
    }

    /// <summary>Neighbouring windows with the same wall are told as one.</summary>
    private static string OverTime(IReadOnlyList<(double FromSeconds, Wall Wall)> windows)
    {
        var spans = new List<string>();
        for (var i = 0; i < windows.Count; i++)
            if (i == 0 || windows[i].Wall != windows[i - 1].Wall) spans.Add(Text($"{Name(windows[i].Wall)} from {windows[i].FromSeconds:F0} s"));
        return spans.Count > 6 ? $"{string.Join(", ", spans.Take(6))}, …" : string.Join(", ", spans);
    }

    private static void PrintRanking(LeverTable levers, IAnsiConsole console)
    {
        var (b, peak) = (levers.Base.AtLoad, levers.Base.Peak);
        List<string[]> rows =
        [[
            "as it is", "", "", peak is null ? "–" : Text($"{(peak.IsCapped ? "> " : "")}{peak.GoodputRps:F1}/s"), Text($"{b.GoodputRps:F1}/s"),
            Text($"{b.TtftMs.P50:F0} ms"), Text($"{b.TtftMs.P99:F0} ms"), Text($"{b.TpotMs.P50:F1} ms"), Text($"{b.TpotMs.P99:F1} ms"),
            Text($"{levers.Base.PrefillMs:F0} ms"), Text($"{levers.Base.CapacitySequences:F0} seq"), levers.Base.Cost is { } cost ? Text($"${cost:F2}/M") : "–",
        ]];
        foreach (var p in levers.Pulled.Where(p => !IsFutile(p)))
        {
            var e = p.Effect;
            rows.Add(
            [
                p.Lever.Name, Name(p.Lever.Moves), p.Lever.IsLossy ? "lossy" : "", peak is null ? "–" : Times(e.MaxGoodput), Times(e.Goodput),
                Change(e.TtftP50), Change(e.TtftP99), Change(e.TpotP50), Change(e.TpotP99), Change(e.Prefill), Times(e.Capacity),
                e.CostPerToken is { } ratio ? Change(ratio) : "–",
            ]);
        }

        TableWidth.WriteFitting(console, [10, 9, 6, 8, 11, 2, 4, 5, 1, 3], Titles, kept =>
        {
            var table = new Table().Border(TableBorder.Rounded);
            foreach (var i in kept) table.AddColumn(i < 3 ? new TableColumn(Titles[i]) : new TableColumn(Titles[i]).RightAligned());
            foreach (var row in rows) table.AddRow(kept.Select(i => Markup.Escape(row[i])).ToArray());
            return table;
        });
        console.WriteLine(peak is null
            ? "Best first: by the goodput gained, then by latency saved. Percentages are changes: of times, less is better."
            : "Best first: by the most goodput gained, then by latency saved. Percentages are changes: of times, less is better. max goodput: arrivals per second of which at least nine in ten meet the SLO, and $/token is at that load; goodput: the run at the scenario's own load, until its last answer.");
    }

    /// <summary>Relaxing one wall exposes the next: which, after which lever.</summary>
    private static void PrintNewWalls(LeverTable levers, IAnsiConsole console)
    {
        var now = levers.Base.Walls;
        foreach (var moved in levers.Pulled.Where(p => !IsFutile(p) && p.Measure.Walls != now).GroupBy(p => p.Measure.Walls))
        {
            var changes = new List<string>();
            if (moved.Key.Prefill != now.Prefill) changes.Add($"prefill by {moved.Key.Prefill}");
            if (moved.Key.Decode != now.Decode) changes.Add($"decode by {moved.Key.Decode}");
            console.WriteLine($"new wall: {string.Join(", ", changes)} after {string.Join(", ", moved.Select(p => p.Lever.Name))}");
        }
    }

    private static void PrintStack(IReadOnlyList<StackStep> stack, int storeys, IAnsiConsole console)
    {
        console.WriteLine();
        if (stack.Count == 0)
        {
            console.WriteLine("Nothing to stack: no lever that a setting can pull gains enough.");
            return;
        }

        console.WriteLine("Stacked, the best first, diagnosed again after each:");
        foreach (var (step, i) in stack.Select((s, i) => (s, i)))
        {
            console.WriteLine(Text(
                $"{i + 1}. {step.Lever.Lever.Name}: max goodput {Times(step.Lever.Effect.MaxGoodput)}, TTFT {Change(step.Lever.Effect.TtftP50)}, TPOT {Change(step.Lever.Effect.TpotP50)}{(step.Lever.Lever.IsLossy ? ", lossy" : "")}; now prefill is bound by {Name(step.After.Prefill.Wall)}, decode by {Name(step.After.Decode.Wall)}"));
        }

        if (stack.Count < storeys) console.WriteLine("There the stack ends: no further lever that a setting can pull gains enough.");
        console.WriteLine($"New verdict: {stack[^1].After.Verdict}");
    }

    private static string Times(double ratio) => Text($"×{ratio:F2}");

    private static string Change(double ratio) => ratio >= 10 ? Times(ratio) : Text($"{(ratio - 1) * 100:+0;−0;0} %");

    private static string Name(Wall wall) => wall.ToString().ToLowerInvariant();

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
