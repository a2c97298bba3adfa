namespace Cluster.Compute;

/// <summary>What one slice runs: <paramref name="Pieces"/> pieces of <paramref name="Panels"/> panels each.</summary>
internal readonly record struct Slice(int Rung, int Panels, int Pieces);

/// <summary>Cuts a budget into pieces that can be timed.</summary>
internal static class SlicePlan
{
    /// <summary>
    /// An odd number of pieces of about <paramref name="pieceNs"/>, more panels per piece when the budget is larger. Never less
    /// than one panel: a budget below that is overdrawn by part of one.
    /// </summary>
    public static Slice For(double panelNs, double budgetNs, double pieceNs, int maxPieces)
    {
        var panels = Math.Max(1, (int)(budgetNs / panelNs));
        var pieces = Math.Clamp((int)(budgetNs / pieceNs), 1, Math.Min(maxPieces, panels));
        if (pieces % 2 == 0) pieces--;
        return new Slice(0, panels / pieces, pieces);
    }
}
