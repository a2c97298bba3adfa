namespace Cluster.Load.Client.Wires;

/// <summary>Takes what comes over a wire.</summary>
internal interface IReceiver
{
    /// <param name="nowTicks">Stopwatch ticks at which the bytes had been read.</param>
    /// <returns>True when it has all it waited for.</returns>
    /// <exception cref="InvalidDataException">The bytes make no sense; whoever waits gets to see it.</exception>
    bool Received(ReadOnlySpan<byte> bytes, long nowTicks);
}

/// <summary>Bytes to and from an endpoint. One sender and one receiver at a time; disposal, from any thread, fails both.</summary>
internal interface IWire : IDisposable
{
    ValueTask ConnectAsync(CancellationToken cancellationToken);

    ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Hands on what comes until <paramref name="receiver"/> has enough.</summary>
    /// <returns>False when the other end closed first.</returns>
    /// <exception cref="IOException">The connection broke, or was closed here.</exception>
    ValueTask<bool> ReceiveAsync(IReceiver receiver, CancellationToken cancellationToken);

    /// <summary>Closes this side's half; what comes can still be received.</summary>
    void EndSending();
}
