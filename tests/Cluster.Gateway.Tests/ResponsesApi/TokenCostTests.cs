using System.Buffers;
using System.Text;
using Cluster.Gateway.Backend;
using Cluster.Gateway.Requests;
using Cluster.Gateway.Responses;
using Cluster.Testing;

namespace Cluster.Gateway.Tests.ResponsesApi;

/// <summary>What a token of a stream costs the gateway: the clock's thread writes it, beside thousands of others.</summary>
public sealed class TokenCostTests
{
    [Fact]
    public void A_token_of_a_response_allocates_nothing_as_one_of_a_chat()
    {
        PerThousand("""{"messages":[{"role":"user","content":"Hi"}],"max_tokens":100000,"stream":true}""", BodyParser.ParseChat).ShouldBe(0);
        PerThousand("""{"input":"Hi","max_output_tokens":100000,"stream":true}""", ResponsesParser.Parse).ShouldBe(0);
    }

    private static long PerThousand(string json, Func<ReadOnlySequence<byte>, GenerationBody> parse)
    {
        var body = parse(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(json)));
        var plan = new RequestPlanner(new GatewayOptions(), TimeProvider.System).Plan(body, new ServedModel("echo", 131_072), new RequestContext("r", 0, 0));
        var events = AnswerEvents.Of(plan, plan.Choices[0]);
        var writer = new ArrayBufferWriter<byte>(1 << 20);
        events.Begin(writer);
        events.Write(writer, 1000, finish: null);
        return Allocations.Of(() =>
        {
            writer.ResetWrittenCount();
            events.Write(writer, 1000, finish: null);
        });
    }
}
