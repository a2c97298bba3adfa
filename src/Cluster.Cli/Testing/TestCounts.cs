using System.Globalization;
using System.Xml.Linq;

namespace Cluster.Cli.Testing;

/// <summary>How many tests passed, failed and were skipped.</summary>
internal sealed record TestCounts(int Passed, int Failed, int Skipped)
{
    public static TestCounts operator +(TestCounts left, TestCounts right) =>
        new(left.Passed + right.Passed, left.Failed + right.Failed, left.Skipped + right.Skipped);

    /// <summary>
    /// Reads an xunit result file. A run that left none, ran no test, or ended badly without a failed test counts as one failure:
    /// silence is not success.
    /// </summary>
    public static TestCounts Read(string resultFile, int exitCode)
    {
        if (!File.Exists(resultFile))
        {
            return new(0, 1, 0);
        }

        try
        {
            var assemblies = XDocument.Load(resultFile).Descendants("assembly").ToArray();
            int Sum(string name) => assemblies.Sum(assembly => (int?)assembly.Attribute(name) ?? 0);
            var counts = new TestCounts(Sum("passed"), Sum("failed") + Sum("errors"), Sum("skipped") + Sum("not-run"));
            return counts.Failed == 0 && (exitCode != 0 || counts.Passed + counts.Skipped == 0) ? counts with { Failed = 1 } : counts;
        }
        catch (System.Xml.XmlException)
        {
            return new(0, 1, 0);
        }
    }

    /// <summary>The failed tests of an xunit result file, a line each: the name and how the reason begins. Empty where the file cannot be read.</summary>
    public static IReadOnlyList<string> Failures(string resultFile)
    {
        if (!File.Exists(resultFile)) return [];
        try
        {
            return
            [
                .. from test in XDocument.Load(resultFile).Descendants("test")
                   where (string?)test.Attribute("result") == "Fail"
                   let why = ((string?)test.Descendants("message").FirstOrDefault() ?? "").Split('\n', StringSplitOptions.TrimEntries)
                   select $"{(string?)test.Attribute("name")}: {string.Join(' ', why.Take(5))}",
            ];
        }
        catch (System.Xml.XmlException)
        {
            return [];
        }
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Passed} passed, {Failed} failed, {Skipped} skipped");
}
