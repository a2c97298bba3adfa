using System.Text.Json.Nodes;
using Cluster.Engine.Models;
using Cluster.Scenarios.Import;

namespace Cluster.Scenarios.Tests;

public class HuggingFaceImportTests
{
    [Theory]
    [InlineData("llama-3.1-70b", """{"model_type": "llama", "hidden_size": 8192, "intermediate_size": 28672, "max_position_embeddings": 131072, "num_attention_heads": 64, "num_hidden_layers": 80, "num_key_value_heads": 8, "tie_word_embeddings": false, "vocab_size": 128256}""")]
    [InlineData("mistral-7b", """{"model_type": "mistral", "hidden_size": 4096, "intermediate_size": 14336, "max_position_embeddings": 32768, "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8, "sliding_window": 4096, "vocab_size": 32000}""")]
    [InlineData("mixtral-8x7b", """{"model_type": "mixtral", "hidden_size": 4096, "intermediate_size": 14336, "max_position_embeddings": 32768, "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8, "num_local_experts": 8, "num_experts_per_tok": 2, "sliding_window": null, "vocab_size": 32000}""")]
    [InlineData("qwen3-8b", """{"model_type": "qwen3", "hidden_size": 4096, "intermediate_size": 12288, "max_position_embeddings": 40960, "num_attention_heads": 32, "head_dim": 128, "num_hidden_layers": 36, "num_key_value_heads": 8, "sliding_window": null, "use_sliding_window": false, "tie_word_embeddings": false, "vocab_size": 151936}""")]
    [InlineData("qwen3-235b-a22b", """{"model_type": "qwen3_moe", "decoder_sparse_step": 1, "hidden_size": 4096, "intermediate_size": 12288, "moe_intermediate_size": 1536, "mlp_only_layers": [], "max_position_embeddings": 40960, "num_attention_heads": 64, "head_dim": 128, "num_hidden_layers": 94, "num_key_value_heads": 4, "num_experts": 128, "num_experts_per_tok": 8, "tie_word_embeddings": false, "vocab_size": 151936}""")]
    [InlineData("deepseek-v3", """{"model_type": "deepseek_v3", "hidden_size": 7168, "intermediate_size": 18432, "moe_intermediate_size": 2048, "num_hidden_layers": 61, "num_nextn_predict_layers": 1, "num_attention_heads": 128, "num_key_value_heads": 128, "q_lora_rank": 1536, "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "n_routed_experts": 256, "n_shared_experts": 1, "num_experts_per_tok": 8, "first_k_dense_replace": 3, "moe_layer_freq": 1, "max_position_embeddings": 163840, "tie_word_embeddings": false, "vocab_size": 129280}""")]
    [InlineData("gpt-oss-120b", """{"model_type": "gpt_oss", "head_dim": 64, "hidden_size": 2880, "intermediate_size": 2880, "max_position_embeddings": 131072, "num_attention_heads": 64, "num_key_value_heads": 8, "num_hidden_layers": 36, "num_local_experts": 128, "num_experts_per_tok": 4, "sliding_window": 128, "quantization_config": {"quant_method": "mxfp4"}, "tie_word_embeddings": false, "vocab_size": 201088}""")]
    [InlineData("minimax-m2", """{"model_type": "minimax_m2", "vocab_size": 200064, "hidden_size": 3072, "intermediate_size": 1536, "num_hidden_layers": 62, "num_attention_heads": 48, "num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 204800, "num_local_experts": 256, "num_experts_per_tok": 8, "num_mtp_modules": 3, "shared_intermediate_size": 0, "tie_word_embeddings": false}""")]
    [InlineData("qwen3-next-80b-a3b", """{"model_type": "qwen3_next", "decoder_sparse_step": 1, "full_attention_interval": 4, "head_dim": 256, "hidden_size": 2048, "intermediate_size": 5120, "linear_conv_kernel_dim": 4, "linear_key_head_dim": 128, "linear_num_key_heads": 16, "linear_num_value_heads": 32, "linear_value_head_dim": 128, "max_position_embeddings": 262144, "mlp_only_layers": [], "moe_intermediate_size": 512, "num_attention_heads": 16, "num_experts": 512, "num_experts_per_tok": 10, "num_hidden_layers": 48, "num_key_value_heads": 2, "shared_expert_intermediate_size": 512, "tie_word_embeddings": false, "vocab_size": 151936}""")]
    [InlineData("bloom-176b", """{"model_type": "bloom", "n_embed": 14336, "n_layer": 70, "num_attention_heads": 112, "seq_length": 2048, "vocab_size": 250880}""")]
    [InlineData("opt-66b", """{"model_type": "opt", "hidden_size": 9216, "ffn_dim": 36864, "num_attention_heads": 72, "num_hidden_layers": 64, "max_position_embeddings": 2048, "vocab_size": 50272}""")]
    [InlineData("jamba-1.5-mini", """{"model_type": "jamba", "attn_layer_offset": 4, "attn_layer_period": 8, "expert_layer_offset": 1, "expert_layer_period": 2, "hidden_size": 4096, "intermediate_size": 14336, "mamba_d_conv": 4, "mamba_d_state": 16, "mamba_dt_rank": 256, "mamba_expand": 2, "max_position_embeddings": 262144, "num_attention_heads": 32, "num_experts": 16, "num_experts_per_tok": 2, "num_hidden_layers": 32, "num_key_value_heads": 8, "tie_word_embeddings": false, "vocab_size": 65536}""")]
    [InlineData("codestral-mamba-7b", """{"model_type": "mamba2", "hidden_size": 4096, "num_hidden_layers": 64, "num_heads": 128, "head_dim": 64, "n_groups": 8, "state_size": 128, "conv_kernel": 4, "expand": 2, "tie_word_embeddings": false, "vocab_size": 32768}""")]
    [InlineData("mamba-2.8b", """{"model_type": "mamba", "hidden_size": 2560, "num_hidden_layers": 64, "state_size": 16, "conv_kernel": 4, "expand": 2, "intermediate_size": 5120, "time_step_rank": 160, "vocab_size": 50280}""")]
    public void A_published_config_imports_to_the_catalogs_own_entry(string name, string config)
    {
        var catalog = TestCatalog.Instance.Models[name];
        var imported = HuggingFaceImport.Read(config, name, "test", catalog.Layers[0].StateSpace is not null ? catalog.ContextLength : null);
        imported.Layers.OrderBy(g => g.ToString(), StringComparer.Ordinal).ShouldBe(catalog.Layers.OrderBy(g => g.ToString(), StringComparer.Ordinal));
        (imported.HiddenSize, imported.VocabularySize, imported.ContextLength, imported.TiedEmbeddings, imported.PositionEmbeddings, imported.NativeExpertFormat)
            .ShouldBe((catalog.HiddenSize, catalog.VocabularySize, catalog.ContextLength, catalog.TiedEmbeddings, catalog.PositionEmbeddings, catalog.NativeExpertFormat));
        ParameterCount.Total(imported).ShouldBe(ParameterCount.Total(catalog));
        // Not every config tells of its multi-token-prediction layers.
        if (imported.DraftLayers > 0) imported.DraftLayers.ShouldBe(catalog.DraftLayers);
    }

