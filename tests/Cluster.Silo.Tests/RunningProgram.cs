using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Cluster.Silo.Tests;

/// <summary>A program of the product while it runs: what it says is waited for, never slept for. Ends with its disposal.</summary>
internal sealed class RunningProgram : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);
    private readonly Process _process;
    private readonly List<string> _lines = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RunningProgram(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Said
    {
        get
        {
            lock (_lines) return string.Join('\n', _lines);
        }
    }

    public static RunningProgram Start(string program, params string[] arguments) => StartIn([], program, arguments);

    /// <param name="environment">Variables to set.</param>
    public static RunningProgram StartIn(Dictionary<string, string> environment, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, program), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Checkout.Root,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return new RunningProgram(start);
    }

    /// <summary>The first line that matches, said or to be said.</summary>
    public async Task<Match> SaysAsync(string pattern)
    {
        using var limit = new CancellationTokenSource(s_limit);
        while (true)
        {
            Task more;
            lock (_lines)
            {
                if (_lines.Select(line => Regex.Match(line, pattern)).FirstOrDefault(m => m.Success) is { } match) return match;
                more = _more.Task;
            }

            if (_process.HasExited && more == _more.Task) throw new InvalidOperationException($"It ended with {_process.ExitCode} and never said '{pattern}':\n{Said}");
            await Task.WhenAny(more, _process.WaitForExitAsync(limit.Token)).WaitAsync(limit.Token);
        }
    }

    public async Task<int> EndsAsync()
    {
        using var limit = new CancellationTokenSource(s_limit);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public void Terminate() => Signal("TERM", _process.Id);

    public static void Signal(string signal, int process)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (_lines)
        {
            _lines.Add(line);
            _more.TrySetResult();
            _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
