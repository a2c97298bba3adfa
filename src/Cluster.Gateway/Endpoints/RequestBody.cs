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
                // No token: an abort ends the read by itself, and a cancelled read would leave the server's reader unusable.
                var read = await reader.ReadAsync(CancellationToken.None);
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
        catch (BadHttpRequestException exception)
        {
            // What is left of the body cannot be skipped: the connection is of no further use. HTTP/2 closes the stream alone.
            if (!HttpProtocol.IsHttp2(http.Request.Protocol)) http.Response.Headers.Connection = "close";
            if (exception.StatusCode != StatusCodes.Status413PayloadTooLarge) throw;
            throw new ApiException(413, "RequestEntityTooLargeError", exception.Message);
        }
        catch (Exception gone) when (gone is OperationCanceledException or (IOException and not BadHttpRequestException))
        {
            // The connection broke in the middle of a body: nothing is left to drain and nobody to answer.
            http.Abort();
            throw;
        }
    }
}
