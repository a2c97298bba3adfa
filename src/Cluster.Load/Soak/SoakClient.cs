using System.Diagnostics;
using System.Net.Sockets;
using Cluster.Engine.Requests;
using Cluster.Engine.Units;
using Cluster.Load.Client;

namespace Cluster.Load.Soak;

/// <summary>One client of a soak: a stream after the other, on one connection while that lasts.</summary>
internal sealed class SoakClient(Uri endpoint, RequestEncoder encoder, LoadOptions options, SoakPlan plan, SoakTally tally, int number, long startedTicks) : IDisposable
{
    private readonly RandomStream _random = new(plan.Seed + (ulong)number, "soak");
    private LoadConnection? _connection;
    private long _next;

    private enum Fate
    {
        ReadsOn, Slow, HangsUp, HalfCloses,
    }

    public async Task RunAsync(CancellationToken cancellation)
    {
        // A stampede of ten thousand first connections would measure the listen queue.
        await Task.Delay(TimeSpan.FromSeconds(_random.NextDouble() * Math.Min(10, plan.Duration.TotalSeconds / 2)), cancellation);
        while (Stopwatch.GetElapsedTime(startedTicks) < plan.Duration)
            if (!await StreamAsync(cancellation)) await Task.Delay(plan.Pause, cancellation);
    }

    public void Dispose() => _connection?.Dispose();

    /// <returns>False when the client should wait before it asks again.</returns>
    private async Task<bool> StreamAsync(CancellationToken cancellation)
    {
        var tokens = _random.NextInt(plan.MinTokens, plan.MaxTokens);
        var fate = Draw();
        var cutAt = _random.NextInt(1, tokens - 1);
        var received = 0;
        tally.Sent();
        var connection = _connection;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(plan.Patience);
        try
        {
            if (connection is null)
            {
                _connection = connection = new LoadConnection(endpoint, options);
                await connection.ConnectAsync(patience.Token);
            }

            encoder.Encode(new RequestSpec(_next++, 0, 4, tokens, TokenContent.Unique((ulong)number, 4 + tokens)), connection.Outgoing);
            await connection.SendAsync(patience.Token);
            if (fate == Fate.Slow) await Task.Delay(plan.Pause, patience.Token);
            await connection.ReceiveAsync(OnTokens, patience.Token);
            return Answered(connection, tokens, received);
        }
        catch (Exception cut) when (cut is IOException or SocketException or ObjectDisposedException && received >= cutAt && fate is Fate.HangsUp or Fate.HalfCloses)
        {
            tally.Disconnected();
            Drop();
            return true;
        }
        catch (Exception failure) when (failure is IOException or SocketException or ObjectDisposedException or InvalidDataException or OperationCanceledException)
        {
            var why = failure is OperationCanceledException && !cancellation.IsCancellationRequested ? $"hung for {plan.Patience.TotalSeconds:0} s" : failure.Message;
            tally.Failed($"client {number}: after {received} of {tokens} tokens: {why}");
            Drop();
            return false;
        }
        finally
        {
            if (received > 0) tally.Closed();
        }

        void OnTokens(int fresh)
        {
            if (received == 0) tally.Opened();
            var before = received;
            received += fresh;
            tally.Tokens(fresh);
            if (before >= cutAt || received < cutAt) return;
            if (fate == Fate.HangsUp) connection!.HangUp();
            else if (fate == Fate.HalfCloses) connection!.HalfClose();
        }
    }

    /// <summary>The answer came to its end, whatever the client had in mind.</summary>
    private bool Answered(LoadConnection connection, int tokens, int received)
    {
        var (parser, inspector) = (connection.Parser, connection.Inspector);
        var isRefused = parser.Status is 429 or 503;
        if (isRefused) tally.Refused();
        else if (parser.Status == 200 && inspector is { HasFinished: true, IsDone: true, Error: null } && inspector.CompletionTokens == tokens) tally.Completed();
        else tally.Failed($"client {number}: HTTP {parser.Status}, {inspector.CompletionTokens ?? received} of {tokens} tokens. {inspector.Error}");
        if (!parser.KeepsAlive || !connection.IsOpen) Drop();
        return !isRefused;
    }

    private Fate Draw()
    {
        var draw = _random.NextDouble();
        if ((draw -= plan.HangUpShare) < 0) return Fate.HangsUp;
        if ((draw -= plan.HalfCloseShare) < 0) return Fate.HalfCloses;
        return draw - plan.SlowShare < 0 ? Fate.Slow : Fate.ReadsOn;
    }

    private void Drop()
    {
        _connection?.Dispose();
        _connection = null;
    }
}
