namespace Cluster.ServiceDefaults.Recording;

/// <summary>
/// Meters are heard process-wide by name. A process with one host has <c>Cluster</c>; further hosts, as in tests, get
/// <c>Cluster.2</c>, <c>Cluster.3</c>, …, so that none exports another's series.
/// </summary>
public static class MeterNames
{
    private static readonly Lock s_gate = new();
    private static readonly HashSet<string> s_taken = new(StringComparer.Ordinal);

    public static string Take()
    {
        lock (s_gate)
        {
            for (var number = 1; ; number++)
            {
                var name = number == 1 ? "Cluster" : $"Cluster.{number}";
                if (s_taken.Add(name)) return name;
            }
        }
    }

    public static void Release(string name)
    {
        lock (s_gate) s_taken.Remove(name);
    }
}
