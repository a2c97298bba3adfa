using System.Text.Json;
using Cluster.Engine.Units;

namespace Cluster.Gateway.Structured;

/// <summary>How models write calls.</summary>
internal enum CallStyle
{
    /// <summary>The arguments alone, when the request names the function.</summary>
    Arguments,

    /// <summary><c>[{"name": …, "parameters": …}]</c>, which vLLM makes the model write when a call is required.</summary>
    List,

    /// <summary><c>&lt;tool_call&gt;…&lt;/tool_call&gt;</c>, as Hermes and Qwen write of their own accord.</summary>
    Tagged,
}

/// <summary>An answer that calls functions.</summary>
/// <param name="Calls">In their order, with what describes the arguments of each.</param>
internal sealed record ToolForm(IReadOnlyList<(string Name, SchemaNode Arguments)> Calls, CallStyle Style) : AnswerForm
{
    private static readonly JsonElement s_noParameters = JsonSerializer.SerializeToElement(new { type = "object", additionalProperties = false });

    /// <summary>The call that the request names, or those that it leaves open.</summary>
    /// <param name="question">What the user said last; null: the last turn is not a user's.</param>
    /// <param name="mayCallSeveral">False: one at most.</param>
    /// <param name="seed">Decides where the question fits none and one is required.</param>
    /// <returns>Null: an answer in words.</returns>
    /// <exception cref="SchemaException">The arguments of a function that must be called cannot be made.</exception>
    public static ToolForm? Of(ToolOffer offer, string? question, bool mayCallSeveral, ulong seed)
    {
        if (offer.Choice == ToolChoice.None) return null;
        if (offer.Choice == ToolChoice.Named) return new ToolForm([Call(offer.Tools.First(t => t.Name == offer.Name))], CallStyle.Arguments);
        var fitting = question is null ? [] : ToolMatch.Fitting(offer.Tools, question);
        var most = mayCallSeveral ? int.MaxValue : 1;
        if (offer.Choice == ToolChoice.Required)
        {
            // The engine would take all of them into its grammar: one that is wrong spoils the request.
            var all = new Dictionary<Tool, (string, SchemaNode)>(ReferenceEqualityComparer.Instance);
            foreach (var tool in offer.Tools) all.Add(tool, Call(tool));
            if (fitting.Count == 0) fitting = [offer.Tools[(int)(Hashing.Mix(seed, 0) % (ulong)offer.Tools.Count)]];
            return new ToolForm([.. fitting.Take(most).Select(tool => all[tool])], CallStyle.List);
        }

        // Nothing holds a model to schemas here, so a function whose schema cannot be met is one that it does not call.
        (string, SchemaNode)[] callable = [.. fitting.Select(CallIfItCan).OfType<(string, SchemaNode)>().Take(most)];
        return callable.Length == 0 ? null : new ToolForm(callable, CallStyle.Tagged);
    }

    public override FormedText Compose(ulong seed)
    {
        var to = new Composer(seed);
        var calls = new List<CallSpan>();
        if (Style == CallStyle.List) to.Append("[");
        foreach (var (name, arguments) in Calls)
        {
            if (calls.Count > 0) to.Append(Style == CallStyle.List ? ", " : "\n");
            if (Style == CallStyle.Tagged) to.Append("<tool_call>\n");
            if (Style != CallStyle.Arguments)
            {
                to.Append("{\"name\": ");
                to.AppendString(name);
            }

            var nameEnd = Math.Max(1, to.Length);
            if (Style != CallStyle.Arguments) to.Append(Style == CallStyle.List ? ", \"parameters\": " : ", \"arguments\": ");
            var start = to.Length;
            arguments.Write(to);
            calls.Add(new CallSpan(name, nameEnd, start, to.Length));
            if (Style != CallStyle.Arguments) to.Append("}");
            if (Style == CallStyle.Tagged) to.Append("\n</tool_call>");
        }

        if (Style == CallStyle.List) to.Append("]");
        return new FormedText(to.ToString(), calls);
    }

    /// <summary>Calls of an earlier turn as the model wrote them, so that they are found in cache.</summary>
    public static string Quote(IEnumerable<(string Name, string Arguments)> calls) =>
        string.Join('\n', calls.Select(c => $"<tool_call>\n{{\"name\": {JsonSerializer.Serialize(c.Name)}, \"arguments\": {c.Arguments}}}\n</tool_call>"));

    private static (string Name, SchemaNode Arguments) Call(Tool tool)
    {
        try
        {
            return (tool.Name, FormReader.Schema(tool.Parameters ?? s_noParameters));
        }
        catch (SchemaException refusal)
        {
            throw new SchemaException($"{refusal.Message} (parameters of the function `{tool.Name}`)");
        }
    }

    private static (string Name, SchemaNode Arguments)? CallIfItCan(Tool tool)
    {
        try
        {
            return Call(tool);
        }
        catch (SchemaException)
        {
            return null;
        }
    }
}
