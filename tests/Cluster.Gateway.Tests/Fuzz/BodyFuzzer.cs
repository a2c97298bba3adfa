using System.Text;
using Cluster.Engine.Units;

namespace Cluster.Gateway.Tests.Fuzz;

/// <summary>Bodies that are nearly right: sound ones with values swapped for odd ones, and bytes changed, cut or doubled.</summary>
internal sealed class BodyFuzzer(ulong seed)
{
    private static readonly string[] s_fields =
    [
        "model", "prompt", "messages", "max_tokens", "max_completion_tokens", "min_tokens", "n", "stream", "stream_options", "stop", "temperature",
        "top_p", "top_k", "seed", "logprobs", "top_logprobs", "echo", "ignore_eos", "stop_token_ids", "user", "cache_salt", "priority",
        "output_content", "tokens", "add_generation_prompt", "return_hops", "\\u0000", "é",
        "tools", "tool_choice", "parallel_tool_calls", "response_format", "guided_json", "guided_choice", "guided_regex", "structured_outputs",
        "input", "instructions", "max_output_tokens", "text", "metadata", "include", "reasoning", "truncation", "store", "background", "previous_response_id", "request_id",
    ];

    private static readonly (string Path, string Begun)[] s_apis =
    [
        ("/v1/completions", "{\"prompt\":\"Hi\",\"max_tokens\":3"),
        ("/v1/chat/completions", "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"max_tokens\":3"),
        ("/v1/responses", "{\"input\":\"Hi\",\"max_output_tokens\":3"),
    ];

    private static readonly string[] s_paths = [.. s_apis.Select(a => a.Path), "/tokenize", "/detokenize"];

    private static readonly string[] s_values =
    [
        "null", "true", "false", "0", "-1", "1", "2", "16", "1e3", "1e400", "-0.0", "0.5", "2147483648", "-9223372036854775809", "18446744073709551616",
        "\"\"", "\"a\"", "\"echo\"", "\"\\ud800\"", "\"\\udc00x\"", "\"\\u0000\"", "\"🙂\"", "[]", "[[]]", "[1]", "[1,2,3]", "[-1]", "[262144]", "[\"a\",\"b\"]",
        "[[1],[2]]", "[1,\"a\"]", "{}", "{\"a\":1}", "{\"include_usage\":true}", "{\"include_usage\":1}", "[{\"role\":\"user\",\"content\":\"x\"}]",
        "[{\"role\":null}]", "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}]", "[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]",
        "\"required\"", "\"(a|b){2,}[^x]$\"", "{\"json\":{\"$ref\":\"#\"}}", "{\"type\":\"json_object\"}", "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"schema\":{\"enum\":[1]}}}",
        "{\"type\":[\"array\",\"object\"],\"items\":{\"type\":\"string\",\"maxLength\":1e9,\"pattern\":\"(\\\\d*){9}\"}}", "{\"allOf\":[{\"$ref\":\"#\"}],\"minimum\":1e999}",
        "[{\"type\":\"function\",\"function\":{\"name\":\"hi\",\"parameters\":{\"type\":\"object\",\"properties\":{\"\\ud800\":{}}}}}]",
        "[{\"type\":\"function\",\"function\":{\"name\":\"hi\"}}]", "{\"function\":{\"name\":\"hi\"}}",
        "[{\"type\":\"function\",\"name\":\"hi\",\"description\":\"\\n\\ud800\"}]", "[{\"type\":\"function\",\"name\":\"hi\",\n\"parameters\":{}}]", "{\"type\":\"function\",\"name\":\"hi\"}",
        "{\"type\":\"allowed_tools\",\"mode\":\"required\",\"tools\":[{\"type\":\"function\",\"name\":\"hi\"}]}", "{\"effort\":\"\\ud800\"}", "{\"\\ud800\":\"x\"}", "[\"message.output_text.logprobs\"]",
        "{\"format\":{\"type\":\"json_object\"}}", "{\"format\":{\"type\":\"json_schema\",\"name\":\"\\u2028\",\"schema\":{\"enum\":[1]}}}", "[{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"hi\",\"arguments\":\"{\"}]",
        "[{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":[{}]}]", "[{\"role\":\"assistant\",\"content\":[],\"status\":\"incomplete\"}]", "[{\"type\":\"reasoning\"}]",
        "NaN", "Infinity", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", "[[1,2,3]]", "[[1,0,4],[2,5,1]]", "\"" + "x.y ".PadRight(400, 'z') + "\"",
    ];

    private readonly RandomStream _random = new(seed, "fuzz");

    public (string Path, byte[] Body) Next()
    {
        var (path, begun) = s_apis[_random.NextInt(s_apis.Length)];
        var body = new StringBuilder(begun);
        for (var i = _random.NextInt(4); i > 0; i--) body.Append($",\"{Pick(s_fields)}\":{Pick(s_values)}");
        body.Append('}');
        var bytes = Encoding.UTF8.GetBytes(body.ToString()).ToList();
        for (var i = _random.NextInt(3) == 0 ? _random.NextInt(1, 4) : 0; i > 0 && bytes.Count > 0; i--) Damage(bytes);
        return (_random.NextInt(10) == 0 ? Pick(s_paths) : path, [.. bytes]);
    }

    private void Damage(List<byte> bytes)
    {
        var at = _random.NextInt(bytes.Count);
        switch (_random.NextInt(4))
        {
            case 0: bytes[at] = (byte)_random.NextInt(256); break;
            case 1: bytes.RemoveRange(at, bytes.Count - at); break;
            case 2: bytes.InsertRange(at, [.. bytes.Take(at)]); break;
            default: bytes.RemoveAt(at); break;
        }
    }

    private string Pick(string[] from) => from[_random.NextInt(from.Length)];
}
