using Cluster.Engine.Units;

namespace Cluster.Scenarios.Workloads;

/// <summary>Names for contents and sessions: stable numbers, apart by family.</summary>
internal static class Ids
{
    /// <summary>Tokens that no other request has.</summary>
    public const ulong Own = 0x554E4951;

    /// <summary>Nodes of prefix trees.</summary>
    public const ulong Prefix = 0x50524546;

    /// <summary>Documents of a corpus.</summary>
    public const ulong Document = 0x444F4355;

    /// <summary>Sessions.</summary>
    public const ulong Session = 0x53455353;

    public static ulong Of(ulong seed, ulong family, ulong number) => Hashing.Mix(Hashing.Mix(seed, family), number);

    public static ulong OfText(string text)
    {
        var id = Session;
        foreach (var c in text) id = Hashing.Mix(id, c);
        return id;
    }
}
