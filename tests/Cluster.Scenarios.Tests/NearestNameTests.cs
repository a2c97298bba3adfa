using Cluster.Engine.Policies;

namespace Cluster.Scenarios.Tests;

public sealed class NearestNameTests
{
    private static readonly string[] s_names = ["llama-3-70b", "llama-3.1-70b", "llama-3.1-8b", "h100-nvl", "h100-pcie", "h100-sxm", "h200"];

    [Theory]
    [InlineData("llama3.1-70b", "Did you mean 'llama-3.1-70b'?")]
    [InlineData("H100_SXM", "Did you mean 'h100-sxm'?")]
    [InlineData("h100-sx", "Did you mean 'h100-sxm'?")]
    [InlineData("h100", "Did you mean 'h100-nvl', 'h100-pcie' or 'h100-sxm'?")]
    [InlineData("sxm", "Did you mean 'h100-sxm'?")]
    [InlineData("tpu-v7", null)]
    public void A_name_is_asked_back_as_it_was_meant(string written, string? question) =>
        NearestName.Question(written, s_names).ShouldBe(question);

    [Fact]
    public void A_scenario_named_without_its_folder_is_found_in_it()
    {
        var folder = Directory.CreateTempSubdirectory("scenarios-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "scenarios"));
            File.WriteAllText(Path.Combine(folder, "scenarios", "quickstart.yaml"), "");
            ScenarioFile.Load(Path.Combine(folder, "quickstart"), TestCatalog.Instance).Errors.Single().ToString()
                .ShouldEndWith("Did you mean 'scenarios/quickstart.yaml'?");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
