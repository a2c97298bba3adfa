using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Cluster.Gateway.Backend;

namespace Cluster.Gateway.Tests.Clients;

/// <summary>The official Node SDK, unmodified, in a process of its own.</summary>
public sealed class OpenAiNodeTests
{
    [Fact]
    public async Task It_streams_completes_leaves_early_and_understands_errors()
    {
        var folder = await InstallAsync();
        Assert.SkipWhen(folder is null, "Node or the npm package openai is not to be had here.");
        await using var gateway = await TestGateway.StartAsync(new EchoOptions { TimePerOutputToken = TimeSpan.FromMilliseconds(1) });
        var (exitCode, output) = await RunAsync("node", ["run.mjs", gateway.Address.ToString()], folder!);
        exitCode.ShouldBe(0, output);
        var seen = JsonDocument.Parse(output[output.IndexOf('{', StringComparison.Ordinal)..]).RootElement;
        seen.GetProperty("wholeTokens").GetInt32().ShouldBe(10);
        seen.GetProperty("wholeFinish").GetString().ShouldBe("length");
        seen.GetProperty("pieces").GetInt32().ShouldBe(10);
        seen.GetProperty("finish").GetString().ShouldBe("length");
        seen.GetProperty("usage").GetProperty("completion_tokens").GetInt32().ShouldBe(10);
        seen.GetProperty("completionTokens").GetInt32().ShouldBe(4);
        seen.GetProperty("finalContent").GetString().ShouldNotBeNullOrEmpty();
        seen.GetProperty("errors").EnumerateArray().Select(e => (e.GetProperty("name").GetString(), e.GetProperty("status").GetInt32()))
            .ShouldBe([("NotFoundError", 404), ("BadRequestError", 400), ("NotFoundError", 404), ("NotFoundError", 404)]);
        seen.GetProperty("responseTokens").GetInt32().ShouldBe(10);
        seen.GetProperty("responseText").GetString().ShouldNotBeNullOrEmpty();
        seen.GetProperty("responseWhy").GetString().ShouldBe("max_output_tokens");
        seen.GetProperty("streamedText").GetString().ShouldBe(seen.GetProperty("deltas").GetString());
        seen.GetProperty("streamedStatus").GetString().ShouldBe("completed");
        seen.GetProperty("called").GetRawText().ShouldStartWith("[[\"function_call\",\"get_weather\",\"{\\\"city\\\": ");
        seen.GetProperty("point").GetProperty("y").GetInt32().ShouldBe(7);
        seen.GetProperty("models")[0].GetString().ShouldBe("echo");
        seen.GetProperty("agentCalls").EnumerateArray().Single().GetString().ShouldBeOneOf("Rain in Ulm", "Rain in Łódź");
        seen.GetProperty("agentSays").GetString().ShouldNotBeNullOrEmpty();
        seen.GetProperty("person").GetProperty("age").GetInt32().ShouldBeInRange(18, 99);
        gateway.Backend.Aborted.ShouldBe(1);
    }

    /// <summary>The package, installed once per checkout; null where it cannot be.</summary>
    private static async Task<string?> InstallAsync()
    {
        var sources = Path.Combine(Path.GetDirectoryName(SourceFile())!, "node");
        var folder = Path.GetFullPath(Path.Combine(sources, "../../../../artifacts/clients/node"));
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(sources)) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        if (Directory.Exists(Path.Combine(folder, "node_modules", "openai"))) return folder;
        try
        {
            var (exitCode, _) = await RunAsync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], folder);
            return exitCode == 0 ? folder : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string program, string[] arguments, string folder)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(deadline.Token), process.StandardError.ReadToEndAsync(deadline.Token));
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, await output + await errors);
    }

    private static string SourceFile([CallerFilePath] string path = "") => path;
}
