using System.Text.Json;

namespace Cluster.Cli.Tests;

/// <summary>The command as a .NET tool: packed, installed where nothing of the checkout is, and used.</summary>
public sealed class PackagingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("xpyd-tool-").FullName;

    [Fact]
    public async Task The_tool_installs_from_its_package_and_brings_catalog_and_scenarios()
    {
        var tool = await InstallAsync();

        var version = await Xpyd.RunProgramAsync(tool, [], "--version");
        version.ExitCode.ShouldBe(0, version.Error);

        // From a folder with nothing in it.
        var result = await Xpyd.RunProgramAsync("bash", [], "-c", $"cd '{_folder}' && '{tool}' simulate scenarios/quickstart.yaml --json");
        result.ExitCode.ShouldBe(0, result.Error);
        result.Error.ShouldContain("ships with xpyd");
        JsonDocument.Parse(result.Output).RootElement.GetProperty("scenario").GetString().ShouldBe("quickstart");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<string> InstallAsync()
    {
        await DotnetAsync("pack", Path.Combine(Repository.Root, "src", "Cluster.Cli"), "-c", Release(), "--no-build", "-o", _folder, "-nodeReuse:false");
        var package = Directory.GetFiles(_folder, "xpyd.*.nupkg").ShouldHaveSingleItem();
        var version = Path.GetFileNameWithoutExtension(package)["xpyd.".Length..];
        await DotnetAsync("tool", "install", "xpyd", "--tool-path", Path.Combine(_folder, "tool"), "--add-source", _folder, "--version", version, "--ignore-failed-sources");
        return Path.Combine(_folder, "tool", "xpyd");
    }

    private static string Release() => AppContext.BaseDirectory.Contains("/Debug/", StringComparison.Ordinal) ? "Debug" : "Release";

    private static async Task DotnetAsync(params string[] arguments)
    {
        var result = await Xpyd.RunProgramAsync("dotnet", [], arguments);
        result.ExitCode.ShouldBe(0, $"dotnet {string.Join(' ', arguments)}\n{result.Output}\n{result.Error}");
    }
}
