using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cluster.Gateway.Requests;

namespace Cluster.Gateway.Responses;

/// <summary><c>{"error":{"message","type","param","code"}}</c></summary>
internal static class ErrorBody
{
    public static void Write(IBufferWriter<byte> writer, string message, string type, string? parameter, int code)
    {
        using var json = new Utf8JsonWriter(writer, JsonBody.Readable);
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteString("message", message);
        json.WriteString("type", type);
        if (parameter is null) json.WriteNull("param");
        else json.WriteString("param", parameter);
        json.WriteNumber("code", code);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    public static async Task SendAsync(HttpContext http, ApiException error)
    {
        if (http.Response.HasStarted) return;
        http.Response.StatusCode = error.StatusCode;
        if (error.RetryAfter is { } retryAfter)
        {
            var seconds = Math.Max(1, (int)Math.Ceiling(retryAfter.TotalSeconds));
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        var body = new ArrayBufferWriter<byte>(512);
        Write(body, error.Message, error.Type, error.Parameter, error.StatusCode);
        await JsonBody.SendAsync(http, body.WrittenMemory);
    }
}

/// <summary>Sends a finished JSON document with its length.</summary>
internal static class JsonBody
{
    /// <summary>Quotes stay readable; a body is never taken for HTML (nosniff, application/json).</summary>
    public static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task SendAsync(HttpContext http, ReadOnlyMemory<byte> json)
    {
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = json.Length;
        await http.Response.BodyWriter.WriteAsync(json);
    }
}
