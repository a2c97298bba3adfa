using System.Text.Json;
using YamlDotNet.RepresentationModel;

namespace Cluster.Cli.Tests.Documents;

/// <summary>
/// Every fenced block of every document is checked, in order, in one sandbox per document. The fence says how:
/// <list type="bullet">
/// <item><c>sh</c>: run to its end, exit code 0. A <c>text</c> block next to it is what it prints (numbers may differ).</item>
/// <item><c>sh exit=N</c>: the same with another exit code; <c>text</c> then shows the error.</item>
/// <item><c>sh serve</c>, <c>sh serve=8001</c>: started; the following blocks run beside it; ended as Ctrl-C does.</item>
/// <item><c>needs=PROGRAM</c> with any <c>sh</c>: passed over where the program is not installed; CI installs it.</item>
/// <item><c>sh elsewhere</c>, <c>yaml elsewhere</c>: need what a test cannot have (a container engine, a cluster); the paths named must exist,
/// and the paragraph below says "Tried: … Never tried: …", so that who reads the step reads what is known of it.</item>
/// <item><c>yaml scenario</c>: simulated. <c>yaml file=NAME</c> and <c>json file=NAME</c>: written for the blocks after it. No other YAML or JSON.</item>
/// <item><c>text sample</c>: differs from run to run, or was shortened by hand; not compared.</item>
/// </list>
/// XPYD_UPDATE=1 rewrites the numbers of <c>text</c> blocks from what was printed.
/// </summary>
internal static class DocumentBlocks
{
    private static readonly string[] s_elsewhere = ["git", "cd", "docker", "kubectl", "helm", "dotnet", "./xpyd", "psql", "export"];

    public static async Task CheckAsync(string document)
    {
        await using var sandbox = new DocumentSandbox();
        FencedBlock? previous = null;
        var printed = "";
        foreach (var block in FencedBlock.Read(document))
        {
            if (block is { Language: "text", Info: "" } && previous is { Language: "sh" } && !IsServer(previous)) Compare(block, printed);
            else printed = await CheckAsync(sandbox, block);
            previous = block;
        }

        await sandbox.StopServersAsync();
    }

    private static async Task<string> CheckAsync(DocumentSandbox sandbox, FencedBlock block)
    {
        switch (block.Language)
        {
            case "sh" when block.Has("elsewhere"):
                Elsewhere(block);
                return "";
            case "sh" when block.Value("needs") is { } program && !IsInstalled(program):
                File.ReadAllText(Path.Combine(Repository.Root, ".ci", "run")).ShouldContain($"missing+=({program})", customMessage: $"{block.Place}: {program} is nowhere installed.");
                return "";
            case "sh" when IsServer(block):
                await sandbox.ServeAsync(block.Text, block.Value("serve") ?? "8000", block.Value("ready") ?? "/health");
                return "";
            case "sh":
                var wanted = int.Parse(block.Value("exit") ?? "0", System.Globalization.CultureInfo.InvariantCulture);
                var (exitCode, output, error) = await sandbox.RunAsync(block.Text);
                exitCode.ShouldBe(wanted, $"{block.Place}: {block.Text}\n{output}\n{error}");
                return wanted == 0 ? output : error;
            case "yaml":
                await YamlAsync(sandbox, block);
                return "";
            case "json":
                JsonDocument.Parse(block.Text).Dispose();
                sandbox.Write(block.Value("file") ?? throw new FormatException($"{block.Place}: nobody uses this block. Give it file=NAME, and a command that reads it."), block.Text);
                return "";
            case "" or "text":
                block.Text.Split('\n').ShouldNotContain(line => line.StartsWith("./xpyd", StringComparison.Ordinal) || line.StartsWith("$ ", StringComparison.Ordinal), block.Place);
                return "";
            default:
                throw new FormatException($"{block.Place}: nobody checks a block of '{block.Language}'. Known: sh, yaml, json, text.");
        }
    }

    private static async Task YamlAsync(DocumentSandbox sandbox, FencedBlock block)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(block.Text));
        if (block.Has("elsewhere"))
        {
            SaysWhatWasTried(block);
            return;
        }

        if (block.Value("file") is null && !block.Has("scenario")) throw new FormatException($"{block.Place}: nobody uses this block. It is a scenario, or file=NAME with a command that reads it, or elsewhere.");
        var name = block.Value("file") ?? "scenario-of-document.yaml";
        sandbox.Write(name, block.Text);
        if (!block.Has("scenario")) return;
        var (exitCode, _, error) = await sandbox.RunAsync($"./xpyd simulate {name}");
        exitCode.ShouldBe(0, $"{block.Place}: {error}");
    }

    private static bool IsServer(FencedBlock block) => block.Has("serve") || block.Value("serve") is not null;

    private static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));

    private static void SaysWhatWasTried(FencedBlock block)
    {
        block.Below.ShouldStartWith("Tried: ", Case.Sensitive, $"{block.Place}: has anybody run it? The paragraph below says 'Tried: … Never tried: …'.");
        block.Below.ShouldContain(" Never tried: ", Case.Sensitive, $"{block.Place}: and what has nobody run?");
    }

    private static void Elsewhere(FencedBlock block)
    {
        SaysWhatWasTried(block);
        foreach (var line in block.Text.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n').Where(l => l.Length > 0 && l[0] != '#'))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            s_elsewhere.ShouldContain(words[0], $"{block.Place}: can '{words[0]}' not be run by the test?");
            foreach (var path in words.Select(word => word[(word.IndexOf('=', StringComparison.Ordinal) + 1)..]).Where(IsOurs))
                Path.Exists(Path.Combine(Repository.Root, path)).ShouldBeTrue($"{block.Place}: {path} is not there.");
        }
    }

    private static bool IsOurs(string word) =>
        Array.Exists(["deploy/", "src/", "docs/", "scenarios/", "dashboards/", "build/", "./xpyd"], start => word.StartsWith(start, StringComparison.Ordinal));

    private static void Compare(FencedBlock block, string printed)
    {
        var (refreshed, missing) = PrintedOutput.Match(block.Text, printed);
        missing.ShouldBeNull($"{block.Place} shows a line that was not printed. XPYD_UPDATE=1 refreshes numbers; this is more.\n{printed}");
        if (Environment.GetEnvironmentVariable("XPYD_UPDATE") != "1") return;
        var path = Path.Combine(Repository.Root, block.Document);
        var text = File.ReadAllText(path);
        var old = $"```text\n{(block.Text.Length == 0 ? "" : block.Text + "\n")}```";
        var at = text.IndexOf(old, StringComparison.Ordinal);
        File.WriteAllText(path, $"{text[..at]}```text\n{refreshed}\n```{text[(at + old.Length)..]}");
    }
}
