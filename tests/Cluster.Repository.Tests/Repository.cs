namespace Cluster.Repository.Tests;

/// <summary>The files of the checkout, without what builds leave behind.</summary>
internal static class Repository
{
    private static readonly string[] s_built = ["bin", "obj", "artifacts", "node_modules", ".git", "TestResults"];

    public static string Root { get; } = FindRoot();

    /// <summary>Paths relative to the root, with forward slashes.</summary>
    public static IEnumerable<string> Files(string extension) => Walk(Root)
        .Where(file => file.EndsWith(extension, StringComparison.Ordinal))
        .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'));

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>The value of an MSBuild property as a project file writes it.</summary>
    public static string Property(string project, string name) =>
        System.Xml.Linq.XDocument.Parse(Read(project)).Descendants(name).Single().Value;

    private static IEnumerable<string> Walk(string folder) => Directory.GetFiles(folder)
        .Concat(Directory.GetDirectories(folder)
            .Where(inner => !s_built.Contains(Path.GetFileName(inner)))
            .SelectMany(Walk));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Cluster.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("Cluster.sln is not above the tests.");
        }

        return folder.FullName;
    }
}
