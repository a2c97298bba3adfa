namespace Cluster.Load;

/// <summary>
/// Lets the system's socket threads run what follows a receive themselves. Reading an event and noting its time takes a
/// microsecond; handing that to another thread first costs several, and makes the noted time late.
/// </summary>
public static class InlineReceives
{
    private const string Switch = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    internal static Action? OnThread { get; private set; }

    /// <summary>
    /// For programs whose sockets are the load generator's: takes effect only before the first socket of the process, and
    /// not where the environment has decided already.
    /// </summary>
    /// <param name="onThread">
    /// Called first by each thread that reads plain connections, to ask the system to run it when bytes come: only then is the time it notes theirs.
    /// </param>
    public static void Prefer(Action? onThread = null)
    {
        OnThread = onThread;
        if (Environment.GetEnvironmentVariable(Switch) is null) Environment.SetEnvironmentVariable(Switch, "1");
    }
}
