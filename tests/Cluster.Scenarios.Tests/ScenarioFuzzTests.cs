using System.Text;
using Cluster.Engine.Requests;
using Cluster.Engine.Units;

namespace Cluster.Scenarios.Tests;

/// <summary>Whatever stands in a file, reading it ends in variants or in errors with places, never in an exception.</summary>
public class ScenarioFuzzTests
{
    private static readonly string[] Words =
    [
        "-1", "0", "1e300", "-1e300", "99999999999999999999", "NaN", "~", "''", "{}", "[]", "[1, 2]", "{ mean: 5 }", "{ cv: 3 }", "true", "5ms", "4/s", "0/s", "1e-300/s",
        "80GiB", "llama-3.1-8b", "mamba-2.8b", "deepseek-v3", "fp8", "int4", "static", "2P2D", "0P0D", "999999P1D", "kv-aware", ": ", "\t", "- x", "\"", "'", "&a", "*a", "!!int 3", "# c", "|", ">",
    ];

    [Fact]
    public void No_text_makes_the_reader_throw()
    {
        var texts = Directory.EnumerateFiles(Path.Combine(Repository.Root, "scenarios"), "*.yaml").Order(StringComparer.Ordinal).Select(File.ReadAllText).ToArray();
        for (ulong seed = 0; seed < 1500; seed++)
        {
            var random = new RandomStream(seed, "fuzz");
            var text = Mutate(texts[random.NextInt(texts.Length)], random);
            try
            {
                var result = ScenarioFile.Parse(text, TestCatalog.Instance, Path.Combine(Repository.Root, "scenarios", "fuzz.yaml"));
                (result.Ok ? result.Variants.Count : result.Errors.Count).ShouldBeGreaterThan(0);
                result.Errors.ShouldAllBe(e => e.Message.Length > 0);
                foreach (var variant in result.Variants) Draw(variant.Workload);
            }
            catch (Exception e) when (e is not ShouldAssertException)
            {
                Assert.Fail($"seed {seed}: {e}\n{text}");
            }
        }
    }

    private static void Draw(Workload workload)
    {
        var requests = workload switch
        {
            Workload.OpenLoop open => open.Requests.Take(20),
            Workload.ClosedLoop closed => closed.Requests.Take(20),
            Workload.Conversations sessions => sessions.Starts.Take(20).SelectMany(s => s.Turns).Select(t => t.Request),
            _ => [],
        };
        foreach (var request in requests)
        {
            request.InputTokens.ShouldBeGreaterThan(0);
            request.OutputTokens.ShouldBeGreaterThan(0);
            request.Content.Length.ShouldBeGreaterThanOrEqualTo(request.InputTokens);
        }
    }

    /// <summary>One to three edits: a value replaced, a line dropped, doubled or moved, characters cut.</summary>
    private static string Mutate(string text, RandomStream random)
    {
        var lines = text.Split('\n').ToList();
        for (var edits = random.NextInt(1, 3); edits > 0; edits--)
        {
            var at = random.NextInt(lines.Count);
            switch (random.NextInt(6))
            {
                case 0: lines.RemoveAt(at); break;
                case 1: lines.Insert(at, lines[random.NextInt(lines.Count)]); break;
                case 2: lines[at] = new string(' ', random.NextInt(5)) + lines[at]; break;
                case 3: lines[at] = lines[at][..random.NextInt(lines[at].Length + 1)]; break;
                default: lines[at] = WithValue(lines[at], Words[random.NextInt(Words.Length)], random); break;
            }

            if (lines.Count == 0) lines.Add("");
        }

        return string.Join('\n', lines);
    }

    private static string WithValue(string line, string word, RandomStream random)
    {
        var starts = Enumerable.Range(0, line.Length).Where(i => line[i] == ':').ToArray();
        if (starts.Length == 0) return line + word;
        var start = starts[random.NextInt(starts.Length)] + 1;
        var end = line.IndexOfAny([',', '}'], start);
        return new StringBuilder(line[..start]).Append(' ').Append(word).Append(end < 0 ? "" : line[end..]).ToString();
    }
}
