using System.Diagnostics;
using System.Globalization;
using Cluster.Grains.Hosting;
using Cluster.Hosting;

namespace Cluster.Cli.Live;

/// <summary>The silo processes of a cluster whose membership this process keeps. They end with it, however it ends.</summary>
internal sealed class SiloProcesses : IAsyncDisposable
{
    private static readonly TimeSpan s_graceful = TimeSpan.FromSeconds(15);
    private readonly List<Process> _processes = [];
    private readonly TaskCompletionSource<string> _firstLoss = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isEnding;

    /// <summary>Completes, with what to tell, when a silo ends that nobody told to.</summary>
    public Task<string> FirstLoss => _firstLoss.Task;

    /// <summary>Starts so many silos, named silo-1 and so on.</summary>
    /// <param name="onLine">Told what they print.</param>
    public static SiloProcesses Start(int silos, MembershipOptions primary, HostedScenario scenario, Action<string> onLine)
    {
        var all = new SiloProcesses();
        for (var i = 1; i <= silos; i++) all.Add(string.Create(CultureInfo.InvariantCulture, $"silo-{i}"), primary, scenario, onLine);
        return all;
    }

    /// <summary>Carried out when <see cref="FirstLoss"/> completes.</summary>
    public void OnFirstLoss(Action act) => FirstLoss.GetAwaiter().OnCompleted(act);

    /// <summary>Lets them leave in order; those that take too long are ended.</summary>
    public async Task EndAsync()
    {
        _isEnding = true;
        // The end of their input tells them to leave.
        foreach (var process in _processes.Where(p => !p.HasExited)) process.StandardInput.Close();
        using var patience = new CancellationTokenSource(s_graceful);
        foreach (var process in _processes)
        {
            try
            {
                await process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isEnding) await EndAsync();
        foreach (var process in _processes) process.Dispose();
    }

    private void Add(string name, MembershipOptions primary, HostedScenario scenario, Action<string> onLine)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Cluster.Silo.dll")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (key, value) in scenario.ToConfiguration().Concat(MembershipConfiguration.ToConfiguration(primary, name)).Append(($"{HostedScenario.Section}:Silo:EndsWithInput", "true")))
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) => Tell(line.Data);
        process.ErrorDataReceived += (_, line) => Tell(line.Data);
        process.Exited += (_, _) => OnExit(name, process, onLine);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _processes.Add(process);

        void Tell(string? line)
        {
            // Silos that leave together complain of one another; that is no news to anybody.
            if (!_isEnding && !string.IsNullOrWhiteSpace(line)) onLine($"[{name}] {line}");
        }
    }

    private void OnExit(string name, Process process, Action<string> onLine)
    {
        if (_isEnding) return;
        var loss = string.Create(CultureInfo.InvariantCulture, $"{name} (pid {process.Id}) ended with exit code {process.ExitCode}.");
        onLine($"{loss} Its instances begin again on the silos that are left.");
        _firstLoss.TrySetResult(loss);
    }
}
