namespace Cluster.Simulator.Validation;

/// <summary>Names that tables give one and the same thing.</summary>
internal static class PointNames
{
    /// <summary>The engine behind a backend: Dynamo's workers are the engines themselves.</summary>
    public static string Engine(string backend)
    {
        var name = backend.Trim().ToLowerInvariant().Replace('_', '-');
        if (name.StartsWith("dynamo-", StringComparison.Ordinal)) name = name["dynamo-".Length..];
        return name switch
        {
            "trt" or "trt-llm" or "tensorrt" or "tensorrt-llm" or "tensorrtllm" => "trtllm",
            _ => name,
        };
    }
}
