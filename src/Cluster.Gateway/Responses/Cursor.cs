using System.Text;
using System.Text.Encodings.Web;
using Cluster.Gateway.Requests;
using Cluster.Gateway.Text;

namespace Cluster.Gateway.Responses;

/// <summary>The text of one choice as far as it has been emitted, stop strings cut off.</summary>
internal sealed class Cursor(PlannedRequest plan, PlannedChoice choice)
{
    private readonly ITokenSource _output = RequestPlanner.TextOf(plan, choice);
    private int _charsLeft = choice.VisibleChars;

    /// <summary>Tokens taken so far.</summary>
    public int Tokens { get; private set; }

    /// <summary>Characters shown so far.</summary>
    public int Chars { get; private set; }

    /// <summary>The next token; its text is shortened, or empty, where a stop string is cut off.</summary>
    public EmittedToken Next()
    {
        var token = _output.Next();
        Tokens++;
        if (token.Text.Length <= _charsLeft)
        {
            if (choice.VisibleChars != int.MaxValue) _charsLeft -= token.Text.Length;
            Chars += token.Text.Length;
            return token;
        }

        var shown = token.Text[.._charsLeft];
        _charsLeft = 0;
        Chars += shown.Length;
        return new EmittedToken(token.Id, shown, Encoding.UTF8.GetBytes(JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(shown)));
    }
}
