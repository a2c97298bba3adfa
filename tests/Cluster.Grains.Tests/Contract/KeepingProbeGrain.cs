namespace Cluster.Grains.Tests.Contract;

/// <summary>Keeps a number beyond its own life.</summary>
public interface IKeepingProbeGrain : IGrainWithStringKey
{
    Task SetAsync(int value, bool writes);

    Task<int> GetAsync();

    Task ClearAsync();

    Task<string> GetActivationAsync();

    Task DeactivateAsync();
}

[GenerateSerializer, Immutable, Alias("xpyd.test.kept.v1")]
public sealed record Kept
{
    [Id(0)] public int Value { get; init; }
}

public sealed class KeepingProbeGrain([PersistentState("kept")] IPersistentState<Kept> kept) : Grain, IKeepingProbeGrain
{
    private readonly string _activation = Guid.NewGuid().ToString();

    public Task SetAsync(int value, bool writes)
    {
        kept.State = new Kept { Value = value };
        return writes ? kept.WriteStateAsync() : Task.CompletedTask;
    }

    public Task<int> GetAsync() => Task.FromResult(kept.State.Value);

    public Task ClearAsync() => kept.ClearStateAsync();

    public Task<string> GetActivationAsync() => Task.FromResult(_activation);

    public Task DeactivateAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}
