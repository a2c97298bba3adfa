using Cluster.Engine.Hardware;
using Cluster.Engine.Requests;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Scheduling;

/// <summary>Engines that make prompts wait on purpose, and for how long.</summary>
public sealed class PromptWaitTests
{
    [Fact]
    public void SGLang_finds_a_new_request_only_when_it_looks()
    {
        var instance = Make("sglang", ("receive_interval", 10));
        Enqueue(instance, 0, 30, 100);
        Step(instance).Shape.PrefillTokens.ShouldBe(30);
        Step(instance).Shape.DecodeSequences.ShouldBe(1);
        Enqueue(instance, 1, 40, 10);
        // The look after the prefill was at step 1, the next is at step 11.
        for (var i = 2; i < 11; i++) Step(instance).Shape.PrefillTokens.ShouldBe(0, $"step {i}");
        Step(instance).Shape.PrefillTokens.ShouldBe(40);
    }

    [Fact]
    public void SGLang_looks_at_once_when_it_has_nothing_to_do()
    {
        var instance = Make("sglang", ("receive_interval", 1000));
        Enqueue(instance, 0, 30, 1);
        Step(instance);
        Enqueue(instance, 1, 40, 1);
        Step(instance).Shape.PrefillTokens.ShouldBe(40);
    }

    [Fact]
    public void TensorRT_LLM_lets_few_prompts_wait_for_company_and_many_go()
    {
        // Budget 2048: prompts go from 1,024 tokens on, or after 5 steps.
        var instance = Make("trtllm", ("batch_wait_token_ratio", 0.5), ("batch_wait_steps", 5));
        Enqueue(instance, 0, 30, 100);
        Step(instance).Shape.PrefillTokens.ShouldBe(30);
        Enqueue(instance, 1, 100, 10);
        for (var i = 0; i < 4; i++) Step(instance).Shape.PrefillTokens.ShouldBe(0);
        Step(instance).Shape.PrefillTokens.ShouldBe(100);
        Enqueue(instance, 2, 600, 10);
        Step(instance).Shape.PrefillTokens.ShouldBe(0);
        Enqueue(instance, 3, 600, 10);
        Step(instance).Shape.PrefillTokens.ShouldBe(1200);
    }

    [Fact]
    public void TensorRT_LLM_holds_prompts_until_every_attention_replica_has_one()
    {
        var instance = Make("trtllm", ("balance_wait_steps", 6));
        for (var id = 0; id < 4; id++) Enqueue(instance, id, 30, 100);
        Step(instance).Shape.PrefillTokens.ShouldBe(120);
        Enqueue(instance, 10, 40, 10);
        for (var i = 0; i < 5; i++) Step(instance).Shape.PrefillTokens.ShouldBe(0);
        Step(instance).Shape.PrefillTokens.ShouldBe(40, "six steps are enough");
        for (var id = 20; id < 24; id++) Enqueue(instance, id, 50, 10);
        Step(instance).Shape.PrefillTokens.ShouldBe(200, "one for each of four");
    }

    [Fact]
    public void Every_request_ends_whatever_the_waits()
    {
        foreach (var dial in new[] { ("receive_interval", "sglang"), ("batch_wait_steps", "trtllm"), ("balance_wait_steps", "trtllm") })
        {
            var instance = dial.Item1 == "batch_wait_steps" ? Make(dial.Item2, (dial.Item1, 50), ("batch_wait_token_ratio", 1)) : Make(dial.Item2, (dial.Item1, 50));
            for (var id = 0; id < 30; id++)
            {
                Enqueue(instance, id, 10 + (97 * id % 700), 1 + (31 * id % 40));
                if (id % 3 == 0) Step(instance);
            }

            for (var steps = 0; instance.State.Counters.Finished < 30; steps++)
            {
                steps.ShouldBeLessThan(5000, dial.Item1);
                Step(instance);
            }
        }
    }

    private static Instance Make(string scheduler, params (string Dial, double Value)[] dials)
    {
        var spec = Clusters.Instance(scheduler: scheduler);
        return new Instance(spec with
        {
            Scheduler = spec.Scheduler with { Dials = dials.ToDictionary(d => d.Dial, d => d.Value) },
            Deployment = spec.Deployment with { Parallelism = new Parallelism(Dp: dials.Any(d => d.Dial == "balance_wait_steps") ? 4 : 1) },
        });
    }

    private static void Enqueue(Instance instance, long id, int input, int output) =>
        instance.Enqueue(new Sequence(Clusters.Request(id, input, output), output), 0);

    private static Step Step(Instance instance)
    {
        instance.TryBeginStep(0, out var step).ShouldBeTrue();
        instance.EndStep(0);
        return step;
    }
}
