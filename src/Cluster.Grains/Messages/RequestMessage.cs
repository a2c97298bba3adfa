using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Cluster.Engine.Requests;

namespace Cluster.Grains.Messages;

/// <summary>A request on its way between grains. Immutable: never copied inside a silo.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.request.v1")]
public sealed record RequestMessage
{
    [Id(0)] public required long Id { get; init; }
    [Id(1)] public required int InputTokens { get; init; }
    [Id(2)] public required int OutputTokens { get; init; }

    /// <summary>Content segments, ids and lengths side by side.</summary>
    [Id(3)] public required ulong[] ContentIds { get; init; }
    [Id(4)] public required int[] ContentLengths { get; init; }
    [Id(5)] public int Priority { get; init; }
    [Id(6)] public ulong SessionId { get; init; }
    [Id(7)] public string? Model { get; init; }

    /// <summary>Stations passed so far.</summary>
    [Id(8)] public required StationsMessage Stations { get; init; }

    /// <summary>When the client got its last token from an instance that was lost since, emulated nanoseconds; −1: none.</summary>
    [Id(9)] public long ContinuesFromNs { get; init; } = -1;

    /// <summary>W3C context of the request's trace, so that each process adds the spans of what it does; null: its trace is not kept.</summary>
    [Id(10), JsonIgnore] public string? Trace { get; init; }

    /// <summary>When the router was asked, so that the way to it costs no emulated time; −1: when it hears of it.</summary>
    [Id(11), JsonIgnore] public long AskedNs { get; init; } = -1;

    public static RequestMessage Of(RequestSpec request, long id, StationsMessage stations)
    {
        ArgumentNullException.ThrowIfNull(request);
        var segments = request.Content.Segments;
        return new RequestMessage
        {
            Id = id,
            InputTokens = request.InputTokens,
            OutputTokens = request.OutputTokens,
            ContentIds = [.. segments.Select(s => s.ContentId)],
            ContentLengths = [.. segments.Select(s => s.Length)],
            Priority = request.Priority,
            SessionId = request.SessionId,
            Model = request.Model,
            Stations = stations,
        };
    }

    public RequestSpec ToSpec()
    {
        var segments = ImmutableArray.CreateBuilder<ContentSegment>(ContentIds.Length);
        for (var i = 0; i < ContentIds.Length; i++) segments.Add(new ContentSegment(ContentIds[i], ContentLengths[i]));
        return new RequestSpec(Id, Stations.ArrivedNs, InputTokens, OutputTokens, new TokenContent(segments.MoveToImmutable()))
        {
            Priority = Priority,
            SessionId = SessionId,
            Model = Model,
        };
    }
}

/// <summary>When a request passed the stations before decode, emulated nanoseconds; −1 where it did not.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.stations.v1")]
public sealed record StationsMessage
{
    [Id(0)] public required long ArrivedNs { get; init; }
    [Id(1)] public required long TokenizedNs { get; init; }
    [Id(2)] public long RoutedNs { get; init; } = -1;
    [Id(3)] public long PrefillStartedNs { get; init; } = -1;
    [Id(4)] public long PrefillEndedNs { get; init; } = -1;

    public static StationsMessage Of(RequestTimeline timeline)
    {
        ArgumentNullException.ThrowIfNull(timeline);
        return new StationsMessage
        {
            ArrivedNs = timeline.ArrivedNs,
            TokenizedNs = timeline.TokenizedNs,
            RoutedNs = timeline.RoutedNs,
            PrefillStartedNs = timeline.PrefillStartedNs,
            PrefillEndedNs = timeline.PrefillEndedNs,
        };
    }

    public RequestTimeline ToTimeline() => new()
    {
        ArrivedNs = ArrivedNs,
        TokenizedNs = TokenizedNs,
        RoutedNs = RoutedNs,
        PrefillStartedNs = PrefillStartedNs,
        PrefillEndedNs = PrefillEndedNs,
    };
}
