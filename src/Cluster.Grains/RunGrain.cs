using Cluster.Grains.Hosting;
using Cluster.Grains.Messages;

namespace Cluster.Grains;

/// <inheritdoc cref="IRunGrain"/>
public sealed class RunGrain(ClusterContext context, [PersistentState("runs", StorageNames.Cluster)] IPersistentState<RunState> state) : Grain, IRunGrain
{
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (state.State.Runs.Length == 0) state.State = new RunState { Runs = [new RunMessage(context.Cluster.Name, context.Charter.EpochUtc, 0)] };
        return base.OnActivateAsync(cancellationToken);
    }

    public Task AddAsync(RunNews news) => KeepAsync(state.State.With(news));

    public async Task<RunMessage> BeginAsync(string name)
    {
        var nowNs = context.Clock.NowNs;
        var next = new RunMessage(name, context.Clock.ToUtc(nowNs), nowNs);
        await KeepAsync(state.State.Then(next));
        return next;
    }

    public Task<RunMessage[]> GetAsync() => Task.FromResult(state.State.Runs);

    /// <summary>What could not be kept has not happened: whoever said it says it again.</summary>
    private async Task KeepAsync(RunState next)
    {
        var before = state.State;
        if (ReferenceEquals(next, before)) return;
        try
        {
            state.State = next;
            await state.WriteStateAsync();
        }
        catch
        {
            state.State = before;
            throw;
        }
    }
}
