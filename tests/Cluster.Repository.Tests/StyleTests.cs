using System.Text.RegularExpressions;

namespace Cluster.Repository.Tests;

public sealed partial class StyleTests
{
    [Fact]
    public void No_source_file_is_longer_than_300_lines() =>
        Repository.Files(".cs").Where(file => Repository.Read(file).Count(c => c == '\n') > 300).ShouldBeEmpty();

    [Fact]
    public void No_test_sleeps() =>
        Repository.Files(".cs").Where(file => file.StartsWith("tests/", StringComparison.Ordinal) && Sleep().IsMatch(Repository.Read(file))).ShouldBeEmpty();

    /// <summary>The generator writes several classes in the order of hash codes, which differ from one build to the next: build/reproducible.sh.</summary>
    [Fact]
    public void A_project_declares_its_log_messages_in_one_class() =>
        Repository.Files(".cs").Where(file => file.StartsWith("src/", StringComparison.Ordinal) && Repository.Read(file).Contains("[LoggerMessage(", StringComparison.Ordinal))
            .GroupBy(file => file.Split('/')[1]).Where(project => project.Count() > 1).Select(project => string.Join(", ", project)).ShouldBeEmpty();

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = Repository.Read("Cluster.sln").Replace('\\', '/');
        Repository.Files(".csproj")
            .Where(file => file.StartsWith("src/", StringComparison.Ordinal) || file.StartsWith("tests/", StringComparison.Ordinal))
            .Where(file => !solution.Contains(file, StringComparison.Ordinal))
            .ShouldBeEmpty();
    }

    [Fact]
    public void The_probe_asks_for_the_packages_that_the_grains_need()
    {
        static string[] Packages(params string[] projects) =>
            [.. projects.SelectMany(project => OrleansPackage().Matches(Repository.Read(project))).Select(match => match.Value).Distinct().Order()];
        Packages("build/probe/Orleans.csproj", "build/probe/Membership.csproj").ShouldBe(Packages("src/Cluster.Grains/Cluster.Grains.csproj"));
    }

    [Fact]
    public void No_project_names_a_version_that_belongs_to_the_central_list() =>
        Repository.Files(".csproj").Where(file => OwnVersion().IsMatch(Repository.Read(file))).ShouldBeEmpty();

    [GeneratedRegex(@"\bThread\.Sleep\(")]
    private static partial Regex Sleep();

    [GeneratedRegex(@"Microsoft\.Orleans\.[A-Za-z.]+")]
    private static partial Regex OrleansPackage();

    [GeneratedRegex("<PackageReference [^>]*Version=")]
    private static partial Regex OwnVersion();
}
