using Cluster.Gateway.Requests;
using Cluster.Gateway.Responses;

namespace Cluster.Gateway.Hosting;

/// <summary>Turns exceptions into error bodies, once, and logs those that are ours. Sets the headers that every answer has.</summary>
internal sealed class ErrorMiddleware(RequestDelegate next, ILogger<ErrorMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers[RequestIds.RequestIdHeader] = RequestIds.Of(http);
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.XFrameOptions = "DENY";
        headers.ContentSecurityPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";
        try
        {
            await next(http);
            if (http.Response is { StatusCode: 404 or 405, HasStarted: false } && http.Response.ContentLength is null) await UnknownRouteAsync(http);
        }
        catch (ApiException error)
        {
            await RefuseAsync(http, error);
        }
        catch (BadHttpRequestException error)
        {
            await RefuseAsync(http, new ApiException(error.StatusCode, "BadRequestError", error.Message));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client has gone: nobody is left to tell.
        }
        catch (IOException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Likewise, seen from the socket.
        }
        catch (Exception error) when (!http.Response.HasStarted)
        {
            GatewayLog.Failed(logger, error, RequestIds.Of(http), http.Request.Method, http.Request.Path);
            await ErrorBody.SendAsync(http, new ApiException(500, "InternalServerError", "Internal Server Error"));
        }
    }

    /// <summary>Noted once, without what the client said: that may be long, secret, or made to look like another line.</summary>
    private Task RefuseAsync(HttpContext http, ApiException error)
    {
        var requestId = RequestIds.Of(http);
        GatewayLog.Refused(logger, requestId, http.Request.Method, error.StatusCode, error.Type, error.Parameter);
        return ErrorBody.SendAsync(http, error);
    }

    private Task UnknownRouteAsync(HttpContext http)
    {
        var status = http.Response.StatusCode;
        var phrase = status == 404 ? "Not Found" : "Method Not Allowed";
        return RefuseAsync(http, new ApiException(status, phrase, phrase));
    }
}
