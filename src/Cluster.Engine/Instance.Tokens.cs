using Cluster.Engine.Requests;
using Cluster.Engine.Scheduling;

namespace Cluster.Engine;

/// <content>Which sequences have tokens to show.</content>
public sealed partial class Instance
{
    private Sequence[] _decoders = [];
    private long _decodersAsOf = -1;

    /// <summary>
    /// Tokens that became visible to clients with the last call of <see cref="TryBeginStep"/> (first tokens handed over
    /// by prefill instances) or <see cref="EndStep"/> (all others, but for <see cref="Decoded"/>); empty unless asked for.
    /// </summary>
    public IReadOnlyList<TokenEmission> Tokens => _tokens ?? (IReadOnlyList<TokenEmission>)[];

    /// <summary>
    /// Sequences that got one token each with the last call of <see cref="EndStep"/>; the same object as long as the batch stays
    /// as it is, so that whoever passes tokens on need not look at each of them. Empty unless asked for.
    /// </summary>
    public IReadOnlyList<Sequence> Decoded { get; private set; } = [];

    /// <summary>The driver has passed <see cref="Tokens"/> and <see cref="Decoded"/> on.</summary>
    public void ClearTokens()
    {
        _tokens?.Clear();
        Decoded = [];
    }

    private Sequence[] Decoders(DecodeBatch decodes)
    {
        if (_decodersAsOf == decodes.Changes) return _decoders;
        _decodersAsOf = decodes.Changes;
        _decoders = new Sequence[decodes.Count];
        var count = 0;
        for (var member = decodes.First; member is not null; member = member.Next) _decoders[count++] = member;
        return _decoders;
    }
}
