namespace Cluster.Cli.Reports;

/// <summary>A file that appears under its name when it is whole: what fails or is interrupted before leaves what was there.</summary>
internal sealed class PendingFile : IDisposable
{
    private readonly string _path;
    private readonly string _pending;
    private readonly FileStream _stream;

    /// <exception cref="Scenarios.UsageException">It cannot be written there: found out before the work is done.</exception>
    public PendingFile(string path)
    {
        _path = Path.GetFullPath(path);
        // A device is no name to put a file under.
        _pending = _path.StartsWith("/dev/", StringComparison.Ordinal) ? _path : _path + ".new";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            if (Directory.Exists(_path)) throw new IOException("That is a folder.");
            _stream = File.Create(_pending);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new Scenarios.UsageException($"Cannot write '{_path}': {failure.Message} Choose another path.");
        }
    }

    public string FullPath => _path;

    /// <summary>Writes it, and puts it where it belongs.</summary>
    public void Write(Action<TextWriter> write)
    {
        using (var writer = new StreamWriter(_stream)) write(writer);
        if (_pending != _path) File.Move(_pending, _path, overwrite: true);
    }

    public void Dispose()
    {
        try
        {
            _stream.Dispose();
        }
        finally
        {
            if (_pending != _path) File.Delete(_pending);
        }
    }
}