    /// <summary>Totals and active parameters in billions, of the language model, as their model cards state them.</summary>
    [Theory]
    [InlineData(107.8, 16.1, """{"model_type": "llama4", "text_config": {"model_type": "llama4_text", "hidden_size": 5120, "intermediate_size": 8192, "intermediate_size_mlp": 16384, "interleave_moe_layer_step": 1, "attention_chunk_size": 8192, "head_dim": 128, "max_position_embeddings": 10485760, "num_attention_heads": 40, "num_experts_per_tok": 1, "num_hidden_layers": 48, "num_key_value_heads": 8, "num_local_experts": 16, "tie_word_embeddings": false, "vocab_size": 202048}}""")]
    [InlineData(400.7, 16.2, """{"model_type": "llama4", "text_config": {"model_type": "llama4_text", "hidden_size": 5120, "intermediate_size": 8192, "intermediate_size_mlp": 16384, "interleave_moe_layer_step": 2, "attention_chunk_size": 8192, "head_dim": 128, "max_position_embeddings": 1048576, "num_attention_heads": 40, "num_experts_per_tok": 1, "num_hidden_layers": 48, "num_key_value_heads": 8, "num_local_experts": 128, "tie_word_embeddings": false, "vocab_size": 202048}}""")]
    [InlineData(27.0, 27.0, """{"model_type": "gemma3", "text_config": {"model_type": "gemma3_text", "hidden_size": 5376, "intermediate_size": 21504, "head_dim": 128, "num_attention_heads": 32, "num_hidden_layers": 62, "num_key_value_heads": 16, "sliding_window": 1024, "sliding_window_pattern": 6, "max_position_embeddings": 131072, "vocab_size": 262208}}""")]
    [InlineData(23.6, 22.9, """{"model_type": "mistral3", "text_config": {"model_type": "mistral", "head_dim": 128, "hidden_size": 5120, "intermediate_size": 32768, "max_position_embeddings": 131072, "num_attention_heads": 32, "num_hidden_layers": 40, "num_key_value_heads": 8, "sliding_window": null, "vocab_size": 131072}, "vision_config": {"hidden_size": 1024}}""")]
    [InlineData(14.7, 14.1, """{"model_type": "phi3", "hidden_size": 5120, "intermediate_size": 17920, "max_position_embeddings": 16384, "num_attention_heads": 40, "num_hidden_layers": 40, "num_key_value_heads": 10, "sliding_window": null, "tie_word_embeddings": false, "vocab_size": 100352}""")]
    [InlineData(8.1, 7.6, """{"model_type": "nemotron_h", "hidden_size": 4096, "intermediate_size": 21504, "num_hidden_layers": 52, "hybrid_override_pattern": "M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M-", "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "mamba_num_heads": 128, "mamba_head_dim": 64, "n_groups": 8, "ssm_state_size": 128, "conv_kernel": 4, "max_position_embeddings": 8192, "tie_word_embeddings": false, "vocab_size": 131072}""")]
    [InlineData(355, 32, """{"model_type": "glm4_moe", "hidden_size": 5120, "intermediate_size": 12288, "moe_intermediate_size": 1536, "first_k_dense_replace": 3, "head_dim": 128, "max_position_embeddings": 131072, "n_routed_experts": 160, "n_shared_experts": 1, "num_attention_heads": 96, "num_experts_per_tok": 8, "num_hidden_layers": 92, "num_key_value_heads": 8, "num_nextn_predict_layers": 1, "topk_method": "noaux_tc", "tie_word_embeddings": false, "vocab_size": 151552}""")]
    [InlineData(671, 37, """{"model_type": "deepseek_v32", "hidden_size": 7168, "intermediate_size": 18432, "moe_intermediate_size": 2048, "num_hidden_layers": 61, "num_nextn_predict_layers": 1, "num_attention_heads": 128, "num_key_value_heads": 128, "q_lora_rank": 1536, "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "n_routed_experts": 256, "n_shared_experts": 1, "num_experts_per_tok": 8, "first_k_dense_replace": 3, "index_topk": 2048, "index_n_heads": 64, "index_head_dim": 128, "topk_method": "noaux_tc", "max_position_embeddings": 163840, "tie_word_embeddings": false, "vocab_size": 129280}""")]
    public void Configs_of_models_without_an_entry_count_to_what_their_cards_say(double total, double active, string config)
    {
        var imported = HuggingFaceImport.Read(config, "x", "test");
        (ParameterCount.Total(imported) / 1e9).ShouldBe(total, total * 0.012);
        (ParameterCount.Active(imported) / 1e9).ShouldBe(active, active * 0.05);
        imported.BalancedRouting.ShouldBe(config.Contains("noaux_tc", StringComparison.Ordinal));
    }

