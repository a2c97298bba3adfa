using Cluster.LocalRuntime.Activations;
using Orleans.Runtime;

namespace Orleans;

public static class GrainExtensions
{
    /// <summary>The key of a grain, asked of the grain itself or of a reference to it.</summary>
    public static string GetPrimaryKeyString(this IAddressable grain) => grain.GetGrainId().Key;

    public static GrainId GetGrainId(this IAddressable grain) => grain switch
    {
        GrainReference reference => reference.GrainId,
        IGrainBase instance => instance.GrainContext.GrainId,
        null => throw new ArgumentNullException(nameof(grain)),
        _ => throw new ArgumentException($"{grain.GetType().Name} is neither a grain nor a reference to one.", nameof(grain)),
    };

    /// <summary>
    /// A reference to the grain under another of its interfaces. A grain that hands itself to another passes this,
    /// never <c>this</c>.
    /// </summary>
    public static TGrainInterface AsReference<TGrainInterface>(this IAddressable grain) => grain switch
    {
        GrainReference reference => reference.Cast<TGrainInterface>(),
        IGrainBase { GrainContext: Activation activation } =>
            (TGrainInterface)(object)activation.Runtime.Factory.Reference(typeof(TGrainInterface), activation.Class, activation.GrainId),
        null => throw new ArgumentNullException(nameof(grain)),
        _ => throw new ArgumentException($"{grain.GetType().Name} is neither a grain nor a reference to one.", nameof(grain)),
    };
}
