using System.Text.Json;

namespace Cluster.Gateway.Structured;

/// <summary>What a request demands of an answer's text. Prose has no form.</summary>
internal abstract record AnswerForm
{
    /// <summary>An answer in this form, the same for the same seed.</summary>
    /// <exception cref="SchemaException">None was found.</exception>
    public abstract FormedText Compose(ulong seed);

    /// <summary>JSON that a schema describes.</summary>
    public sealed record Json(SchemaNode Schema) : AnswerForm
    {
        /// <summary>Any object: what <c>json_object</c> asks for.</summary>
        public static Json AnyObject { get; } = new(SchemaReader.Read(JsonSerializer.SerializeToElement(new { type = "object", minProperties = 2 })));

        public override FormedText Compose(ulong seed)
        {
            var to = new Composer(seed);
            Schema.Write(to);
            return new FormedText(to.ToString(), []);
        }
    }

    /// <summary>One of the given texts.</summary>
    public sealed record Choice(IReadOnlyList<string> Texts) : AnswerForm
    {
        public override FormedText Compose(ulong seed)
        {
            var chosen = new Composer(seed).Pick(Texts);
            return chosen.Length <= Composer.MaxChars ? new FormedText(chosen, []) : throw new SchemaException($"a choice may have at most {Composer.MaxChars} characters");
        }
    }

    /// <summary>Text that an expression matches from its beginning to its end.</summary>
    public sealed record Pattern(PatternSampler Sampler) : AnswerForm
    {
        public override FormedText Compose(ulong seed) => new(Sampler.Sample(new Composer(seed)), []);
    }
}

/// <summary>An answer as the model writes it.</summary>
/// <param name="Calls">Functions that it calls; their names and arguments are parts of the text.</param>
internal sealed record FormedText(string Text, IReadOnlyList<CallSpan> Calls);

/// <summary>Where in an answer's text a call stands.</summary>
/// <param name="NameEnd">The name is known once so many characters have been written.</param>
/// <param name="Start">First character of the arguments.</param>
/// <param name="End">One past their last.</param>
internal sealed record CallSpan(string Name, int NameEnd, int Start, int End);
