namespace Cluster.Silo.Tests;

internal static class Checkout
{
    /// <summary>The folder with the solution.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string folder) => File.Exists(Path.Combine(folder, "Cluster.sln")) ? folder : Find(Path.GetDirectoryName(folder)!);
}
