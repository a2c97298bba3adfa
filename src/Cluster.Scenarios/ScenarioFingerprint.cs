using System.Security.Cryptography;
using System.Text;

namespace Cluster.Scenarios;

/// <summary>Tells whether two processes mean the same cluster.</summary>
public static class ScenarioFingerprint
{
    private const int Digits = 12;

    /// <summary>Of the text, every setting laid over it and the variant: equal for equal input, whatever the file is called. 12 hex digits.</summary>
    public static string Of(ScenarioSource source, string variant)
    {
        ArgumentNullException.ThrowIfNull(source);
        var text = new StringBuilder(source.Text.ReplaceLineEndings("\n"));
        foreach (var setting in source.Overrides) text.Append('\0').Append(setting.Path).Append('=').Append(setting.Value);
        text.Append('\0').Append(variant);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..Digits];
    }
}
