using System.Diagnostics;
using Cluster.Engine.Requests;
using Cluster.Engine.Units;
using Cluster.Gateway.Admin;
using Cluster.Gateway.Backend;

namespace Cluster.Gateway.Live;

/// <summary>How a soak is run.</summary>
/// <param name="Faults">Faults, scalings and resizings to inject.</param>
/// <param name="Seed">Draws faults, targets, requests and clients that leave.</param>
public sealed record SoakOptions(int Faults, ulong Seed)
{
    /// <summary>Requests under way at a time.</summary>
    public int Clients { get; init; } = 16;

    /// <summary>Mean emulated time between faults.</summary>
    public long MeanGapNs { get; init; } = 300 * Time.Millisecond;

    /// <summary>Wall time after which a cluster that has not come to rest counts as stuck.</summary>
    public TimeSpan RestTimeout { get; init; } = TimeSpan.FromSeconds(20);
}

/// <summary>What a soak saw.</summary>
/// <param name="Violations">Laws that did not hold: something lost, doubled or leaked. Empty is what is hoped for.</param>
public sealed record SoakResult(int Faults, int Requests, int Completed, int Failed, int Aborted, int Rejected, long Tokens, IReadOnlyList<string> Violations);

/// <summary>
/// Serves requests while random things break, and holds the cluster to its laws: each accepted request ends exactly once,
/// with all its tokens or a reason; and when all is quiet, no instance, link or router holds anything any more.
/// </summary>
public sealed class FaultSoak(LiveCluster cluster, SoakOptions options)
{
    private readonly List<string> _violations = [];
    private readonly Lock _gate = new();
    private int _nextId;
    private int _completed;
    private int _failed;
    private int _aborted;
    private int _rejected;
    private long _tokens;
    private volatile bool _stopping;

    public async Task<SoakResult> RunAsync(CancellationToken cancellation = default)
    {
        var clients = Enumerable.Range(0, options.Clients).Select(i => Task.Run(() => ServeAsync(new RandomStream(options.Seed, $"client-{i}")), cancellation)).ToList();
        var injected = await BreakThingsAsync(new RandomStream(options.Seed, "soak"), cancellation);
        _stopping = true;
        await MendAsync();
        var all = Task.WhenAll(clients);
        if (await Task.WhenAny(all, Task.Delay(options.RestTimeout, cancellation)) != all) Violate($"{clients.Count(c => !c.IsCompleted)} clients still wait for an end.");
        else await all;
        await ComeToRestAsync();
        return new SoakResult(injected, _nextId, _completed, _failed, _aborted, _rejected, _tokens, _violations);
    }

    private async Task<int> BreakThingsAsync(RandomStream random, CancellationToken cancellation)
    {
        var injected = 0;
        for (var tries = 0; injected < options.Faults && tries < 20 * options.Faults; tries++)
        {
            cancellation.ThrowIfCancellationRequested();
            await cluster.DelayAsync((long)random.NextExponential(options.MeanGapNs));
            if (await TryBreakAsync(random)) injected++;
        }

        return injected;
    }

    private async Task<bool> TryBreakAsync(RandomStream random)
    {
        try
        {
            var members = (await cluster.GetSnapshotAsync()).Members;
            var target = members[random.NextInt(members.Length)];
            var seconds = 0.01 + random.NextExponential(1);
            _ = random.NextInt(12) switch
            {
                0 or 1 or 2 => await cluster.Admin.InjectFaultAsync(new FaultOrder("crash", target.Name, null, seconds), default),
                3 => await cluster.Admin.InjectFaultAsync(new FaultOrder("slow", target.Name, 1 + 4 * random.NextDouble(), seconds), default),
                4 => await cluster.Admin.InjectFaultAsync(new FaultOrder("link", target.Name, random.NextInt(2) * random.NextDouble(), seconds), default),
                5 => await cluster.Admin.InjectFaultAsync(new FaultOrder("expire_kv", target.Name), default),
                6 => await cluster.Admin.InjectFaultAsync(new FaultOrder("router_restart"), default),
                7 => await cluster.Admin.InjectFaultAsync(new FaultOrder("disconnect", null, 0.3), default),
                10 => await cluster.Admin.InjectFaultAsync(new FaultOrder("slow_client", null, 50 + (500 * random.NextDouble()), seconds), default),
                8 => await cluster.Admin.InjectFaultAsync(new FaultOrder("drain", target.Name, null, seconds), default),
                9 => await cluster.Admin.ResizeAsync(new ResizeInstance(target.Name, Tp: 1 << random.NextInt(3)) { Now = random.NextInt(2) == 0 }, default),
                _ => await cluster.Admin.ScaleAsync(target.Pool, 1 + random.NextInt(4), default),
            };
            return true;
        }
        catch (AdminException)
        {
            // Refused, e.g. because it has crashed already: another is drawn.
            return false;
        }
    }

