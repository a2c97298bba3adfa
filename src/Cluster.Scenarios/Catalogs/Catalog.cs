using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;
using Cluster.Engine.Topology;

namespace Cluster.Scenarios.Catalogs;

/// <summary>GPUs, links, engines and models by id, each number with its source. Ids are file names.</summary>
public sealed class Catalog
{
    private static readonly string s_shipped = Path.Combine(AppContext.BaseDirectory, "catalog");
    private static readonly Lazy<Catalog> s_default = new(() => new Catalog(s_shipped));

    /// <summary>Entries are read when they are asked for.</summary>
    private Catalog(string directory)
    {
        Gpus = CatalogReader.ReadLater<GpuProfile>(directory, "gpus", g => g.Name, CatalogRules.Check);
        Links = CatalogReader.ReadLater<LinkProfile>(directory, "links", l => l.Name);
        Engines = CatalogReader.ReadLater<EngineProfile>(directory, "engines", e => e.Name);
        Models = CatalogReader.ReadLater<ModelArchitecture>(directory, "models", m => m.Name, CatalogRules.Check);
        Launches = CatalogReader.ReadLater<LaunchBook>(directory, "launches", b => b.Name);
    }

    private Catalog(CatalogReader reader)
    {
        Gpus = reader.Read<GpuProfile>("gpus", g => g.Name);
        Links = reader.Read<LinkProfile>("links", l => l.Name);
        Engines = reader.Read<EngineProfile>("engines", e => e.Name);
        Models = reader.Read<ModelArchitecture>("models", m => m.Name);
        Launches = reader.Read<LaunchBook>("launches", b => b.Name, optional: true);
        foreach (var (id, gpu) in Gpus) CatalogRules.Check(gpu, reason => reader.Fail("gpus", id, reason));
        foreach (var (id, model) in Models) CatalogRules.Check(model, reason => reader.Fail("models", id, reason));
        reader.ThrowIfFailed();
    }

    /// <summary>The catalog that ships beside the program; an entry is read when it is first asked for.</summary>
    public static Catalog Default => s_default.Value;

    public IReadOnlyDictionary<string, GpuProfile> Gpus { get; }

    public IReadOnlyDictionary<string, LinkProfile> Links { get; }

    public IReadOnlyDictionary<string, EngineProfile> Engines { get; }

    public IReadOnlyDictionary<string, ModelArchitecture> Models { get; }

    /// <summary>How published runs were launched; a catalog may have none.</summary>
    public IReadOnlyDictionary<string, LaunchBook> Launches { get; }

    /// <summary>Reads <c>gpus/</c>, <c>links/</c>, <c>engines/</c>, <c>models/</c> and, if it is there, <c>launches/</c> under <paramref name="directory"/>.</summary>
    /// <exception cref="CatalogException">Missing folder, malformed file, unknown key, missing source: all of them at once.</exception>
    public static Catalog Load(string directory) => new(new CatalogReader(directory));

    /// <summary>The shipped catalog with the entries under <paramref name="own"/> laid over it; that folder may hold some kinds only.</summary>
    /// <exception cref="CatalogException">As <see cref="Load"/>.</exception>
    public static Catalog WithOwn(string own) => new(new CatalogReader(s_shipped, own));

    /// <summary>A model by id or by one of its aliases (Hugging Face ids), ignoring case; null when not in the catalog.</summary>
    public ModelArchitecture? FindModel(string nameOrAlias) => Find(Models, m => m.Aliases, nameOrAlias);

    /// <summary>A GPU by id or alias, ignoring case; null when not in the catalog.</summary>
    public GpuProfile? FindGpu(string nameOrAlias) => Find(Gpus, g => g.Aliases, nameOrAlias);

    /// <summary>The scheduler limits that <paramref name="engine"/> chooses by itself on <paramref name="gpu"/>.</summary>
    public static SchedulerSpec DefaultScheduler(EngineProfile engine, GpuProfile gpu)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(gpu);
        var large = gpu.IsLarge && !gpu.Name.StartsWith("a100", StringComparison.Ordinal);
        return new SchedulerSpec(engine.Scheduler, large ? engine.MaxNumSeqsLarge : engine.MaxNumSeqsSmall, large ? engine.MaxNumBatchedTokensLarge : engine.MaxNumBatchedTokensSmall) { OverlapScheduling = engine.OverlapScheduling };
    }

    /// <summary>Cost model and memory plan of a deployment that fits.</summary>
    /// <exception cref="ArgumentException">Impossible, or does not fit: every reason.</exception>
    public static (StepCostModel Cost, MemoryPlan Memory) Price(Deployment deployment, SchedulerSpec scheduler, double gpuMemoryUtilization)
    {
        var reasons = DeploymentRules.CheckFit(deployment, scheduler, gpuMemoryUtilization);
        if (reasons.Count > 0) throw new ArgumentException(string.Join(' ', reasons));
        return (new StepCostModel(deployment), MemoryPlanner.Plan(deployment, scheduler, gpuMemoryUtilization));
    }

    private static T? Find<T>(IReadOnlyDictionary<string, T> items, Func<T, IEnumerable<string>> aliases, string wanted)
        where T : class =>
        items.Keys.FirstOrDefault(id => string.Equals(id, wanted, StringComparison.OrdinalIgnoreCase)) is { } id ? items[id]
        : items.Values.FirstOrDefault(i => aliases(i).Contains(wanted, StringComparer.OrdinalIgnoreCase));
}
