using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Cluster.Gateway;
using Cluster.Gateway.Backend;

namespace Cluster.Cli.Commands.Wire;

/// <summary>What a <see cref="WireServer"/> says of itself when it is asked.</summary>
/// <param name="Submitted">Requests that were admitted.</param>
/// <param name="Running">Of these, not ended.</param>
/// <param name="OpenFiles">File descriptors; −1 where the system does not say.</param>
/// <param name="Sockets">Of these, sockets: connections, listeners and the server's own.</param>
/// <param name="HeapBytes">Managed, after a full collection.</param>
/// <param name="ResidentBytes">Of the process, after the same.</param>
internal sealed record WireCounts(long Submitted, long Completed, long Aborted, int Running, int OpenFiles, int Sockets, long HeapBytes, long ResidentBytes);

/// <summary>
/// The gateway under measurement in a process of its own (<c>xpyd bench wire-server</c>, not for users): with client and server apart,
/// each has its own file descriptors, memory and books. Prints its address, then its counts for every line it reads, and ends with its input.
/// </summary>
internal static class WireServer
{
    public const string Name = "wire-server";

    /// <summary>Begins each line that is for the other process; warnings of the host stand between them.</summary>
    public const string Mark = "wire: ";

    public static Command Create()
    {
        var pace = new Option<double>("--pace") { Description = "Seconds between tokens." };
        var first = new Option<double>("--first") { Description = "Seconds to the first token; 0: as between tokens." };
        var limit = new Option<int>("--limit") { Description = "Streams admitted at a time.", DefaultValueFactory = _ => int.MaxValue };
        var command = new Command(Name, "Serve an echo model for a benchmark's other process.") { pace, first, limit };
        command.Hidden = true;
        command.SetAction((arguments, cancellation) => Guarded.RunAsync(async () =>
        {
            using var backend = new EchoBackend(new EchoOptions
            {
                TimePerOutputToken = TimeSpan.FromSeconds(arguments.GetValue(pace)),
                TimeToFirstToken = TimeSpan.FromSeconds(arguments.GetValue(first)),
                PacerThreads = Environment.ProcessorCount,
            });
            await using var app = GatewayHost.Build(
                new GatewayOptions { Port = 0, DrainTimeout = TimeSpan.Zero, MaxConcurrentRequests = arguments.GetValue(limit), MaxConnections = int.MaxValue }, backend);
            await app.StartAsync(cancellation);
            Console.Out.WriteLine(Mark + app.Urls.First());
            while (await Console.In.ReadLineAsync(cancellation) is not null) Console.Out.WriteLine(Mark + JsonSerializer.Serialize(Count(backend)));
            await app.StopAsync(cancellation);
            return 0;
        }));
        return command;
    }

    private static WireCounts Count(EchoBackend backend)
    {
        var (heap, resident) = Collected();
        var (files, sockets) = OpenFiles.Count();
        return new WireCounts(
            backend.Submitted, backend.Completed, backend.Aborted, backend.LoadSnapshot().Running, files, sockets, heap, resident);
    }

    /// <summary>Managed and resident bytes of this process after a full collection.</summary>
    public static (long Heap, long Resident) Collected()
    {
        for (var i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        using var self = Process.GetCurrentProcess();
        return (GC.GetTotalMemory(forceFullCollection: true), self.WorkingSet64);
    }
}
