namespace Cluster.Simulator.Sweeping;

/// <summary>Independent runs over the machine's cores. Results come in the order of the items, whoever finished first.</summary>
public static class ParallelMap
{
    /// <param name="degree">Runs at a time; 1 runs them one after another on this thread.</param>
    /// <param name="inOrder">Called once per item, in their order, as soon as all before it are done; never twice at a time.</param>
    public static TOut[] Run<TIn, TOut>(
        IReadOnlyList<TIn> items, int degree, Func<TIn, TOut> run, Action<int, TOut>? inOrder = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(run);
        ArgumentOutOfRangeException.ThrowIfLessThan(degree, 1);
        var results = new TOut[items.Count];
        var done = new bool[items.Count];
        var reported = 0;
        var gate = new Lock();
        var options = new ParallelOptions { MaxDegreeOfParallelism = degree, CancellationToken = cancellation };
        try
        {
            Parallel.ForEach(System.Collections.Concurrent.Partitioner.Create(Enumerable.Range(0, items.Count), System.Collections.Concurrent.EnumerablePartitionerOptions.NoBuffering), options, One);
        }
        catch (AggregateException several)
        {
            // The runs are deterministic: the first in item order is the one to show.
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(several.Flatten().InnerExceptions[0]);
        }

        return results;

        void One(int index)
        {
            var result = run(items[index]);
            lock (gate)
            {
                results[index] = result;
                done[index] = true;
                for (; reported < done.Length && done[reported]; reported++) inOrder?.Invoke(reported, results[reported]);
            }
        }
    }
}
