using Cluster.Engine.Requests;

namespace Cluster.Engine.Faults;

/// <summary>How a request goes on after the instance that served it is lost.</summary>
public static class Continuation
{
    /// <summary>
    /// What is left to do: the tokens that the client has are prompt from now on, so none is emitted twice, and what
    /// another instance has cached of them is found by the same block keys.
    /// </summary>
    /// <param name="visibleTokens">Output tokens the client has, fewer than the request's <see cref="RequestSpec.OutputTokens"/>.</param>
    public static RequestSpec Rest(RequestSpec request, int visibleTokens)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentOutOfRangeException.ThrowIfNegative(visibleTokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(visibleTokens, request.OutputTokens);
        return request with { InputTokens = request.InputTokens + visibleTokens, OutputTokens = request.OutputTokens - visibleTokens };
    }
}
