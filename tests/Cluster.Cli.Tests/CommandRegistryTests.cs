namespace Cluster.Cli.Tests;

public sealed class CommandRegistryTests
{
    [Fact]
    public void A_command_built_alone_is_the_one_that_was_named()
    {
        var all = CommandRegistry.Build().Subcommands.Select(c => c.Name).ToList();
        all.ShouldContain("simulate");
        foreach (var name in all) CommandRegistry.For([name, "--help"]).Subcommands.ShouldHaveSingleItem().Name.ShouldBe(name);
    }

    [Fact]
    public void Where_no_command_is_named_all_are_there_to_choose_from()
    {
        var all = CommandRegistry.Build().Subcommands.Count;
        CommandRegistry.For([]).Subcommands.Count.ShouldBe(all);
        CommandRegistry.For(["simulat"]).Subcommands.Count.ShouldBe(all);
        CommandRegistry.For(["--help"]).Subcommands.Count.ShouldBe(all);
    }
}
