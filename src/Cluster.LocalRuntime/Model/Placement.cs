using Orleans.Runtime;

// Placement chooses among silos. One process has one place, so these are markers without effect here.
namespace Orleans.Runtime
{
    /// <summary>Names a way to choose the silo of a new activation.</summary>
    public abstract class PlacementStrategy;

    public sealed class RandomPlacement : PlacementStrategy;

    public sealed class HashBasedPlacement : PlacementStrategy;

    public sealed class PreferLocalPlacement : PlacementStrategy;

    public sealed class ActivationCountBasedPlacement : PlacementStrategy;

    public sealed class ResourceOptimizedPlacement : PlacementStrategy;
}

namespace Orleans.Placement
{
    /// <summary>Says which strategy places the activations of a grain class.</summary>
    [AttributeUsage(AttributeTargets.Class)]
    public abstract class PlacementAttribute(PlacementStrategy placement) : Attribute
    {
        public PlacementStrategy PlacementStrategy { get; } = placement;
    }

    public sealed class RandomPlacementAttribute() : PlacementAttribute(new RandomPlacement());

    public sealed class HashBasedPlacementAttribute() : PlacementAttribute(new HashBasedPlacement());

    public sealed class PreferLocalPlacementAttribute() : PlacementAttribute(new PreferLocalPlacement());

    public sealed class ActivationCountBasedPlacementAttribute() : PlacementAttribute(new ActivationCountBasedPlacement());

    public sealed class ResourceOptimizedPlacementAttribute() : PlacementAttribute(new ResourceOptimizedPlacement());
}
