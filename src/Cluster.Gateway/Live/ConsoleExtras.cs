using Cluster.Gateway.Console;
using Cluster.Grains.Messages;

namespace Cluster.Gateway.Live;

/// <summary>What only a console asks for: gathered while somebody looks, left alone otherwise.</summary>
/// <param name="levers">Finds out what the levers would do; null: nobody can say.</param>
/// <param name="comparison">Runs the scenario's variants beside each other; null: there is one.</param>
internal sealed class ConsoleExtras(
    ClusterBackend backend, Func<CancellationToken, Task<IReadOnlyList<LeverView>>>? levers, Func<CancellationToken, Task<ComparisonView>>? comparison) : IAsyncDisposable
{
    private const int DecisionsShown = 30;

    /// <summary>A console asks twice a second; so much later it has gone.</summary>
    private const long LooksForMs = 3_000;

    private readonly CancellationTokenSource _stopping = new();
    private long _askedAtMs = long.MinValue / 2;
    private Task<IReadOnlyList<LeverView>>? _levers;
    private Task<ComparisonView>? _comparison;

    /// <summary>Newest first.</summary>
    public IReadOnlyList<DecisionView> Decisions { get; private set; } = [];

    /// <summary>Best first; empty until they are found out.</summary>
    public IReadOnlyList<LeverView> Levers => _levers switch
    {
        { IsCompletedSuccessfully: true } done => done.Result,
        { IsFaulted: true } failed => [new LeverView("levers", "", $"Could not be tried: {failed.Exception!.InnerException!.Message}", "")],
        _ => [],
    };

    /// <summary>Null until it is found out.</summary>
    public ComparisonView? Comparison => _comparison switch
    {
        { IsCompletedSuccessfully: true } done => done.Result,
        { IsFaulted: true } failed => new ComparisonView($"The variants could not be compared: {failed.Exception!.InnerException!.Message}", [], []),
        _ => null,
    };

    /// <summary>What a console may wait for.</summary>
    public IReadOnlyList<string> Pending =>
        [.. comparison is not null && _comparison is not { IsCompleted: true } ? ["comparison"] : Array.Empty<string>(), .. levers is not null && _levers is not { IsCompleted: true } ? ["levers"] : Array.Empty<string>()];

    /// <summary>Somebody looks.</summary>
    public void Ask() => Volatile.Write(ref _askedAtMs, Environment.TickCount64);

    /// <summary>Brings everything up to date, if somebody looks.</summary>
    public async Task RefreshAsync()
    {
        if (Environment.TickCount64 - Volatile.Read(ref _askedAtMs) > LooksForMs) return;
        _comparison ??= comparison?.Invoke(_stopping.Token);
        // One after the other: the live cluster has the host to itself but for one thread.
        if (_comparison is null or { IsCompleted: true }) _levers ??= levers?.Invoke(_stopping.Token);
        Decisions = [.. (await backend.Router.GetDecisionsAsync(DecisionsShown)).Select(View)];
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        // Its outcome is of no interest any more, but it must not outlive the cluster.
        if (_comparison is { } comparing) await Task.WhenAny(comparing);
        if (_levers is { } finding) await Task.WhenAny(finding);
        _stopping.Dispose();
    }

    private static DecisionView View(DecisionMessage d) =>
        new(Flight.StreamOf(d.RequestId), d.AtNs / 1e9, d.Policy, d.Kind, d.Prefill, d.Decode, d.PromptTokens,
            [.. d.Candidates.Select(c => new CandidateView(c.Instance, c.Role, double.IsFinite(c.Cost) ? c.Cost : null, c.MatchedTokens, c.Chosen))])
        {
            RegretMs = d.RegretNs < 0 ? null : d.RegretNs / 1e6,
            Better = d.Better,
            Placement = Flight.PlacementOf(d.RequestId),
        };
}
