using System.Text.Json.Nodes;
using Cluster.Engine.Faults;
using Cluster.Engine.Hardware;
using Cluster.Grains;
using Cluster.Grains.Messages;

namespace Cluster.Gateway.Live;

/// <summary>Answers of the admin API, snake_case.</summary>
internal static class AdminJson
{
    public static JsonNode Topology(TopologySnapshot snapshot, ClusterContext context) => new JsonObject
    {
        ["cluster"] = snapshot.Cluster,
        ["emulated_seconds"] = context.Clock.NowNs / 1e9,
        ["time_scale"] = context.Clock.Scale,
        ["router"] = Router(snapshot.Policy),
        ["instances"] = new JsonArray([.. snapshot.Members.Zip(snapshot.Instances, (member, now) => Instance(member, now, context.RanksOf(member)))]),
        ["links"] = context.Cluster.Link is not { } link ? new JsonArray() : new JsonArray(new JsonObject
        {
            ["name"] = link.Name,
            ["active_transfers"] = snapshot.Links.ActiveTransfers,
            ["bytes_moved"] = snapshot.Links.BytesMoved,
        }),
    };

    /// <summary>What an order named, and the members that it is about.</summary>
    public static JsonNode Members(string what, string name, IEnumerable<MemberMessage> members) => new JsonObject
    {
        [what] = name,
        ["members"] = new JsonArray([.. members.Select(m => new JsonObject { ["name"] = m.Name, ["state"] = m.State, ["leaves"] = m.Leaves })]),
    };

    public static JsonNode Decisions(DecisionMessage[] decisions) => new JsonObject
    {
        ["decisions"] = new JsonArray([.. decisions.Select(Decision)]),
    };

    /// <summary>What is in force, and what could be injected.</summary>
    public static JsonNode Faults(FaultMessage[] inForce) => new JsonObject
    {
        ["faults"] = new JsonArray([.. inForce.Select(Fault)]),
        ["kinds"] = new JsonArray([.. FaultKinds.All.Select(k => new JsonObject
        {
            ["kind"] = k.Name,
            ["target"] = k.HasTarget,
            ["lasts"] = k.Lasts,
            ["factor"] = k.Factor is { } f ? new JsonObject { ["default"] = f.Default, ["min"] = f.Min, ["max"] = f.Max, ["meaning"] = f.Meaning } : null,
            ["meaning"] = k.Meaning,
        })]),
    };

    public static JsonNode Fault(FaultMessage fault) => new JsonObject
    {
        ["id"] = fault.Id,
        ["kind"] = fault.Kind,
        ["target"] = fault.Target,
        ["instances"] = new JsonArray([.. fault.Instances.Select(name => JsonValue.Create(name))]),
        ["factor"] = fault.Factor,
        ["rank"] = fault.Kind == "slow" ? fault.Rank : null,
        ["at_seconds"] = fault.AtNs / 1e9,
        ["duration_seconds"] = fault.ForNs / 1e9,
    };

    private static JsonNode Decision(DecisionMessage d) => new JsonObject
    {
        // A placement's id has bits that no JSON number keeps; clients know the request's.
        ["request_id"] = Flight.StreamOf(d.RequestId),
        ["placement"] = Flight.PlacementOf(d.RequestId),
        ["at_seconds"] = d.AtNs / 1e9,
        ["policy"] = d.Policy,
        ["decision"] = d.Kind,
        ["prefill"] = d.Prefill,
        ["decode"] = d.Decode,
        ["prompt_tokens"] = d.PromptTokens,
        ["believed_regret_seconds"] = d.BelievedRegretNs < 0 ? null : d.BelievedRegretNs / 1e9,
        ["regret_seconds"] = d.RegretNs < 0 ? null : d.RegretNs / 1e9,
        ["better"] = d.Better,
        ["candidates"] = new JsonArray([.. d.Candidates.Select(c => new JsonObject
        {
            ["instance"] = c.Instance,
            ["role"] = c.Role,
            ["cost"] = double.IsFinite(c.Cost) ? c.Cost : null,
            ["matched_tokens"] = c.MatchedTokens,
            ["chosen"] = c.Chosen,
        })]),
    };

    private static JsonObject Router(PolicyMessage? policy) => new()
    {
        ["policy"] = policy?.Policy,
        ["dials"] = new JsonObject(policy?.ToDials().Select(d => KeyValuePair.Create(d.Key, (JsonNode?)d.Value)) ?? []),
    };

    /// <summary>An instance and the ranks that it runs on, or will.</summary>
    public static JsonNode Resized(MemberMessage member, Parallelism ranks) => new JsonObject
    {
        ["instance"] = member.Name,
        ["state"] = member.State,
        ["parallelism"] = Ranks(ranks),
        ["becomes"] = member.Becomes is { } wanted ? Ranks(wanted.ToParallelism()) : null,
    };

    private static JsonObject Ranks(Parallelism ranks) => new() { ["tp"] = ranks.Tp, ["pp"] = ranks.Pp, ["dp"] = ranks.Dp, ["ep"] = ranks.Ep };

    private static JsonObject Instance(MemberMessage member, InstanceSnapshot now, Parallelism ranks) => new JsonObject
    {
        ["name"] = member.Name,
        ["pool"] = member.Pool,
        ["role"] = member.Role,
        ["state"] = member.State,
        ["leaves"] = member.Leaves,
        ["parallelism"] = Ranks(ranks),
        ["becomes"] = member.Becomes is { } wanted ? Ranks(wanted.ToParallelism()) : null,
        ["kv_blocks"] = now.TotalBlocks,
        ["running"] = now.Running,
        ["waiting"] = now.Waiting,
        ["kv_usage"] = now.KvUsage,
        ["steps"] = now.Steps,
        ["preemptions"] = now.Preemptions,
        ["prompt_tokens"] = now.PromptTokens,
        ["generation_tokens"] = now.GenerationTokens,
        ["lateness_ms"] = new JsonObject { ["p50"] = now.LatenessNs[0] / 1e6, ["p99"] = now.LatenessNs[1] / 1e6, ["max"] = now.LatenessNs[2] / 1e6 },
        ["saturated_steps"] = now.SaturatedSteps,
        ["slowdown"] = now.Slowdown,
        ["slowest_steps_by_rank_group"] = new JsonArray([.. now.SlowestSteps.Select(n => JsonValue.Create(n))]),
        ["fell_back"] = now.FellBack,
        ["kv_expired"] = now.KvExpired,
    };
}
