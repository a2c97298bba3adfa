using System.Text.Json;
using Cluster.Gateway.Structured;

namespace Cluster.Gateway.Requests;

/// <summary>Calls of functions in an assistant's earlier turn: <c>[{"id", "type", "function": {"name", "arguments"}}]</c>.</summary>
internal static class QuotedCalls
{
    /// <returns>The text that they were before they were read as calls; null for an empty list.</returns>
    /// <exception cref="ApiException">One lacks its name or has something else for arguments.</exception>
    public static string? Of(JsonElement calls, string field) =>
        calls.GetArrayLength() == 0 ? null : ToolForm.Quote(calls.EnumerateArray().Select(c => Call(c, field)).ToList());

    private static (string Name, string Arguments) Call(JsonElement call, string field)
    {
        if (call.ValueKind != JsonValueKind.Object || !call.TryGetProperty("function", out var function) || function.ValueKind != JsonValueKind.Object)
            throw ApiException.BadRequest($"{field}.function: Field required", field);
        if (!function.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String) throw ApiException.BadRequest($"{field}.function.name: Input should be a valid string", field);
        // Some clients send an object where the API has its text.
        var arguments = function.TryGetProperty("arguments", out var given) ? given : default;
        try
        {
            return (name.GetString()!, arguments.ValueKind switch
            {
                JsonValueKind.String => arguments.GetString()!,
                JsonValueKind.Undefined or JsonValueKind.Null => "{}",
                _ => arguments.GetRawText(),
            });
        }
        catch (InvalidOperationException)
        {
            throw ApiException.BadRequest($"{field}: Input should be valid Unicode text; it holds half of a surrogate pair or broken UTF-8.", field);
        }
    }
}
