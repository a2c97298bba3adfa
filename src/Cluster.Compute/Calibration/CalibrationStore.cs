using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Cluster.Compute.Calibration;

/// <summary>
/// Keeps calibrations in a directory, one JSON file per host. A store that cannot be read or written costs a new measurement,
/// never a failure: what went wrong is in <see cref="Notes"/>.
/// </summary>
public sealed class CalibrationStore
{
    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
    private readonly List<string> _notes = [];

    /// <param name="directory">Null for the user's cache directory.</param>
    public CalibrationStore(string? directory = null) => Directory = directory ?? DefaultDirectory();

    public string Directory { get; }

    /// <summary>What could not be read or written, and why.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <returns>Null when there is none for this host, or none that can be used.</returns>
    public HostCalibration? Load(string host)
    {
        var path = PathFor(host);
        if (!File.Exists(path)) return null;
        try
        {
            var found = JsonSerializer.Deserialize<HostCalibration>(File.ReadAllText(path), Format);
            if (found is { IsComplete: true } && found.Host == host) return found;
            _notes.Add($"{path} is not a whole calibration of this host: measuring again.");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or JsonException)
        {
            _notes.Add($"{path} cannot be read ({problem.Message}): measuring again.");
        }
        return null;
    }

    /// <summary>Writes to a neighbour file and renames, so that a reader never sees half of one.</summary>
    public void Save(HostCalibration calibration)
    {
        ArgumentNullException.ThrowIfNull(calibration);
        var path = PathFor(calibration.Host);
        try
        {
            System.IO.Directory.CreateDirectory(Directory);
            var draft = $"{path}.{Environment.ProcessId}";
            File.WriteAllText(draft, JsonSerializer.Serialize(calibration, Format));
            File.Move(draft, path, overwrite: true);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            _notes.Add($"{path} cannot be written ({problem.Message}): this calibration lasts as long as the process.");
        }
    }

    private string PathFor(string host)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(host));
        return Path.Combine(Directory, $"calibration-{Convert.ToHexStringLower(hash.AsSpan(0, 6))}.json");
    }

    private static string DefaultDirectory()
    {
        if (Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache) return Path.Combine(cache, "xpyd");
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (OperatingSystem.IsWindows()) return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "xpyd");
        if (home.Length == 0) return Path.Combine(Path.GetTempPath(), "xpyd");
        return OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Caches", "xpyd") : Path.Combine(home, ".cache", "xpyd");
    }
}
