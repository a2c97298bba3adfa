namespace Cluster.ServiceDefaults.Exposition;

/// <summary>
/// Serialises scrapes: the SDK collects for one reader at a time. Scrapes that arrive while another renders share the
/// next rendering, so that ten concurrent ones cost two. A rendering belongs to its readers, who send it at
/// their own pace outside the lock: a scraper that hangs holds up nobody.
/// </summary>
internal sealed class Scraper(PrometheusExporter exporter) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Rendering?[] _latest = new Rendering?[2];
    private long _started;

    /// <summary>A rendering begun no earlier than this call. Dispose it after sending.</summary>
    public async Task<Rendering> ScrapeAsync(ExpositionFormat format, CancellationToken cancellation)
    {
        var arrived = Volatile.Read(ref _started);
        await _turn.WaitAsync(cancellation);
        try
        {
            if (_latest[(int)format] is { } latest && latest.Number > arrived && latest.TryShare()) return latest;
            Volatile.Write(ref _started, _started + 1);
            var rendering = new Rendering(_started);
            try
            {
                exporter.Render(format, rendering.Buffer);
            }
            catch
            {
                rendering.Dispose();
                throw;
            }

            _latest[(int)format] = rendering;
            return rendering;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}

/// <summary>One rendering, shared by the scrapes that wait for it; its memory goes back when the last has sent it.</summary>
internal sealed class Rendering(long number) : IDisposable
{
    private readonly Lock _gate = new();
    private int _readers = 1;

    public long Number { get; } = number;

    public ExpositionBuffer Buffer { get; } = new();

    /// <summary>False when the last reader has gone already.</summary>
    public bool TryShare()
    {
        lock (_gate)
        {
            if (_readers == 0) return false;
            _readers++;
            return true;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (--_readers == 0) Buffer.Dispose();
        }
    }
}
