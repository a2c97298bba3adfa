using System.Globalization;
using Cluster.Cli.Scenarios;

namespace Cluster.Cli.Commands.Wire;

/// <summary>What the system allows a process to have open. .NET raises the soft limit to the hard one by itself, so the hard one counts.</summary>
internal static class OpenFiles
{
    /// <summary>Libraries, timers and listeners of a process that serves nothing yet, with room to spare.</summary>
    private const int Own = 300;

    /// <summary>Open file descriptors of this process at most; null where the system does not say.</summary>
    public static long? Limit()
    {
        const string Limits = "/proc/self/limits";
        if (!File.Exists(Limits)) return null;
        var line = File.ReadLines(Limits).FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal));
        var words = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words is { Length: > 4 } && long.TryParse(words[4], CultureInfo.InvariantCulture, out var hard) ? hard : null;
    }

    /// <summary>Open file descriptors of this process, and how many of them are sockets; −1 where the system does not say.</summary>
    public static (int All, int Sockets) Count()
    {
        const string Folder = "/proc/self/fd";
        if (!Directory.Exists(Folder)) return (-1, -1);
        var targets = Directory.EnumerateFileSystemEntries(Folder).Select(fd => new FileInfo(fd).LinkTarget ?? "").ToList();
        return (targets.Count, targets.Count(t => t.StartsWith("socket:", StringComparison.Ordinal)));
    }

    /// <exception cref="UsageException">So many connections would not fit into one process, or between two; says what is in the way.</exception>
    public static void Require(int connections)
    {
        var problems = new List<string>();
        if (Limit() is { } files && connections > files - Own)
            problems.Add($"--streams {connections}: a process may have {files} files open (hard limit; ulimit -Hn), enough for {files - Own} streams at each end. Ask for fewer, or raise it: ulimit -Hn {connections + Own} as root, LimitNOFILE= of a service, --ulimit nofile= of a container.");
        if (Ports() is var (first, last) && connections > last - first)
            problems.Add($"--streams {connections}: connections from one address to one port need a local port each, and the system hands out {last - first + 1} (net.ipv4.ip_local_port_range {first} {last}). Ask for fewer, or widen it.");
        if (problems.Count > 0) throw new UsageException(string.Join(Environment.NewLine, problems));
    }

    private static (int First, int Last)? Ports()
    {
        const string Range = "/proc/sys/net/ipv4/ip_local_port_range";
        if (!File.Exists(Range)) return null;
        var bounds = File.ReadAllText(Range).Split((char[])['\t', ' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return (int.Parse(bounds[0], CultureInfo.InvariantCulture), int.Parse(bounds[1], CultureInfo.InvariantCulture));
    }
}
