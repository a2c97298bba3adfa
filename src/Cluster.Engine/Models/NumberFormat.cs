namespace Cluster.Engine.Models;

/// <summary>How a number is stored. Block formats carry scales beside their elements.</summary>
public enum NumberFormat
{
    Fp32,
    Fp16,
    Bf16,
    /// <summary>8-bit float, E4M3 (the usual weight and KV format).</summary>
    Fp8,
    /// <summary>8-bit float, E5M2: more range, less precision.</summary>
    Fp8E5M2,
    /// <summary>E4M3 with one 32-bit scale per 128×128 weight block and per 128 activations (DeepSeek-V3).</summary>
    Fp8Block,
    Int8,
    /// <summary>4-bit weight-only integers with one 16-bit scale per group (AWQ, GPTQ).</summary>
    Int4,
    /// <summary>OCP microscaling fp8: one 8-bit scale per 32 elements.</summary>
    Mxfp8,
    /// <summary>OCP microscaling fp4: one 8-bit scale per 32 elements.</summary>
    Mxfp4,
    /// <summary>NVIDIA fp4: one fp8 scale per 16 elements.</summary>
    Nvfp4,
}
