using System.Diagnostics;
using Cluster.Gateway.Backend;
using Cluster.ServiceDefaults.Tracing;

namespace Cluster.Gateway.Requests;

/// <summary>
/// The span of a request with several choices: each choice has its own beneath it, with the hops that it passed. The span of
/// a lone choice is the request's, and this does nothing.
/// </summary>
internal sealed class ChoicesTrace : IDisposable
{
    private readonly PlannedRequest _plan;
    private readonly Activity? _span;
    private bool _isComplete;

    public ChoicesTrace(PlannedRequest plan, RequestContext context)
    {
        _plan = plan;
        if (plan.Choices.Length < 2 || plan.Choices[0].Request.Trace is not { } trace) return;
        _span = RequestTracing.StartChoices(
            trace.Operation, plan.Model.Name, context.RequestId, plan.Choices.Length, trace.MaxTokens, trace.TraceParent, trace.TraceState, context.ReceivedAtTicks);
    }

    /// <summary>The choice's request, with its place in the trace.</summary>
    public InferenceRequest Of(PlannedChoice choice)
    {
        if (_span is null || choice.Request.Trace is not { } trace) return choice.Request;
        return choice.Request with { Trace = trace with { TraceParent = _span.Id, TraceState = _span.TraceStateString, Choice = choice.Index } };
    }

    /// <summary>The answer has been given in full.</summary>
    public void Complete() => _isComplete = true;

    public void Dispose()
    {
        if (_span is null) return;
        var reasons = _isComplete ? Array.ConvertAll(_plan.Choices, c => c.FinishWord(c.Request.EndsWith)) : null;
        RequestTracing.FinishChoices(_span, _plan.PromptTokens, _plan.Choices.Sum(c => c.Request.Spec.OutputTokens), reasons);
    }
}
