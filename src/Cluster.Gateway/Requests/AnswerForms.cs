using System.Text;
using Cluster.Gateway.Structured;

namespace Cluster.Gateway.Requests;

/// <summary>What form a request's answers take: from its functions, its format, or none.</summary>
internal static class AnswerForms
{
    private const int MaxMessageChars = 1_000;

    /// <returns>Null: prose.</returns>
    /// <exception cref="ApiException">A form that makes no sense or is not emulated.</exception>
    public static AnswerForm? Of(GenerationBody body, ulong seed)
    {
        var offer = body.IsChat ? Guard("tools", () => ToolReader.Read(body.Tools, body.ToolChoice)) : null;
        var form = Guard(body.Form.Parameter, () => FormReader.Read(body.Form));
        if (offer is null) return form;
        if (body.AllowedTools is { } allowed) offer = offer with { Tools = [.. offer.Tools.Where(t => allowed.Contains(t.Name))] };
        if (offer.Choice == ToolChoice.Named && form is not null && (body.Form.StructuredOutputs is not null || body.Form.Guided.Count > 0))
            throw ApiException.BadRequest("You can only either use constraints for structured outputs or tools, not both.", "tool_choice");
        // An engine held to a form cannot call of its own accord.
        if (offer.Choice == ToolChoice.Auto && form is not null) return form;
        var question = body.Messages is [.., { Role: "user" } last] ? last.Content : null;
        return Guard("tools", () => ToolForm.Of(offer, question, body.ParallelToolCalls, seed)) ?? form;
    }

    /// <summary>One answer's text.</summary>
    /// <exception cref="ApiException">The form admits none that could be found.</exception>
    public static FormedText Compose(AnswerForm form, FormFields fields, ulong seed) => Guard(form is ToolForm ? "tools" : fields.Parameter, () => form.Compose(seed));

    private static T Guard<T>(string parameter, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (SchemaException refusal)
        {
            var message = refusal.Message.Length <= MaxMessageChars ? refusal.Message : refusal.Message[..MaxMessageChars] + "…";
            throw ApiException.BadRequest(message, parameter);
        }
        catch (Exception broken) when (broken is InvalidOperationException or ArgumentException && IsOfText(broken))
        {
            throw ApiException.BadRequest($"{parameter}: Input should be valid Unicode text; it holds half of a surrogate pair or broken UTF-8.", parameter);
        }
    }

    /// <summary>
    /// How System.Text.Json says that a string has no UTF-16: found late, because it looks at strings only when they are read. Any other
    /// failure is ours, and no request is to be blamed for it.
    /// </summary>
    private static bool IsOfText(Exception broken) =>
        (broken.InnerException ?? broken) is DecoderFallbackException or EncoderFallbackException || broken.Message.Contains("UTF-", StringComparison.Ordinal);
}
