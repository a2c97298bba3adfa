using System.Runtime.CompilerServices;

namespace Cluster.ServiceDefaults.Tests;

/// <summary>Files of the repository that code writes: checked by tests, rewritten when XPYD_UPDATE is 1.</summary>
internal static class GeneratedFile
{
    public static string Root { get; } = FindRoot();

    public static void ShouldBeCurrent(string path, string content)
    {
        var file = Path.Combine(Root, path);
        if (Environment.GetEnvironmentVariable("XPYD_UPDATE") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, content);
        }

        File.Exists(file).ShouldBeTrue($"{path} is missing; run this test with XPYD_UPDATE=1 to write it.");
        File.ReadAllText(file).ShouldBe(content, $"{path} is not what the code generates; run this test with XPYD_UPDATE=1 to write it.");
    }

    private static string FindRoot([CallerFilePath] string here = "")
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Cluster.sln"))) return folder.FullName;
        return Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));
    }
}
