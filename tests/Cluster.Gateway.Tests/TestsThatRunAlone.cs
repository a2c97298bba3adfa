namespace Cluster.Gateway.Tests;

/// <summary>
/// Tests that hold what happens against the steps of an instance, which keep real time. Beside others that hold all threads of the pool
/// for half a second, a gateway hears of a client's leaving steps later than it would alone.
/// </summary>
[CollectionDefinition(nameof(TestsThatRunAlone), DisableParallelization = true)]
public sealed class TestsThatRunAlone;
