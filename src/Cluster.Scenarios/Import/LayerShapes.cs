using Cluster.Engine.Models;

namespace Cluster.Scenarios.Import;

/// <summary>The parts of one layer, as Hugging Face's configs name them.</summary>
internal static class LayerShapes
{
    public static AttentionShape Attention(HuggingFaceConfig c, int layer)
    {
        var heads = c.Int("num_attention_heads", "n_head");
        return new AttentionShape(heads, c.IntOr(heads, "num_key_value_heads"), c.IntOr(c.Int("hidden_size", "n_embed") / heads, "head_dim", "attention_head_dim"))
        {
            Window = Window(c, layer),
            OutputGate = c.Type is "qwen3_next" or "qwen3_5_moe" || c.FlagOr(false, "attn_output_gate"),
            NormAcrossHeads = c.Type is "minimax_m2",
        };
    }

    public static MlaShape Latent(HuggingFaceConfig c) => new(
        c.Int("num_attention_heads"), c.IntOr(0, "q_lora_rank"), c.Int("kv_lora_rank"), c.Int("qk_nope_head_dim"), c.Int("qk_rope_head_dim"), c.Int("v_head_dim"))
    {
        TopK = c.IntOr(0, "index_topk"),
        IndexerHeads = c.IntOr(0, "index_n_heads"),
        IndexerHeadSize = c.IntOr(0, "index_head_dim"),
    };

    /// <summary>Gated delta net: queries and keys of the key heads, values, output gates, and two gates per value head.</summary>
    public static StateSpaceShape DeltaNet(HuggingFaceConfig c)
    {
        var (keyHeads, valueHeads) = (c.Int("linear_num_key_heads"), c.Int("linear_num_value_heads"));
        var (keySize, valueSize) = (c.Int("linear_key_head_dim"), c.Int("linear_value_head_dim"));
        var (key, value) = (keyHeads * keySize, valueHeads * valueSize);
        return new StateSpaceShape(value, (2 * key) + (2 * value) + (2 * valueHeads), (long)valueHeads * keySize * valueSize, (2 * key) + value, c.Int("linear_conv_kernel_dim"))
        {
            ExtraParameters = (2 * valueHeads) + valueSize,
            StateFormat = StateFormat(c),
        };
    }

    /// <summary>Mamba: x_proj, dt_proj with bias, A, D and the convolution's bias beside the two projections.</summary>
    public static StateSpaceShape Mamba(HuggingFaceConfig c, bool normed)
    {
        var hidden = c.Int("hidden_size", "d_model");
        var inner = c.IntOr(c.IntOr(2, "expand", "mamba_expand") * hidden, "intermediate_size_ssm");
        var state = c.IntOr(16, "state_size", "mamba_d_state");
        var rank = c.IntOr((hidden + 15) / 16, "time_step_rank", "mamba_dt_rank");
        return new StateSpaceShape(inner, 2 * inner, (long)inner * state, inner, c.IntOr(4, "conv_kernel", "mamba_d_conv"))
        {
            ExtraParameters = ((long)inner * (rank + (2 * state))) + ((long)rank * inner) + inner + ((long)inner * state) + inner + inner + (normed ? rank + (2 * state) : 0),
            StateFormat = StateFormat(c),
        };
    }

    /// <summary>Mamba-2: one projection gives gate, values, B and C of each group, and a time step per head.</summary>
    public static StateSpaceShape Mamba2(HuggingFaceConfig c)
    {
        // Where attention stands beside it, the names say whose heads they are.
        var (heads, size) = (c.Int("mamba_num_heads", "num_heads"), c.Int("mamba_head_dim", "head_dim"));
        var (groups, state) = (c.IntOr(1, "n_groups"), c.IntOr(128, "ssm_state_size", "state_size"));
        var inner = heads * size;
        var convolved = inner + (2 * groups * state);
        return new StateSpaceShape(inner, inner + convolved + heads, (long)inner * state, convolved, c.IntOr(4, "conv_kernel"))
        {
            ExtraParameters = (3 * heads) + inner + convolved,
            StateFormat = StateFormat(c),
        };
    }

    /// <summary>What the checkpoint asks its recurrent states to be kept in (Qwen3.5, Nemotron-H); null: nothing.</summary>
    private static NumberFormat? StateFormat(HuggingFaceConfig c)
    {
        var asked = c.Text("mamba_ssm_dtype") ?? c.Text("mamba_ssm_cache_dtype");
        switch (asked)
        {
            case null or "auto": return null;
            case "float32": return NumberFormat.Fp32;
            case "bfloat16": return NumberFormat.Bf16;
            case "float16": return NumberFormat.Fp16;
            default:
                c.Problem($"mamba_ssm_dtype is {asked}; states are kept in float32, bfloat16 or float16.");
                return null;
        }
    }

    /// <summary>The MLP or the experts that follow the mixer in this layer.</summary>
    public static LayerGroup WithFeedForward(LayerGroup layer, HuggingFaceConfig c, int index)
    {
        var experts = c.IntOr(0, "n_routed_experts", "num_local_experts", "num_experts");
        var routed = experts > 1
            && index >= c.IntOr(0, "first_k_dense_replace")
            && (index + 1) % c.IntOr(1, "decoder_sparse_step") == 0
            && (!c.Has("expert_layer_period") || index % c.Int("expert_layer_period") == c.IntOr(0, "expert_layer_offset"))
            && (index + 1) % c.IntOr(1, "interleave_moe_layer_step") == 0
            && !c.ListContains("mlp_only_layers", index);
        // Llama 4 has a width for dense layers of its own, and one shared expert as wide as a routed one.
        if (!routed) return layer with { Mlp = new MlpShape(c.Type == "llama4" ? c.Int("intermediate_size_mlp") : c.Int("intermediate_size", "ffn_dim")) };
        var size = c.IntOr(c.IntOr(0, "intermediate_size"), "moe_intermediate_size");
        if (size < 1) c.Problem("moe_intermediate_size or intermediate_size is missing; experts have a width.");
        return layer with
        {
            Moe = new MoeShape(experts, c.Int("num_experts_per_tok", "num_experts_per_token", "moe_k"), size)
            {
                // vLLM's implementations hold these gates in 32 bits and widen their input.
                RouterFormat = c.Type is "minimax_m2" or "glm4_moe" ? NumberFormat.Fp32 : NumberFormat.Bf16,
                SharedSize = c.Type == "llama4" ? size : c.IntOr(c.IntOr(0, "n_shared_experts") * size, "shared_expert_intermediate_size"),
            },
        };
    }

    private static int Window(HuggingFaceConfig c, int layer)
    {
        // Llama 4 attends within chunks, three layers of four: at most a chunk back.
        if (c.Type == "llama4") return (layer + 1) % c.IntOr(4, "no_rope_layer_interval") == 0 ? 0 : c.IntOr(8192, "attention_chunk_size");
        var window = c.IntOr(0, "sliding_window");
        if (window == 0 || !c.FlagOr(c.Type is not ("qwen2" or "qwen3" or "qwen2_moe" or "qwen3_moe"), "use_sliding_window")) return 0;
        if (c.Word("layer_types", layer) is { } type) return type == "sliding_attention" ? window : 0;
        var full = c.Type switch
        {
            "gpt_oss" or "gemma2" => layer % 2 == 1,
            "gemma3" => (layer + 1) % c.IntOr(6, "sliding_window_pattern") == 0,
            _ => false,
        };
        return full ? 0 : window;
    }
}
