using System.Text.RegularExpressions;

namespace Cluster.Repository.Tests;

/// <summary>docs/architecture.md leads through the code by names; a name that is gone leads nowhere.</summary>
public sealed partial class ArchitecturePageTests
{
    private static readonly string s_page = Repository.Read("docs/architecture.md");

    [Fact]
    public void Every_file_and_folder_that_the_page_names_is_there()
    {
        var files = Repository.Files(".cs").Select(file => "/" + file.Replace('\\', '/')).ToList();
        foreach (var name in Paths().Matches(s_page).Select(match => match.Groups[1].Value).Where(name => !name.Contains('…', StringComparison.Ordinal)))
        {
            var there = Path.Exists(Path.Combine(Repository.Root, name)) || Path.Exists(Path.Combine(Repository.Root, "src", name))
                || files.Exists(file => file.Contains("/" + name, StringComparison.Ordinal));
            there.ShouldBeTrue(name);
        }
    }

    [Fact]
    public void Every_method_that_a_request_passes_through_is_called_that()
    {
        var source = string.Concat(Repository.Files(".cs").Where(file => file.Contains("src", StringComparison.Ordinal)).Select(Repository.Read));
        var names = Methods().Matches(s_page).Select(match => match.Groups[1].Value).Distinct().ToList();
        names.Count.ShouldBeGreaterThan(8);
        foreach (var name in names) source.ShouldContain($" {name}(", Case.Sensitive, name);
    }

    [GeneratedRegex(@"`([\w./]*(?:\.cs|/))`")]
    private static partial Regex Paths();

    [GeneratedRegex(@"`(?:\w+\.)?([A-Z]\w+Async|OnPrefillCompleted|TryBeginStep|EndStep)`")]
    private static partial Regex Methods();
}