    private async Task MendAsync()
    {
        foreach (var fault in (await cluster.Admin.FaultsAsync(default))["faults"]!.AsArray())
        {
            try
            {
                await cluster.Admin.ClearFaultAsync(fault!["id"]!.GetValue<string>(), default);
            }
            catch (AdminException)
            {
                // It passed by itself meanwhile.
            }
        }
    }

    private async Task ServeAsync(RandomStream random)
    {
        while (!_stopping)
        {
            var id = Interlocked.Increment(ref _nextId);
            var (input, output) = (1 + random.NextInt(400), 1 + random.NextInt(120));
            var spec = new RequestSpec(id, 0, input, output, TokenContent.Unique((ulong)random.NextInt(40) + 1, input + output));
            var stream = await cluster.Backend.SubmitAsync(new InferenceRequest(spec, $"soak-{id}", FinishReason.Length), default);
            var leavesAfter = random.NextInt(10) == 0 ? random.NextInt(output) : int.MaxValue;
            var end = await ReadAsync(stream, spec, leavesAfter);
            // Who was turned away comes back later, as well-behaved clients do.
            await cluster.DelayAsync((long)random.NextExponential(end is StreamEnd.Rejected ? Time.Second : 20 * Time.Millisecond));
        }
    }

    private async Task<StreamEnd> ReadAsync(IInferenceStream stream, RequestSpec spec, int leavesAfter)
    {
        var tokens = 0;
        while (true)
        {
            var delta = await stream.ReadAsync();
            tokens += delta.Count;
            Interlocked.Add(ref _tokens, delta.Count);
            if (tokens > spec.OutputTokens) Violate($"request {spec.Id} got {tokens} tokens of {spec.OutputTokens}");
            if (delta.End is { } end)
            {
                Judge(spec, end, tokens);
                return end;
            }

            if (tokens >= leavesAfter) stream.Cancel();
        }
    }

    private void Judge(RequestSpec spec, StreamEnd end, int tokens)
    {
        switch (end)
        {
            case StreamEnd.Finished:
                Interlocked.Increment(ref _completed);
                if (tokens != spec.OutputTokens) Violate($"request {spec.Id} finished with {tokens} tokens of {spec.OutputTokens}");
                break;
            case StreamEnd.Aborted: Interlocked.Increment(ref _aborted); break;
            case StreamEnd.Rejected: Interlocked.Increment(ref _rejected); break;
            case StreamEnd.Failed failed:
                Interlocked.Increment(ref _failed);
                if (failed.Error.Length == 0) Violate($"request {spec.Id} failed without a word");
                break;
            default: throw new UnreachableException();
        }
    }

    /// <summary>Polls until nothing is held anywhere; what still is when time is up has leaked.</summary>
    private async Task ComeToRestAsync()
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var held = await HeldAsync();
            if (held.Count == 0) return;
            if (Stopwatch.GetElapsedTime(started) > options.RestTimeout)
            {
                held.ForEach(Violate);
                return;
            }

            await cluster.DelayAsync(10 * Time.Millisecond);
        }
    }

    private async Task<List<string>> HeldAsync()
    {
        var snapshot = await cluster.GetSnapshotAsync();
        var held = new List<string>();
        foreach (var i in snapshot.Instances)
            if (i.Requests + i.HeldBlocks + i.Running + i.Waiting > 0) held.Add($"{i.Name} holds {i.Requests} requests and {i.HeldBlocks} of {i.TotalBlocks} blocks");
        if (snapshot.Links.OpenHandOvers + snapshot.Links.ActiveTransfers > 0)
            held.Add($"the links hold {snapshot.Links.OpenHandOvers} hand-overs and {snapshot.Links.ActiveTransfers} transfers");
        if (snapshot.Stores is { Copies: > 0 } stores) held.Add($"the stores hold {stores.Copies} copies");
        foreach (var (name, active) in await cluster.CountRoutedAsync())
            if (active > 0) held.Add($"the router believes {active} requests on {name}");
        if (snapshot.Members.Any(m => m.State is "failed" or "draining" or "starting")) held.Add("an instance is still down");
        return held;
    }

    private void Violate(string what)
    {
        lock (_gate) _violations.Add(what);
    }
}
