using System.Diagnostics;
using Cluster.Engine.Routing;
using Cluster.Engine.Units;

namespace Cluster.Grains;

/// <summary>What a routing decision says of itself in its request's trace.</summary>
internal static class RouterSpan
{
    /// <param name="word">Kind of the decision, as the log has it.</param>
    public static void Describe(Activity? span, Router router, RoutingDecision? decision, string word)
    {
        if (span is null) return;
        span.SetTag("xpyd.router.policy", router.Spec.Policy);
        span.SetTag("xpyd.router.decision", word);
        if (decision is null)
        {
            span.SetStatus(ActivityStatusCode.Error, router.Rejection.ToString());
            return;
        }

        span.SetTag("xpyd.router.prefill", router.Instances[decision.PrefillInstance].Name);
        span.SetTag("xpyd.router.decode", router.Instances[decision.DecodeInstance].Name);
        span.SetTag("xpyd.router.candidates", decision.PrefillCosts.Length);
        span.SetTag("xpyd.router.matched_tokens", decision.OverlapBlocks * router.Instances[decision.PrefillInstance].Kv.BlockSize);
        if (decision.RegretNs >= 0) span.SetTag("xpyd.router.regret_seconds", Time.ToSeconds(decision.RegretNs));
    }
}
