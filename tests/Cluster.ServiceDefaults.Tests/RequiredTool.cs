namespace Cluster.ServiceDefaults.Tests;

/// <summary>Programs that some tests drive: absent they are skipped, unless CI has to have them.</summary>
internal static class RequiredTool
{
    /// <summary>Path of the program; skips the test, or fails it when CI is true, where it is not installed.</summary>
    public static string Find(string name, string package)
    {
        var path = Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        var missing = $"{name} is not on PATH; install the package '{package}' to run this test.";
        if (path is null && Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(missing);
        Assert.SkipWhen(path is null, missing);
        return path!;
    }
}