    [Fact]
    public void Windows_and_chunks_hold_in_the_layers_that_have_them()
    {
        int[] Bounded(string config) => [.. HuggingFaceImport.Read(config, "x", "test").Layers.Where(g => g.ContextBound < int.MaxValue).Select(g => g.Count)];
        const string Small = "\"hidden_size\": 64, \"intermediate_size\": 128, \"num_attention_heads\": 4, \"num_key_value_heads\": 4, \"max_position_embeddings\": 65536, \"vocab_size\": 100, \"num_hidden_layers\": 12";
        Bounded($$"""{"model_type": "gemma3_text", "sliding_window": 1024, {{Small}}}""").ShouldBe([10]);
        Bounded($$"""{"model_type": "gemma2", "sliding_window": 1024, {{Small}}}""").ShouldBe([6]);
        Bounded($$"""{"model_type": "llama4_text", "intermediate_size_mlp": 128, {{Small}}}""").ShouldBe([9]);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("""
        "mamba_ssm_dtype": "float32",
        """, NumberFormat.Fp32)]
    [InlineData("""
        "mamba_ssm_cache_dtype": "float16",
        """, NumberFormat.Fp16)]
    public void A_checkpoint_may_say_how_wide_its_states_are(string key, NumberFormat? expected)
    {
        var config = $$"""{"model_type": "mamba2", {{key}} "hidden_size": 64, "num_hidden_layers": 2, "num_heads": 4, "head_dim": 16, "n_groups": 1, "state_size": 16, "vocab_size": 100}""";
        HuggingFaceImport.Read(config, "x", "test", 4096).Layers.ShouldAllBe(g => g.StateSpace!.StateFormat == expected);
    }

