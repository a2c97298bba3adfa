using Cluster.Grains;
using Cluster.Grains.Hosting;
using Microsoft.Extensions.Configuration;

namespace Cluster.Hosting;

/// <summary>
/// The membership providers that a cluster over several machines can use, in Orleans' own section <c>Orleans:Clustering</c>:
/// <c>ProviderType</c> is <c>Redis</c> or <c>AdoNet</c>, <c>ConnectionName</c> names an entry of <c>ConnectionStrings</c>.
/// </summary>
public static class MembershipProviders
{
    private const string Section = "Orleans:Clustering";
    private static readonly string[] s_known = ["Redis", "AdoNet"];

    /// <summary>
    /// What to lay over the configuration so that the provider finds its connection. Aspire names it by <c>ServiceKey</c>, which
    /// would take a registered client; the connection string of that name says the same and takes none.
    /// </summary>
    /// <exception cref="HostConfigurationException">All problems at once.</exception>
    public static IReadOnlyDictionary<string, string?> Overlay(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var section = configuration.GetSection(Section);
        if (!section.Exists()) return new Dictionary<string, string?>();
        var type = section["ProviderType"] ?? "";
        var problems = new List<string>();
        if (!s_known.Contains(type)) problems.Add($"{Section}:ProviderType: '{type}' is not one of {string.Join(", ", s_known)}.");
        var name = Text(section["ConnectionName"]) ?? Text(section["ServiceKey"]);
        if (Text(section["ConnectionString"]) is null && (name is null || Text(configuration.GetConnectionString(name)) is null))
            problems.Add($"{Section}: no connection string. Give {Section}:ConnectionName a name, and ConnectionStrings:{name ?? "NAME"} the string.");
        if (type == "AdoNet" && Text(section["Invariant"]) is null)
            problems.Add($"{Section}:Invariant: needed by AdoNet; 'Npgsql' for PostgreSQL.");
        if (problems.Count > 0) throw new HostConfigurationException(string.Join(Environment.NewLine, problems));
        var overlay = new Dictionary<string, string?> { [$"{Section}:ConnectionName"] = name, [$"{Section}:ServiceKey"] = "" };
        AddStorage(configuration, section, name, overlay);
        return overlay;
    }

    /// <summary>Asks the cluster whether this process may join it.</summary>
    /// <returns>The cluster's answer; null when nobody answered in time.</returns>
    /// <exception cref="HostConfigurationException">The table of members cannot be read: a sentence in place of a provider's own exception.</exception>
    public static async Task<CharterReply?> AskToJoinAsync(MembershipOptions membership, SiloCard card, IConfiguration configuration, TimeSpan patience)
    {
        ArgumentNullException.ThrowIfNull(membership);
        ArgumentNullException.ThrowIfNull(configuration);
        try
        {
            return await ClusterRuntime.AskToJoinAsync(membership, card, configuration, patience, CancellationToken.None);
        }
        catch (Exception failure) when (membership.UsesConfiguredProvider && failure is not OutOfMemoryException)
        {
            throw new HostConfigurationException(Unreachable(configuration, failure));
        }
    }

    /// <summary>One sentence on a provider that failed, and where to look.</summary>
    public static string Unreachable(IConfiguration configuration, Exception failure)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(failure);
        var said = failure.GetBaseException().Message.Split('\n')[0].Trim().TrimEnd('.');
        return $"{Section}: the table of members ({configuration[$"{Section}:ProviderType"]}) could not be read: {said}. "
            + $"Is what ConnectionStrings:{configuration[$"{Section}:ConnectionName"] ?? "NAME"} names up, prepared, and to be reached from here?";
    }

    /// <summary>Unless told otherwise, what must outlive a silo is kept where the membership is: topology, policy, faults in force.</summary>
    private static void AddStorage(IConfiguration configuration, IConfigurationSection membership, string? name, Dictionary<string, string?> overlay)
    {
        var storage = $"Orleans:GrainStorage:{StorageNames.Cluster}";
        if (configuration.GetSection(storage).Exists()) return;
        foreach (var key in (string[])["ProviderType", "ConnectionString", "Invariant"])
            if (Text(membership[key]) is { } value) overlay[$"{storage}:{key}"] = value;
        overlay[$"{storage}:ConnectionName"] = name;
    }

    private static string? Text(string? value) => string.IsNullOrWhiteSpace(value) ? null : value;
}
