using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Cluster.Repository.Tests.Deploy;

/// <summary>
/// Renders the part of Helm's template language that our chart uses (values, if, a few functions), so that the chart can be
/// tested without Helm. Anything else is an error: the chart keeps to what is rendered here.
/// </summary>
internal sealed partial class ChartRenderer(object? values, string release, string appVersion)
{
    public string Render(string template)
    {
        var output = new StringBuilder();
        var shown = new Stack<bool>();
        var at = 0;
        foreach (Match tag in Tag().Matches(template))
        {
            var before = template[at..tag.Index];
            if (tag.Groups["left"].Success) before = before.TrimEnd();
            if (shown.All(s => s)) output.Append(before);
            at = tag.Index + tag.Length;
            var expression = tag.Groups["body"].Value;
            if (expression.StartsWith("if ", StringComparison.Ordinal)) shown.Push(IsTrue(expression[3..]));
            else if (expression == "end") shown.Pop();
            else if (shown.All(s => s)) output.Append(Evaluate(expression));
        }

        if (shown.Count > 0) throw new FormatException("An 'if' has no 'end'.");
        return output.Append(template[at..]).ToString();
    }

    private bool IsTrue(string expression)
    {
        if (expression.StartsWith("not ", StringComparison.Ordinal)) return !IsTrue(expression[4..]);
        return Value(expression) is not (null or "" or "false" or "0");
    }

    private string Evaluate(string expression)
    {
        var parts = expression.Split('|', StringSplitOptions.TrimEntries);
        object? value = parts[0].StartsWith("toYaml ", StringComparison.Ordinal) ? Yaml.Write(Value(parts[0][7..])) : Value(parts[0]);
        foreach (var part in parts[1..])
        {
            var words = part.Split(' ');
            var text = value as string ?? "";
            value = words[0] switch
            {
                "quote" => $"\"{text}\"",
                "default" => text.Length > 0 ? text : Value(words[1]),
                "nindent" => "\n" + string.Join('\n', text.TrimEnd().Split('\n').Select(line => new string(' ', int.Parse(words[1], System.Globalization.CultureInfo.InvariantCulture)) + line)),
                "sha256sum" => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))),
                _ => throw new FormatException($"'{part}' is no function that this renderer knows."),
            };
        }

        return value as string ?? throw new FormatException($"'{expression}' has no value.");
    }

    private object? Value(string path) => path switch
    {
        ".Release.Name" => release,
        ".Chart.AppVersion" => appVersion,
        _ when path.StartsWith(".Values.", StringComparison.Ordinal) => values.At(path[8..]),
        _ => throw new FormatException($"'{path}' is nothing that this renderer knows."),
    };

    [GeneratedRegex(@"\{\{(?<left>-)?\s*(?<body>.*?)\s*\}\}", RegexOptions.ExplicitCapture)]
    private static partial Regex Tag();
}
