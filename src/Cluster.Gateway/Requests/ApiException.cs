namespace Cluster.Gateway.Requests;

/// <summary>A request that is answered with an error body; <see cref="Exception.Message"/> is for the client, in vLLM's words where it has some.</summary>
internal sealed class ApiException(int statusCode, string type, string message, string? parameter = null) : Exception(message)
{
    public int StatusCode { get; } = statusCode;

    public string Type { get; } = type;

    /// <summary>Name of the offending field, if it is one.</summary>
    public string? Parameter { get; } = parameter;

    public TimeSpan? RetryAfter { get; init; }

    public static ApiException BadRequest(string message, string? parameter = null) => new(400, "BadRequestError", message, parameter);

    public static ApiException ModelNotFound(string model) =>
        new(404, "NotFoundError", $"The model `{model}` does not exist.", "model");

    public static ApiException Overloaded(string reason, TimeSpan retryAfter) =>
        new(429, "TooManyRequestsError", reason) { RetryAfter = retryAfter };

    /// <summary>The listener opens before the cluster stands; until then nothing is taken in.</summary>
    public static ApiException StillStarting() => Unavailable("The cluster is still starting; try again once /health answers 200.", TimeSpan.FromSeconds(1));

    public static ApiException Unavailable(string reason, TimeSpan retryAfter) =>
        new(503, "ServiceUnavailableError", reason) { RetryAfter = retryAfter };
}
