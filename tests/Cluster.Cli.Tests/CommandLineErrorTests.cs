namespace Cluster.Cli.Tests;

/// <summary>A command line that cannot be understood is answered with what is wrong and what was meant, on standard error, with exit code 2.</summary>
public sealed class CommandLineErrorTests
{
    private const string Quickstart = "scenarios/quickstart.yaml";

    [Theory]
    [InlineData("simulat scenarios/quickstart.yaml", "xpyd has no command 'simulat'. Did you mean 'simulate'?")]
    [InlineData("calc rigde", "xpyd calc has no command 'rigde'. Did you mean 'ridge'?")]
    [InlineData("simulate scenarios/quickstart.yaml b.yaml", "xpyd simulate: 'b.yaml' is one too many.")]
    [InlineData("simulate scenarios/quickstart.yaml --topolgy 2P2D", "xpyd simulate has no option --topolgy. Did you mean '--topology'?")]
    [InlineData("simulate --topolgy 2P2D", "xpyd simulate has no option --topolgy. Did you mean '--topology'?")]
    [InlineData("simulate --rat=4/s", "xpyd simulate has no option --rat=4/s. Did you mean '--rate'?")]
    [InlineData("catalog", "xpyd catalog wants a command: list, show, fit, import.")]
    [InlineData("load", "xpyd load needs URL: Base address")]
    [InlineData("plan scenarios/quickstart.yaml", "xpyd plan needs --gpus: Budget of GPUs.")]
    [InlineData("plan scenarios/quickstart.yaml --gpus many", "--gpus many: expected a whole number.")]
    [InlineData("plan scenarios/quickstart.yaml --gpus 0", "--gpus 0: allowed are 1 … 100000.")]
    [InlineData("plan scenarios/quickstart.yaml --gpus 4 --by dolar", "--by dolar: allowed are dollar, gpu. Did you mean 'dollar'?")]
    [InlineData("up scenarios/quickstart.yaml --port", "--port needs a value: Port.")]
    [InlineData("admin scale decode many", "INSTANCES many: expected a whole number.")]
    public async Task It_says_what_is_wrong_instead_of_printing_the_help(string line, string said)
    {
        var result = await Xpyd.RunAsync(line.Split(' '));
        result.ExitCode.ShouldBe(2);
        result.Output.ShouldBeEmpty();
        result.Error.ShouldStartWith(said);
        result.Error.Trim().Split('\n').Length.ShouldBe(2, result.Error);
        result.Error.ShouldContain("--help' ");
    }

    [Theory]
    [InlineData("run scenarios", "scenarios: This is a folder.")]
    [InlineData("validate README.md", "README.md: It lacks the columns id, backend")]
    [InlineData("validate /dev/null", "/dev/null: The table is empty.")]
    [InlineData("simulate --gpu h100-sxm", "name a scenario file")]
    [InlineData("simulate --model llama-3.1-8b", "scenarios/quickstart.yaml")]
    [InlineData("simulate scenarios/quickstart.yaml --rate fast", "--rate fast: workload.rate")]
    [InlineData("simulate scenarios/quickstart.yaml --gpu h100", "'h100-nvl', 'h100-pcie' or 'h100-sxm'")]
    public async Task What_cannot_be_done_is_said_in_a_sentence(string line, string said)
    {
        var result = await Xpyd.RunAsync(line.Split(' '));
        result.ExitCode.ShouldBe(2);
        result.Error.ShouldContain(said);
        result.Error.ShouldNotContain("   at ");
    }

