namespace Cluster.Engine.Autoscaling;

/// <summary>What a planner saw since it last looked.</summary>
internal sealed class LoadWindow
{
    public long Arrived { get; private set; }

    public long Ended { get; private set; }

    public Objective Ttft { get; } = new();

    public Objective Tpot { get; } = new();

    private long UncachedInput { get; set; }

    private long Input { get; set; }

    private long Output { get; set; }

    /// <summary>Prompt tokens to compute per request.</summary>
    public double MeanUncachedInput => Ended == 0 ? 0 : UncachedInput / (double)Ended;

    public double MeanInput => Ended == 0 ? 0 : Input / (double)Ended;

    public double MeanOutput => Ended == 0 ? 0 : Output / (double)Ended;

    public void Arrive() => Arrived++;

    public void End(int input, int cached, int output)
    {
        Ended++;
        UncachedInput += input - cached;
        Input += input;
        Output += output;
    }

    public void Clear()
    {
        Arrived = Ended = UncachedInput = Input = Output = 0;
        Ttft.Clear();
        Tpot.Clear();
    }

    /// <summary>How requests did on one objective.</summary>
    internal sealed class Objective
    {
        public long Count { get; private set; }

        public long Missed { get; private set; }

        public double Worst { get; private set; }

        public double MissShare => Count == 0 ? 0 : Missed / (double)Count;

        public void Add(double ns, long? objectiveNs)
        {
            Count++;
            if (ns > objectiveNs) Missed++;
            Worst = Math.Max(Worst, ns);
        }

        public void Clear() => (Count, Missed, Worst) = (0, 0, 0);
    }
}
