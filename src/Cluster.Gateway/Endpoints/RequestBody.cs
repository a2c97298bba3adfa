using System.Buffers;
using Cluster.Gateway.Requests;

namespace Cluster.Gateway.Endpoints;

/// <summary>Reads request bodies whole, without copying them out of the server's buffers.</summary>
internal static class RequestBody
{
    /// <exception cref="ApiException">Wrong content type, too large, or parsed and found wanting.</exception>
    public static async Task<T> ReadAsync<T>(HttpContext http, Func<ReadOnlySequence<byte>, T> parse)
    {
        if (http.Request.ContentType is { } type && !type.Contains("json", StringComparison.OrdinalIgnoreCase))
            throw new ApiException(415, "UnsupportedMediaTypeError", "Unsupported Media Type: Only 'application/json' is allowed");
        var reader = http.Request.BodyReader;
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(http.RequestAborted);
                if (read.IsCompleted)
                {
                    try
                    {
                        return parse(read.Buffer);
                    }
                    finally
                    {
                        reader.AdvanceTo(read.Buffer.End);
                    }
                }

                reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw new ApiException(413, "RequestEntityTooLargeError", exception.Message);
        }
    }
}