    [Theory]
    [InlineData("""{"model_type": "mamba2", "mamba_ssm_dtype": "int8", "hidden_size": 64, "num_hidden_layers": 2, "num_heads": 4, "head_dim": 16, "n_groups": 1, "state_size": 16, "vocab_size": 100, "max_position_embeddings": 8}""", "float32, bfloat16 or float16")]
    [InlineData("""{"model_type": "falcon_h1", "hidden_size": 4096, "mamba_d_ssm": 6144}""", "'falcon_h1' is not known")]
    [InlineData("""{"model_type": "nemotron_h", "hidden_size": 64, "num_hidden_layers": 2, "hybrid_override_pattern": "ME", "mamba_num_heads": 4, "mamba_head_dim": 16, "max_position_embeddings": 8, "vocab_size": 9}""", "'E'")]
    [InlineData("""{"model_type": "nemotron_h", "hidden_size": 64, "num_hidden_layers": 2, "mamba_num_heads": 4, "mamba_head_dim": 16, "max_position_embeddings": 8, "vocab_size": 9}""", "one per layer is needed")]
    [InlineData("""{"model_type": "gemma3", "text_config": {"model_type": "gemma3_text", "hidden_size": 2560, "intermediate_size": 10240, "num_hidden_layers": 34, "sliding_window": 1024}}""", "num_attention_heads or n_head is missing")]
    public void What_a_config_does_not_say_or_blocks_that_are_not_known_are_refused(string config, string reason) =>
        Should.Throw<ImportException>(() => HuggingFaceImport.Read(config, "x", "test")).Message.ShouldContain(reason);

    [Fact]
    public void The_language_model_of_a_multimodal_config_is_read()
    {
        const string Config = """{"model_type": "qwen3_5_moe", "tie_word_embeddings": false, "vision_config": {"depth": 27}, "text_config": {"model_type": "qwen3_5_moe_text", "full_attention_interval": 4, "attn_output_gate": true, "head_dim": 256, "hidden_size": 4096, "linear_conv_kernel_dim": 4, "linear_key_head_dim": 128, "linear_num_key_heads": 16, "linear_num_value_heads": 64, "linear_value_head_dim": 128, "max_position_embeddings": 262144, "moe_intermediate_size": 1024, "mtp_num_hidden_layers": 1, "num_attention_heads": 32, "num_experts": 512, "num_experts_per_tok": 10, "num_hidden_layers": 60, "num_key_value_heads": 2, "shared_expert_intermediate_size": 1024, "vocab_size": 248320}}""";
        var imported = HuggingFaceImport.Read(Config, "x", "test");
        ParameterCount.Total(imported).ShouldBe(ParameterCount.Total(TestCatalog.Instance.Models["qwen3.5-397b-a17b"]));
    }

    [Fact]
    public void An_unknown_architecture_is_refused_by_name_and_never_guessed()
    {
        var error = Should.Throw<ImportException>(() => HuggingFaceImport.Read("""{"model_type": "deepseek_v33", "hidden_size": 8}""", "x", "test"));
        error.Message.ShouldContain("'deepseek_v33' is not known");
        error.Message.ShouldContain("Did you mean 'deepseek_v3'?");
    }

    [Fact]
    public void Missing_keys_are_named_all_at_once()
    {
        var error = Should.Throw<ImportException>(() => HuggingFaceImport.Read("""{"model_type": "llama", "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": -1}""", "x", "test"));
        error.Reasons.Count.ShouldBe(4);
        error.Message.ShouldContain("num_attention_heads is -1");
        error.Message.ShouldContain("intermediate_size or ffn_dim is missing");
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("{ not json")]
    public void Text_that_is_no_config_is_refused(string text) => Should.Throw<ImportException>(() => HuggingFaceImport.Read(text, "x", "test"));

    [Fact]
    public void An_imported_entry_is_a_catalog_file()
    {
        var model = HuggingFaceImport.Read("""{"model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "max_position_embeddings": 2048, "num_attention_heads": 4, "num_hidden_layers": 2, "vocab_size": 1000}""", "tiny", "someone/tiny");
        var folder = Directory.CreateTempSubdirectory();
        foreach (var part in new[] { "gpus", "links", "engines", "models" }) folder.CreateSubdirectory(part);
        File.WriteAllText(Path.Combine(folder.FullName, "models", "tiny.json"), HuggingFaceImport.ToCatalogJson(model));
        var read = Catalogs.Catalog.Load(folder.FullName).FindModel("someone/tiny").ShouldNotBeNull();
        read.Layers.ShouldBe(model.Layers);
        JsonNode.Parse(HuggingFaceImport.ToCatalogJson(model))!["sources"]!["*"]!.GetValue<string>().ShouldBe("config.json of someone/tiny");
        folder.Delete(recursive: true);
    }
}
