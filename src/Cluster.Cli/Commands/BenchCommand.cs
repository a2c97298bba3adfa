using System.CommandLine;

namespace Cluster.Cli.Commands;

/// <summary><c>xpyd bench</c>: how good the emulator itself is on this host, each figure beside a reference.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        var json = CommonOptions.Json();
        json.Recursive = true;
        var command = new Command("bench", "Measure the emulator itself, each figure beside a reference. Without a part: all of them.") { json };
        (string Name, string Description, Func<CancellationToken, IReadOnlyList<BenchResult>> Run)[] parts =
        [
            ("matmul", "Kernels against OpenBLAS, interleaved; calibration of this host.", BenchMatmul.Run),
            ("pace", "Step lateness and measured ratio at several numbers of instances.", BenchPace.Run),
            ("faults", "A thousand random faults on a live cluster under load: what is lost, doubled or leaked.", BenchFaults.Run),
            ("sim", "The reference workloads in virtual time: warm, and as a whole cold process.", BenchSim.Run),
            ("wire", "Streams through the gateway and the load generator, against bare Kestrel.", BenchWire.Run),
        ];
        foreach (var (name, description, run) in parts)
        {
            var part = new Command(name, description);
            part.SetAction((arguments, cancellation) => Run(arguments.GetValue(json), [run], cancellation));
            command.Subcommands.Add(part);
        }

        command.SetAction((arguments, cancellation) => Run(arguments.GetValue(json), [.. parts.Select(p => p.Run)], cancellation));
        return command;
    }

    private static Task<int> Run(bool json, IReadOnlyList<Func<CancellationToken, IReadOnlyList<BenchResult>>> parts, CancellationToken cancellation) =>
        Task.FromResult(Guarded.Run(() => BenchReport.Of([.. parts.SelectMany(part => part(cancellation))]).Print(json)));
}
