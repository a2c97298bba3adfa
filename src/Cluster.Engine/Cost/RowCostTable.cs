namespace Cluster.Engine.Cost;

/// <summary>Remembers what one matrix product costs by its rows. Exact, like <see cref="TokenCostTable"/>.</summary>
internal sealed class RowCostTable(GemmCost cost, GemmShape shape)
{
    private const int Capacity = 1024;

    private readonly Row?[] _rows = new Row[Capacity];

    private sealed record Row(double Rows, CostSum Sum);

    public void Add(ref CostSum sum, double rows)
    {
        if (rows <= 0) return;
        ref var place = ref _rows[(long)rows & (Capacity - 1)];
        // Whole rows are exchanged, never changed: a reader sees the old one or the new one.
        if (Volatile.Read(ref place) is not { } row || row.Rows != rows)
        {
            var own = default(CostSum);
            cost.Add(ref own, rows, in shape);
            Volatile.Write(ref place, row = new Row(rows, own));
        }

        sum.Add(row.Sum);
    }
}
