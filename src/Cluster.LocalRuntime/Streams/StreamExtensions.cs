using Cluster.LocalRuntime.Streams;

namespace Orleans.Runtime;

public static class AsyncEnumerableExtensions
{
    /// <summary>Sets how many items of a grain's stream may travel in one answer.</summary>
    /// <param name="maxBatchSize">At least 1. The default is 100.</param>
    public static IAsyncEnumerable<T> WithBatchSize<T>(this IAsyncEnumerable<T> self, int maxBatchSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBatchSize, 1);
        if (self is StreamRequest<T> request)
        {
            request.MaxBatchSize = maxBatchSize;
        }

        return self;
    }
}
