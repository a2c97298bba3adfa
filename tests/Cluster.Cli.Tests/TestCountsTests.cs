using Cluster.Cli.Testing;

namespace Cluster.Cli.Tests;

public sealed class TestCountsTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void A_failed_test_is_named_with_how_its_reason_begins()
    {
        File.WriteAllText(_file, """
            <assemblies><assembly passed="1" failed="1" skipped="0"><collection>
              <test name="Laws.Hold" result="Pass" />
              <test name="Laws.Break(at: 3)" result="Fail"><failure><message>steps
                should be
            3
                but was
            4</message></failure></test>
            </collection></assembly></assemblies>
            """);
        TestCounts.Read(_file, exitCode: 1).ShouldBe(new TestCounts(1, 1, 0));
        TestCounts.Failures(_file).ShouldBe(["Laws.Break(at: 3): steps should be 3 but was 4"]);
    }

    [Fact]
    public void A_run_that_says_nothing_or_half_of_it_has_failed()
    {
        File.WriteAllText(_file, "<assemblies><assembly passed=");
        TestCounts.Read(_file, exitCode: 0).ShouldBe(new TestCounts(0, 1, 0));
        TestCounts.Failures(_file).ShouldBeEmpty();
        TestCounts.Read(_file + ".none", exitCode: 0).ShouldBe(new TestCounts(0, 1, 0));
        TestCounts.Failures(_file + ".none").ShouldBeEmpty();
    }
}
