using System.Net.Sockets;
using Cluster.Engine.Requests;
using Cluster.Engine.Units;
using Cluster.Load.Client;

namespace Cluster.Load;

/// <summary>Sends one request, reads its answer, records what happened.</summary>
internal sealed class RequestSender(
    ConnectionPool pool, RequestEncoder encoder, LoadClock clock, LoadRecorder recorder, LoadOptions options)
{
    /// <summary>Makes the request ready, waits until it is due, and sends it; at once where that has passed. Its latency counts from <paramref name="dueNs"/> in any case.</summary>
    /// <returns>True when it completed.</returns>
    public async Task<bool> SendAsync(RequestSpec request, long dueNs, CancellationToken cancellationToken)
    {
        recorder.Sent();
        // A kept-alive connection may have been closed under us, or the endpoint may not have been there before the request was due:
        // neither says anything about the request, which has another try when it is due, on a new connection.
        try
        {
            var record = await TryAsync(request, dueNs, fresh: false, cancellationToken);
            if (record is null)
            {
                await clock.ReachAsync(dueNs);
                record = await TryAsync(request, dueNs, fresh: true, cancellationToken);
            }

            return record?.Outcome == LoadOutcome.Completed;
        }
        catch (OperationCanceledException)
        {
            recorder.Dropped();
            return false;
        }
    }

    /// <returns>Null when a kept-alive connection turned out to be dead, or nothing could be made ready before the request was due.</returns>
    /// <exception cref="OperationCanceledException">The run was cut short.</exception>
    private async Task<LoadRecord?> TryAsync(RequestSpec request, long dueNs, bool fresh, CancellationToken cancellationToken)
    {
        var connection = await pool.TakeAsync(fresh, cancellationToken);
        var isReusable = false;
        var wasUsed = connection.Uses > 0;
        var sentNs = Time.Unset;
        try
        {
            if (!connection.IsConnected) await connection.ConnectAsync(cancellationToken);
            encoder.Encode(request, connection.Outgoing);
            connection.Expect(request.OutputTokens);
            await clock.ReachAsync(dueNs);
            cancellationToken.ThrowIfCancellationRequested();
            sentNs = clock.ToNs(await connection.SendAsync(cancellationToken));
            await connection.ReceiveAsync(recorder.Tokens, cancellationToken);
            isReusable = connection.Parser.KeepsAlive && connection.Parser.IsComplete;
            return recorder.Ended(Answered(request, dueNs, sentNs, connection), connection.TextTicks, clock);
        }
        catch (Exception failure) when (failure is IOException or SocketException or ObjectDisposedException or InvalidDataException or System.Security.Authentication.AuthenticationException)
        {
            if (!fresh && clock.NowNs < dueNs) return null;
            if (!fresh && wasUsed && !connection.Parser.HasBegun && !connection.WasBrokenByWatchdog) return null;
            return recorder.Ended(Broken(request, dueNs, sentNs, connection, failure), connection.TextTicks, clock);
        }
        finally
        {
            pool.Return(connection, isReusable);
        }
    }

    private LoadRecord Answered(RequestSpec request, long intendedNs, long sentNs, LoadConnection connection)
    {
        var (parser, inspector, ticks) = (connection.Parser, connection.Inspector, connection.TextTicks);
        if (!parser.IsEventStream) inspector.Document(System.Text.Encoding.UTF8.GetBytes(parser.Body));
        var isWhole = !parser.IsEventStream ? inspector.Error is null : inspector.HasFinished && inspector.Error is null;
        var outcome = parser.Status switch
        {
            200 => isWhole ? LoadOutcome.Completed : LoadOutcome.Failed,
            429 or 503 => LoadOutcome.Rejected,
            _ => LoadOutcome.Failed,
        };
        var finishedNs = clock.NowNs;
        var error = outcome == LoadOutcome.Completed ? null : inspector.Error ?? (parser.Status == 200 ? "The stream ended without a finish reason." : $"HTTP {parser.Status}");
        return new LoadRecord(
            request.Id, outcome, parser.Status, intendedNs, sentNs,
            ticks.Count > 0 && options.Stream ? clock.ToNs(ticks[0]) : Time.Unset,
            ticks.Count > 0 && options.Stream ? clock.ToNs(ticks[^1]) : outcome == LoadOutcome.Completed ? finishedNs : Time.Unset,
            finishedNs,
            inspector.PromptTokens ?? request.InputTokens, inspector.CompletionTokens ?? inspector.TextChunks, inspector.CachedTokens)
        {
            RequestId = parser.RequestId,
            Error = error,
            SessionId = request.SessionId,
            HopsMs = inspector.HopsMs,
        };
    }

    private LoadRecord Broken(RequestSpec request, long intendedNs, long sentNs, LoadConnection connection, Exception failure)
    {
        var ticks = connection.TextTicks;
        var outcome = connection.WasBrokenByWatchdog ? LoadOutcome.TimedOut : LoadOutcome.Failed;
        return new LoadRecord(
            request.Id, outcome, connection.Parser.Status, intendedNs, sentNs,
            ticks.Count > 0 ? clock.ToNs(ticks[0]) : Time.Unset, ticks.Count > 0 ? clock.ToNs(ticks[^1]) : Time.Unset, clock.NowNs,
            request.InputTokens, connection.Inspector.TextChunks, 0)
        {
            RequestId = connection.Parser.RequestId,
            SessionId = request.SessionId,
            Error = outcome == LoadOutcome.TimedOut ? $"No complete answer within {options.RequestTimeout.TotalSeconds:0.#} s." : failure.Message,
        };
    }
}
