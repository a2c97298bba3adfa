namespace Cluster.Gateway.Requests;

/// <summary>Which API a request speaks. They differ in names and shapes; what becomes of a request is the same.</summary>
internal enum GenerationApi
{
    /// <summary><c>/v1/completions</c></summary>
    Completions,

    /// <summary><c>/v1/chat/completions</c></summary>
    Chat,

    /// <summary><c>/v1/responses</c></summary>
    Responses,
}
