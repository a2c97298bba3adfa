using System.CommandLine;
using System.Text.Json.Nodes;
using Cluster.Cli.Testing;

namespace Cluster.Cli.Commands;

/// <summary><c>xpyd doctor</c>: what this host has and lacks, and what each lack means. Looks for the packages again.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var json = CommonOptions.Json();
        var command = new Command("doctor", "Say what this host has and lacks; look for the optional packages again.") { json };
        command.SetAction(async (arguments, cancellation) =>
        {
            var findings = await HostFindings.CollectAsync(SourceTree.Find(), cancellation);
            if (arguments.GetValue(json))
            {
                Console.Out.WriteLine(new JsonObject
                {
                    ["findings"] = new JsonArray([.. findings.Select(finding => new JsonObject
                    {
                        ["name"] = finding.Name, ["state"] = finding.State, ["ok"] = finding.IsFine, ["meaning"] = finding.Meaning,
                    })]),
                });
            }
            else
            {
                foreach (var finding in findings)
                {
                    Console.Out.WriteLine($"{(finding.IsFine ? "ok  " : "lack")}  {finding.Name,-20} {finding.State}");
                    if (finding.Meaning.Length > 0)
                    {
                        Console.Out.WriteLine($"      {"",-20} {finding.Meaning}");
                    }
                }
            }

            return 0;
        });
        return command;
    }
}
