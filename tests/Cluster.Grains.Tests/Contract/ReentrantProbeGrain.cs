using Orleans.Concurrency;

namespace Cluster.Grains.Tests.Contract;

[Reentrant]
public sealed class ReentrantProbeGrain : Grain, IReentrantProbeGrain
{
    private int _count;

    public async Task<int> CallItselfAsync(int depth) => depth == 0
        ? 0
        : 1 + await GrainFactory.GetGrain<IReentrantProbeGrain>(this.GetPrimaryKeyString()).CallItselfAsync(depth - 1);

    public async Task<int> IncrementAsync(int times)
    {
        for (var i = 0; i < times; i++)
        {
            await Task.Yield();
            _count++;
        }

        return _count;
    }
}
