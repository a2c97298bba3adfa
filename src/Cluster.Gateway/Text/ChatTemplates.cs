using System.Text;
using Cluster.Gateway.Tokenization;

namespace Cluster.Gateway.Text;

/// <summary>One message of a conversation.</summary>
internal sealed record ChatMessage(string Role, string Content);

/// <summary>How a conversation becomes a prompt.</summary>
/// <param name="Begin">Before everything: special tokens.</param>
/// <param name="BeforeRole">Special tokens before a role's name.</param>
/// <param name="AfterRole">Special tokens after it.</param>
/// <param name="Gap">Text between head and content.</param>
/// <param name="EndTurn">Special tokens after the content.</param>
/// <param name="AfterTurn">Text between turns.</param>
internal sealed record ChatTemplate(
    string Name, int[] Begin, int[] BeforeRole, int[] AfterRole, string Gap, int[] EndTurn, string AfterTurn)
{
    /// <summary>Special tokens that stand for a role instead of its name.</summary>
    public IReadOnlyDictionary<string, int> RoleTokens { get; init; } = new Dictionary<string, int>();

    /// <summary>Appends the prompt's tokens.</summary>
    /// <param name="addGenerationPrompt">Ends with the head of an assistant's turn, for the model to fill.</param>
    /// <param name="continuesLast">The last message stays open, for the model to go on with.</param>
    public void Render(ITokenizer tokenizer, IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, List<int> into, bool continuesLast = false)
    {
        AddSpecial(tokenizer, Begin, into);
        for (var i = 0; i < messages.Count; i++)
        {
            AddHead(tokenizer, messages[i].Role, into);
            tokenizer.Encode(Encoding.UTF8.GetBytes(messages[i].Content), into);
            if (continuesLast && i == messages.Count - 1) return;
            AddSpecial(tokenizer, EndTurn, into);
            tokenizer.Encode(Encoding.UTF8.GetBytes(AfterTurn), into);
        }

        if (addGenerationPrompt) AddHead(tokenizer, "assistant", into);
    }

    private void AddHead(ITokenizer tokenizer, string role, List<int> into)
    {
        if (RoleTokens.TryGetValue(role, out var special))
        {
            AddSpecial(tokenizer, [special], into);
        }
        else
        {
            AddSpecial(tokenizer, BeforeRole, into);
            tokenizer.Encode(Encoding.UTF8.GetBytes(role), into);
            AddSpecial(tokenizer, AfterRole, into);
        }

        tokenizer.Encode(Encoding.UTF8.GetBytes(Gap), into);
    }

    private static void AddSpecial(ITokenizer tokenizer, int[] special, List<int> into)
    {
        foreach (var token in special) into.Add(tokenizer.FirstSpecialToken + token);
    }
}

/// <summary>
/// Templates by name. Token counts follow the published formats of each family: heads, separators and ends as special
/// tokens, role names and line breaks as text. Content is encoded apart from its surroundings, so an answer quoted in a
/// later turn gives the tokens it was generated as.
/// </summary>
internal static class ChatTemplates
{
    private static readonly ChatTemplate[] s_all =
    [
        // <|im_start|>role\ncontent<|im_end|>\n : Qwen and many others.
        new("chatml", [], [SpecialTokens.StartHeader], [], "\n", [SpecialTokens.EndTurn], "\n"),
        // <|begin_of_text|><|start_header_id|>role<|end_header_id|>\n\ncontent<|eot_id|> : Llama 3.
        new("llama-3", [SpecialTokens.Begin], [SpecialTokens.StartHeader], [SpecialTokens.EndHeader], "\n\n", [SpecialTokens.EndTurn], ""),
        // <|start|>role<|message|>content<|end|> : gpt-oss (harmony).
        new("harmony", [], [SpecialTokens.StartHeader], [SpecialTokens.Message], "", [SpecialTokens.EndTurn], ""),
        // <｜begin▁of▁sentence｜>system<｜User｜>content<｜Assistant｜>content<｜end▁of▁sentence｜> : DeepSeek.
        new("deepseek", [SpecialTokens.Begin], [], [], "", [], "") { RoleTokens = DeepSeekRoles() },
        // <s>[INST] content [/INST]content</s> : Mistral.
        new("mistral", [SpecialTokens.Begin], [SpecialTokens.User], [], " ", [], "") { RoleTokens = DeepSeekRoles() },
    ];

    public static IReadOnlyList<string> Names { get; } = [.. s_all.Select(t => t.Name)];

    /// <summary>The template of that name.</summary>
    /// <exception cref="ArgumentException">No such name.</exception>
    public static ChatTemplate Get(string name) =>
        s_all.FirstOrDefault(t => t.Name == name)
        ?? throw new ArgumentException($"chat_template: '{name}' is not known; choose one of {string.Join(", ", Names)}.", nameof(name));

    /// <summary>The format a model family was trained on; ChatML for names nobody knows.</summary>
    public static string NearestName(string modelName)
    {
        (string Family, string Template)[] families =
            [("llama", "llama-3"), ("gpt-oss", "harmony"), ("deepseek", "deepseek"), ("mistral", "mistral"), ("mixtral", "mistral")];
        foreach (var (family, template) in families)
        {
            if (modelName.Contains(family, StringComparison.OrdinalIgnoreCase)) return template;
        }

        return "chatml";
    }

    private static Dictionary<string, int> DeepSeekRoles() => new() { ["user"] = SpecialTokens.User, ["assistant"] = SpecialTokens.Assistant };
}
