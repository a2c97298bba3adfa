namespace Cluster.Engine.Cost;

/// <summary>
/// A step under pipeline parallelism. Stages work on as many micro-batches at a time as there are stages, so that a step lasts as long as its largest takes over all of
/// them. Sequences are dealt evenly; a prompt longer than a micro-batch takes is cut, and its next chunk follows before the one ahead has left the last stage.
/// Source: vLLM's batch queue and <c>_update_after_schedule</c>, SGLang's <c>running_mbs</c>, TensorRT-LLM's micro-batches.
/// </summary>
internal readonly struct MicroBatches
{
    private readonly int _stages;
    private readonly double _prefill;
    private readonly double _decode;

    private MicroBatches(int stages, double prefill, double decode) => (_stages, _prefill, _decode) = (stages, prefill, decode);

    public static MicroBatches Of(in StepShape step, int stages)
    {
        var prefill = EvenShare(step.PrefillSequences, stages);
        if (step.MicroBatchTokens > 0 && step.PrefillTokens > 0)
        {
            var most = Math.Max(1.0 / stages, Math.Max(1, step.MicroBatchTokens - (step.DecodeSequences * (double)step.DecodeTokensPerSequence / stages)) / step.PrefillTokens);
            prefill = Math.Min(prefill, most);
        }

        return new MicroBatches(stages, prefill, EvenShare(step.DecodeSequences, stages));
    }

    /// <summary>Share of all sequences that the fullest of <paramref name="parts"/> gets; 0 without any.</summary>
    public static double EvenShare(int sequences, int parts) => sequences == 0 ? 0 : Math.Ceiling((double)sequences / parts) / sequences;

    /// <summary>Share of the pipeline's places that micro-batches take in this step: of what the largest costs, a rank sees as much of each stage's.</summary>
    public double Occupancy => Math.Min(1, Math.Max(Count(_prefill), Count(_decode)) / _stages);

    /// <summary>How many times as long as full stages the step takes if they were idle before: the last micro-batch with a prompt begins once those ahead of it have left the first stage.</summary>
    public double FillFactor => (_stages + Math.Max(1, Count(_prefill)) - 1) / _stages;

    /// <summary>What the largest micro-batch computes. Where a prompt is cut, it is the mean chunk: those of one step follow one another through each stage.</summary>
    public StepShape Largest(in StepShape step)
    {
        var sequences = EvenShare(step.PrefillSequences, _stages);
        return step.Part(_prefill, _decode) with
        {
            PrefillSequences = (int)Math.Ceiling(step.PrefillSequences * sequences),
            PrefillContextTokens = (long)(step.PrefillContextTokens * sequences),
            SampledSequences = (int)Math.Ceiling(step.SampledSequences * Math.Max(_prefill, _decode)),
            ReceivedTokens = (long)Math.Ceiling(step.ReceivedTokens * _decode),
        };
    }

    private static double Count(double share) => share == 0 ? 0 : Math.Ceiling((1 / share) - 1e-9);
}
