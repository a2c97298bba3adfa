using System.Runtime.InteropServices;

namespace Cluster.Cli;

/// <summary>Ctrl-C and SIGTERM: the first asks the command to stop, the second ends the process where it is.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _asked = new();
    private readonly PosixSignalRegistration[] _registrations;

    public Interruption() => _registrations = [Listen(PosixSignal.SIGINT, 130), Listen(PosixSignal.SIGTERM, 143)];

    public CancellationToken Token => _asked.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _asked.Dispose();
    }

    private PosixSignalRegistration Listen(PosixSignal signal, int exitCode) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        // What is cancelled may go on here, on the thread of the signals, and keep it from hearing the second.
        if (_asked.IsCancellationRequested) Environment.Exit(exitCode);
        _ = _asked.CancelAsync();
    });
}
