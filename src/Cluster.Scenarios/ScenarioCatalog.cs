using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;

namespace Cluster.Scenarios;

/// <summary>What a scenario may name, and how a deployment of it is priced.</summary>
/// <param name="Models">Model architectures by catalog name.</param>
/// <param name="Gpus">GPU profiles by catalog name.</param>
/// <param name="Links">Link profiles by catalog name.</param>
/// <param name="Engines">Engine profiles by catalog name.</param>
/// <param name="Price">Builds the cost model and memory plan of one instance.</param>
public sealed record ScenarioCatalog(
    IReadOnlyDictionary<string, ModelArchitecture> Models,
    IReadOnlyDictionary<string, GpuProfile> Gpus,
    IReadOnlyDictionary<string, LinkProfile> Links,
    IReadOnlyDictionary<string, EngineProfile> Engines,
    DeploymentPricer Price)
{
    /// <summary>Everything a catalog holds, priced by the cost model.</summary>
    public static ScenarioCatalog From(Catalogs.Catalog catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new ScenarioCatalog(catalog.Models, catalog.Gpus, catalog.Links, catalog.Engines, (deployment, engine, limits) =>
        {
            var scheduler = new Cluster.Engine.Topology.SchedulerSpec(engine, limits.MaxNumSeqs, limits.MaxNumBatchedTokens);
            var (cost, memory) = Catalogs.Catalog.Price(deployment, scheduler, limits.GpuMemoryUtilization);
            return new DeploymentPrice(cost, memory);
        });
    }
}

/// <summary>Prices one deployment under an engine profile.</summary>
/// <param name="engine">Name of the engine profile.</param>
/// <param name="limits">What the engine reserves memory for.</param>
/// <exception cref="ArgumentException">The combination cannot be built; the message says why.</exception>
public delegate DeploymentPrice DeploymentPricer(Deployment deployment, string engine, EngineLimits limits);

/// <summary>What bounds an engine's memory: the activations of a full budget, the sequences of a full batch.</summary>
public readonly record struct EngineLimits(int MaxNumBatchedTokens, int MaxNumSeqs, double GpuMemoryUtilization);

/// <summary>A deployment's cost model, and where its HBM goes.</summary>
public sealed record DeploymentPrice(IStepCostModel Cost, MemoryPlan Memory);
