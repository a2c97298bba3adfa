using System.Security.Cryptography.X509Certificates;

namespace Cluster.Load;

/// <summary>Which endpoint is driven.</summary>
public enum LoadApi
{
    /// <summary><c>/v1/completions</c></summary>
    Completions,
    /// <summary><c>/v1/chat/completions</c></summary>
    Chat,
}

/// <summary>How prompts are written.</summary>
public enum PromptForm
{
    /// <summary>Token ids derived from the content: exact in length and in what is shared. Completions only.</summary>
    TokenIds,
    /// <summary>Words that are one token each in cl100k, o200k and their descendants.</summary>
    Text,
}

/// <summary>How load is put on an endpoint.</summary>
public sealed record LoadOptions
{
    /// <summary>Emulated seconds per wall second: arrivals come at <c>ArrivalNs ÷ scale</c>, and measured times are multiplied by it.</summary>
    public double TimeScale { get; init; } = 1;

    /// <summary>Sent as <c>model</c>; null: the request's own, or none.</summary>
    public string? Model { get; init; }

    public LoadApi Api { get; init; } = LoadApi.Completions;

    public PromptForm Prompts { get; init; } = PromptForm.TokenIds;

    /// <summary>Sent as bearer token.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Certificates that an https endpoint's must lead up to; null: those that this system trusts.</summary>
    public X509Certificate2Collection? TrustedRoots { get; init; }

    /// <summary>An https endpoint must show exactly this one, whatever name it bears and whoever issued it; null: names and issuers count.</summary>
    public X509Certificate2? PinnedCertificate { get; init; }

    /// <summary>Sends <c>ignore_eos</c>, so that answers have their planned length; endpoints that refuse unknown fields need false.</summary>
    public bool IgnoreEos { get; init; } = true;

    /// <summary>Tells an xpyd gateway the content of the answer too, so that later turns which quote it find it in cache.</summary>
    public bool SendOutputContent { get; init; }

    /// <summary>Asks an xpyd gateway for the parts of each TTFT.</summary>
    public bool AskForHops { get; init; }

    /// <summary>Answers are streamed; without, TTFT and ITL cannot be measured.</summary>
    public bool Stream { get; init; } = true;

    /// <summary>A request that takes longer, wall time, is given up.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Connections at most; an open loop that needs more waits for one, and the wait counts as latency.</summary>
    public int MaxConnections { get; init; } = 20_000;

    /// <summary>Requests at the start that are left out of the result.</summary>
    public int WarmupRequests { get; init; }

    /// <summary>Keep each token's time in its record; 8 bytes a token.</summary>
    public bool KeepTokenTimes { get; init; }

    /// <summary>Per connection.</summary>
    public int ReceiveBufferBytes { get; init; } = 16 * 1024;

    /// <summary>Further body fields as JSON without braces, e.g. <c>"temperature":0</c>.</summary>
    public string? ExtraBody { get; init; }

    /// <exception cref="ArgumentException">With all that is wrong.</exception>
    public void ThrowIfUnsound()
    {
        var problems = new List<string>();
        if (!(TimeScale > 0) || !double.IsFinite(TimeScale)) problems.Add($"time_scale: {TimeScale} must be a positive number.");
        if (Prompts == PromptForm.TokenIds && Api == LoadApi.Chat) problems.Add("prompts: token ids go with the completions API; use text for chat.");
        if (MaxConnections < 1) problems.Add($"max_connections: {MaxConnections} is too small; at least 1.");
        if (RequestTimeout <= TimeSpan.Zero) problems.Add($"request_timeout: {RequestTimeout} must be positive.");
        if (ReceiveBufferBytes < 512) problems.Add($"receive_buffer_bytes: {ReceiveBufferBytes} is too small; at least 512.");
        if (WarmupRequests < 0) problems.Add($"warmup_requests: {WarmupRequests} must not be negative.");
        if (problems.Count > 0) throw new ArgumentException(string.Join('\n', problems));
    }
}
