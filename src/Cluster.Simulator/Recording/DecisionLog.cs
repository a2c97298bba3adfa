using System.Text.Json;
using Cluster.Engine;
using Cluster.Engine.Requests;
using Cluster.Engine.Routing;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;

namespace Cluster.Simulator.Recording;

/// <summary>
/// Every routing decision as a line of JSON, in order: what each candidate would have cost by the policy, what the router believed to
/// lose, and what it did lose by an oracle that knows the true state of every instance. The same seed writes the same bytes.
/// </summary>
/// <param name="output">Written to as decisions are made; the caller's to close.</param>
public sealed class DecisionLog(ClusterSpec cluster, TextWriter output) : ISimulationObserver
{
    public bool WantsEveryStep => false;

    public bool LogsDecisions => true;

    public void StepBegan(int index, Instance instance, in Step step)
    {
    }

    public void Placed(RequestSpec request, RoutingDecision decision)
    {
        ArgumentNullException.ThrowIfNull(decision);
        Write(json =>
        {
            json.WriteNumber("request", decision.RequestId);
            json.WriteNumber("at_ns", decision.AtNs);
            json.WriteString("variant", cluster.Name);
            json.WriteString("prefill", NameOf(decision.PrefillInstance));
            json.WriteString("decode", NameOf(decision.DecodeInstance));
            json.WriteNumber("overlap_blocks", decision.OverlapBlocks);
            if (decision.CopySource >= 0) json.WriteString("copies_from", NameOf(decision.CopySource));
            if (decision.RegretNs != Time.Unset) json.WriteNumber("believed_regret_ns", decision.RegretNs);
            if (decision.Oracle is { } oracle)
            {
                json.WriteNumber("regret_ns", oracle.RegretNs);
                json.WriteString("oracle_prefill", NameOf(oracle.PrefillInstance));
                json.WriteString("oracle_decode", NameOf(oracle.DecodeInstance));
            }

            Costs(json, "prefill_costs", decision.PrefillCosts);
            Costs(json, "decode_costs", decision.DecodeCosts);
        });
    }

    public void Ended(in RequestRecord record)
    {
        if (record.Rejection == RejectionReason.None) return;
        var (id, at, reason) = (record.Id, record.FinishedNs, record.Rejection);
        Write(json =>
        {
            json.WriteNumber("request", id);
            json.WriteNumber("at_ns", at);
            json.WriteString("variant", cluster.Name);
            json.WriteString("rejected", JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString()));
        });
    }

    private void Costs(Utf8JsonWriter json, string name, IReadOnlyList<CandidateCost> costs)
    {
        if (costs.Count == 0) return;
        json.WriteStartArray(name);
        foreach (var cost in costs)
        {
            json.WriteStartObject();
            json.WriteString("instance", NameOf(cost.Instance));
            json.WriteNumber("cost", cost.Cost);
            json.WriteNumber("overlap_blocks", cost.OverlapBlocks);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private string NameOf(int instance) => cluster.Instances[instance].Name;

    private void Write(Action<Utf8JsonWriter> fields)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }

        output.Write(System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
        output.Write('\n');
    }
}
