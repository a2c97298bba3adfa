using Cluster.Engine.Requests;

namespace Cluster.Engine;

/// <summary>What an instance asks its driver to do or to know.</summary>
public enum InstanceEffectKind
{
    /// <summary>The request's first token is visible.</summary>
    FirstToken,
    /// <summary>Prefill is done; the KV is held here for a decode instance to pull.</summary>
    PrefillComplete,
    /// <summary>Blocks are reserved here: move the KV of <c>Tokens</c> tokens.</summary>
    KvReserved,
    /// <summary>All tokens are out and all blocks returned.</summary>
    Finished,
    /// <summary>The client went away; all blocks returned.</summary>
    Aborted,
    /// <summary>It can never fit this instance.</summary>
    Rejected,
}

/// <summary>One effect of an input or a step.</summary>
/// <param name="Tokens">Tokens of KV to move, for <see cref="InstanceEffectKind.KvReserved"/>; else 0.</param>
public readonly record struct InstanceEffect(InstanceEffectKind Kind, Sequence Sequence, int Tokens = 0);

/// <summary>New tokens of one sequence that became visible when a step ended.</summary>
public readonly record struct TokenEmission(Sequence Sequence, int Count);