    /// <summary>Nobody should mend one half to hear of the other: of flags that the parser refuses, of those that the command does, of the file.</summary>
    [Theory]
    [InlineData("simulate FILE --topology 3X --set nothing --rate fast", "--topology 3X", "--set nothing", "--rate fast")]
    [InlineData("run FILE --seed x --tls-key none.pem", "--seed x", "--tls-certificate")]
    [InlineData("up FILE --port 99999 --host nowhere --silos 99", "--port: 99999", "--host: 'nowhere'", "--silos 99")]
    [InlineData("sweep FILE --set a.b=1,2 --set nothing --parallel 0", "--set a.b=1", "--set nothing", "--parallel 0")]
    [InlineData("plan FILE --gpus 4 --slo speed=1,ttft=x --gpu-types h10,h11 --formats fp7", "--slo speed=1", "--slo x: slo.ttft", "'h10'", "'h11'", "--formats fp7")]
    [InlineData("plan FILE --gpus many --by watt --slo speed=1", "--gpus many", "--by watt", "--slo speed=1")]
    [InlineData("levers FILE --stack -3 --rate fast", "--stack -3", "--rate fast")]
    [InlineData("simulate FILE --rat 3", "no option --rat")]
    public async Task All_that_is_wrong_with_flags_and_file_is_said_at_once(string line, params string[] said)
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("xpyd-").FullName, "bad.yaml");
        await File.WriteAllTextAsync(file, """
            model: llama-3.1-7b
            topology: { aggregated: { instances: 0, gpu: h100-sxm } }
            workload: { synthetic: { input: 256, output: 8 }, rate: 40/s, requests: 12 }
            """, TestContext.Current.CancellationToken);
        var result = await Xpyd.RunAsync([.. line.Split(' ').Select(word => word == "FILE" ? file : word)]);
        result.ExitCode.ShouldBe(2);
        foreach (var problem in (string[])[.. said, "model: No 'llama-3.1-7b' here", "topology.aggregated.instances: 0 is out of range"]) result.Error.ShouldContain(problem);
    }

    [Fact]
    public async Task All_that_is_wrong_with_a_load_is_said_before_anything_is_sent()
    {
        var result = await Xpyd.RunAsync("load", "nowhere", "--isl", "many", "--osl=0", "--rate=q", "--slo-ttft=x", "--cacert=/nonexistent", "--max-connections=0", "--warmup=-3", "--time-scale=0", "--compare=/nonexistent");
        result.ExitCode.ShouldBe(2);
        foreach (var flag in (string[])["URL: 'nowhere'", "--isl many", "--osl: 0", "--rate: 'q'", "--slo-ttft: 'x'", "--cacert", "--max-connections: 0", "--warmup: -3", "--time-scale: 0", "--compare"])
            result.Error.ShouldContain(flag);
        result.Error.ShouldNotContain("Say how fast");
    }

    [Fact]
    public async Task Where_a_loads_records_cannot_be_written_is_said_before_anything_is_sent()
    {
        var result = await Xpyd.RunAsync("load", "http://127.0.0.1:1", "--rate=4/s", "--csv=/dev/null/rows.csv");
        result.ExitCode.ShouldBe(2);
        result.Error.ShouldStartWith("Cannot write '/dev/null/rows.csv'");
    }

    [Fact]
    public async Task The_help_names_what_to_try_first()
    {
        var result = await Xpyd.RunAsync("--help");
        result.ExitCode.ShouldBe(0);
        result.Output.ShouldContain($"xpyd simulate {Quickstart}");
        (await Xpyd.RunAsync("simulate", "--help")).Output.ShouldNotContain("First steps");
    }

    [Fact]
    public async Task A_shell_completes_commands_and_options()
    {
        var script = (await Xpyd.RunAsync("completion", "bash")).Output;
        var program = $"dotnet '{Path.Combine(AppContext.BaseDirectory, "xpyd.dll")}'";
        var result = await Xpyd.RunProgramAsync("bash", [], "-c", $$"""
            xpyd() { {{program}} "$@"; }
            {{script}}
            COMP_WORDS=(xpyd simu) COMP_CWORD=1 COMP_LINE='xpyd simu' COMP_POINT=9; _xpyd; echo "${COMPREPLY[@]}"
            COMP_WORDS=(xpyd plan --gp) COMP_CWORD=2 COMP_LINE='xpyd plan --gp' COMP_POINT=14; _xpyd; echo "${COMPREPLY[@]}"
            """);
        result.Output.Split('\n')[..2].ShouldBe(["simulate", "--gpu --gpu-types --gpus"], result.Error);
    }
}
