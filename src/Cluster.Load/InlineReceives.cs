namespace Cluster.Load;

/// <summary>
/// Lets the system's socket threads run what follows a receive themselves. Reading an event and noting its time takes a
/// microsecond; handing that to another thread first costs several, and makes the noted time late.
/// </summary>
public static class InlineReceives
{
    private const string Switch = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>
    /// For programs whose sockets are the load generator's: takes effect only before the first socket of the process, and
    /// not where the environment has decided already.
    /// </summary>
    public static void Prefer()
    {
        if (Environment.GetEnvironmentVariable(Switch) is null) Environment.SetEnvironmentVariable(Switch, "1");
    }
}
