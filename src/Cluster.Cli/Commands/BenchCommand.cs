using System.CommandLine;
using Cluster.Cli.Commands.Wire;

namespace Cluster.Cli.Commands;

/// <summary><c>xpyd bench</c>: how good the emulator itself is on this host, each figure beside a reference.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        var json = CommonOptions.Json();
        json.Recursive = true;
        var streams = BenchSoak.Streams();
        var command = new Command("bench", "Measure the emulator itself, each figure beside a reference. Without a part: all of them but the soak.") { json, streams };
        (string Name, string Description, Func<ParseResult, CancellationToken, IReadOnlyList<BenchResult>> Run)[] parts =
        [
            ("matmul", "Kernels against OpenBLAS, interleaved; calibration of this host.", (_, cancellation) => BenchMatmul.Run(cancellation)),
            ("pace", "Step lateness and measured ratio of live grains, at several numbers of instances.", (_, cancellation) => BenchPace.Run(cancellation)),
            ("step", "What a live step costs the emulator itself, at batch 128.", (_, cancellation) => BenchStep.Run(cancellation)),
            ("faults", "A thousand random faults on a live cluster under load: what is lost, doubled or leaked.", (_, cancellation) => BenchFaults.Run(cancellation)),
            ("parity", "The same requests live and in virtual time: mean TTFT and TPOT side by side.", (_, cancellation) => BenchParity.Run(cancellation)),
            ("sim", "The reference workloads in virtual time: warm, and as a whole cold process.", (_, cancellation) => BenchSim.Run(cancellation)),
            ("scrape", "A scrape of a thousand instances over HTTP: time and size.", (_, cancellation) => BenchScrape.Run(cancellation)),
            ("wire", "Streams through the gateway and the load generator, against bare Kestrel.", (arguments, cancellation) => BenchWire.Run(arguments.GetValue(streams), cancellation)),
        ];
        foreach (var (name, description, run) in parts)
        {
            var part = new Command(name, description);
            if (name == "wire") part.Options.Add(streams);
            part.SetAction((arguments, cancellation) => Run(arguments, json, [run], cancellation));
            command.Subcommands.Add(part);
        }

        command.Subcommands.Add(BenchSoak.Create(json));
        command.Subcommands.Add(WireServer.Create());
        command.SetAction((arguments, cancellation) => Run(arguments, json, [.. parts.Select(p => p.Run)], cancellation));
        return command;
    }

    private static Task<int> Run(
        ParseResult arguments, Option<bool> json, IReadOnlyList<Func<ParseResult, CancellationToken, IReadOnlyList<BenchResult>>> parts, CancellationToken cancellation) =>
        Task.FromResult(Guarded.Run(() => BenchReport.Of([.. parts.SelectMany(part => part(arguments, cancellation))]).Print(arguments.GetValue(json))));
}
