using System.Diagnostics;
using System.Globalization;

namespace Cluster.Cli.Output;

/// <summary>One line on standard error that counts up: only to a terminal, only after two seconds, gone at the end.</summary>
internal sealed class ProgressLine(string what, int total) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Lock _gate = new();
    private int _done;
    private int _width;

    public void Step()
    {
        if (Console.IsErrorRedirected) return;
        lock (_gate)
        {
            _done++;
            if (_clock.Elapsed < Patience) return;
            var left = total > 0 ? _clock.Elapsed * ((double)(total - _done) / _done) : TimeSpan.Zero;
            Show(total > 0
                ? string.Create(CultureInfo.InvariantCulture, $"{what} {_done}/{total}, about {left.TotalSeconds:F0} s left")
                : string.Create(CultureInfo.InvariantCulture, $"{what} {_done}"));
        }
    }

    public void Dispose()
    {
        if (_width == 0) return;
        Show("");
        Console.Error.Write('\r');
    }

    private void Show(string text)
    {
        Console.Error.Write($"\r{text.PadRight(_width)}");
        _width = Math.Max(_width, text.Length);
    }
}
