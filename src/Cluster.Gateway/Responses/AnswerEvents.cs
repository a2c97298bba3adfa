using System.Buffers;
using Cluster.Gateway.Backend;
using Cluster.Gateway.Requests;

namespace Cluster.Gateway.Responses;

/// <summary>One choice of a streamed answer as server-sent events, in the form of its API. A token that nothing hangs on costs a few copies.</summary>
internal abstract class AnswerEvents
{
    /// <summary>Tokens written so far.</summary>
    public abstract int Tokens { get; }

    public static AnswerEvents Of(PlannedRequest plan, PlannedChoice choice) =>
        plan.Body.Api == GenerationApi.Responses ? new ResponseEvents(plan, choice) : new SseChunks(plan, choice);

    /// <summary>What comes before the first token.</summary>
    public abstract void Begin(IBufferWriter<byte> writer);

    /// <summary>So many tokens, and why they were the last if they were.</summary>
    public abstract void Write(IBufferWriter<byte> writer, int tokens, FinishReason? finish);

    /// <summary>The choice ends early.</summary>
    /// <param name="code">As an HTTP status.</param>
    public abstract void Trouble(IBufferWriter<byte> writer, string message, string type, int code);

    /// <summary>All choices have ended; asked of one of them.</summary>
    public abstract void End(IBufferWriter<byte> writer, Usage total);
}
