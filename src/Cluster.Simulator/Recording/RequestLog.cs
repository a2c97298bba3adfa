using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Cluster.Engine.Requests;
using Cluster.Engine.Routing;

namespace Cluster.Simulator.Recording;

/// <summary>
/// Ended requests in the order of their ends, packed: a fifth of what the records would take, so that a day of a million
/// requests fits beside the run itself. Numbers are written seven bits to a byte, times relative to the request's own end.
/// </summary>
[SuppressMessage("Naming", "CA1710:Identifiers should have correct suffix", Justification = "A log is what it is.")]
public sealed class RequestLog : IReadOnlyList<RequestRecord>
{
    private const int ChunkSize = 512;
    private readonly List<byte[]> _chunks = [];
    private readonly RequestRecord[] _open = new RequestRecord[ChunkSize];
    private readonly PackedNumbers _packer = new();
    private int _opened;

    public int Count => (_chunks.Count * ChunkSize) + _opened;

    /// <summary>One record; unpacks its neighbours too, so to see all of them, enumerate.</summary>
    public RequestRecord this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count);
            if (index / ChunkSize == _chunks.Count) return _open[index % ChunkSize];
            var records = new RequestRecord[ChunkSize];
            Unpack(_chunks[index / ChunkSize], records);
            return records[index % ChunkSize];
        }
    }

    public void Add(in RequestRecord record)
    {
        _open[_opened++] = record;
        if (_opened < ChunkSize) return;
        foreach (ref var each in _open.AsSpan()) Pack(in each);
        _chunks.Add(_packer.Take());
        _opened = 0;
    }

    public IEnumerator<RequestRecord> GetEnumerator()
    {
        var records = new RequestRecord[ChunkSize];
        foreach (var chunk in _chunks)
        {
            Unpack(chunk, records);
            foreach (var record in records) yield return record;
        }

        for (var i = 0; i < _opened; i++) yield return _open[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void Pack(in RequestRecord record)
    {
        _packer.Write(record.Id);
        _packer.Write((long)record.Outcome);
        _packer.Write(record.FinishedNs);
        _packer.Write(record.FinishedNs - record.ArrivedNs);
        _packer.Write(record.InputTokens);
        _packer.Write(record.OutputTokens);
        _packer.Write(record.CachedTokens);
        _packer.Write(record.TtftNs);
        for (var hop = 0; hop < TtftHops.Names.Count; hop++) _packer.Write(record.Hops[hop]);
        _packer.Write(record.PrefillInstance);
        _packer.Write(record.DecodeInstance);
        _packer.Write((long)record.Rejection);
        _packer.Write(record.Reroutes);
    }

    private static void Unpack(byte[] chunk, RequestRecord[] into)
    {
        var at = 0;
        for (var i = 0; i < into.Length; i++)
        {
            var (id, outcome, finishedNs, e2eNs) = (Next(), (RequestOutcome)Next(), Next(), Next());
            into[i] = new RequestRecord(
                id, outcome, finishedNs - e2eNs, finishedNs, (int)Next(), (int)Next(), (int)Next(), Next(),
                new TtftHops(Next(), Next(), Next(), Next(), Next(), Next(), Next()), (int)Next(), (int)Next())
            {
                Rejection = (RejectionReason)Next(),
                Reroutes = (int)Next(),
            };
        }

        long Next() => PackedNumbers.Read(chunk, ref at);
    }
}
