namespace Cluster.Engine.Hardware;

/// <summary>
/// How one instance spreads over GPUs. Attention runs tensor-parallel over <see cref="Tp"/> ranks, replicated
/// <see cref="Dp"/> times over different sequences; experts run over the same Tp·Dp ranks as MoeTp·MoeEp.
/// </summary>
/// <param name="Tp">Tensor-parallel ranks of attention and dense layers.</param>
/// <param name="Pp">Pipeline stages.</param>
/// <param name="Dp">Data-parallel attention replicas inside the instance.</param>
/// <param name="Ep">Expert-parallel ranks; divides Tp·Dp. The experts' own tensor parallelism is Tp·Dp ÷ Ep.</param>
public sealed record Parallelism(int Tp = 1, int Pp = 1, int Dp = 1, int Ep = 1)
{
    /// <summary>GPUs of one instance.</summary>
    public int Gpus => Tp * Dp * Pp;

    /// <summary>For people: <c>tp 4</c>, <c>tp 8 pp 2 ep 8</c>; degrees of 1 go unsaid, save tp.</summary>
    public string Text => $"tp {Tp}{Part("pp", Pp)}{Part("dp", Dp)}{Part("ep", Ep)}";

    /// <summary>Tensor-parallel ranks of one expert.</summary>
    public int MoeTp => Tp * Dp / Ep;

    private static string Part(string name, int degree) => degree == 1 ? "" : $" {name} {degree}";
}
