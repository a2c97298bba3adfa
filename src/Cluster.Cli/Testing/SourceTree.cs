namespace Cluster.Cli.Testing;

/// <summary>Finds the checkout that the program was built from.</summary>
internal static class SourceTree
{
    /// <summary>The folder with Cluster.sln: the one the launcher names, or one above the program.</summary>
    public static string? Find()
    {
        if (Environment.GetEnvironmentVariable("XPYD_ROOT") is { Length: > 0 } named && IsRoot(named))
        {
            return named;
        }

        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !IsRoot(folder.FullName))
        {
            folder = folder.Parent;
        }

        return folder?.FullName;
    }

    private static bool IsRoot(string folder) => File.Exists(Path.Combine(folder, "Cluster.sln"));
}
