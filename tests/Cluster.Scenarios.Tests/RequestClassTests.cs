using Cluster.Engine.Requests;

namespace Cluster.Scenarios.Tests;

public class RequestClassTests
{
    private const string TwoModels = """
        model: llama-3.1-8b
        topology:
          pools:
            small: { role: aggregated, gpu: h100-sxm }
            large: { role: aggregated, gpu: h100-sxm, tp: 4, model: meta-llama/Llama-3.1-70B, weights: fp8 }
        workload: { synthetic: { input: 100, output: 10 }, rate: 4/s, requests: 4000 }
        """;

    [Fact]
    public void Requests_are_of_each_kind_by_its_share_and_the_same_ones_every_time()
    {
        const string Keys = "synthetic: { input: 10, output: 1 }, rate: 4/s, requests: 4000, classes: { chat: { share: 3 }, batch: { share: 1, priority: 10 } }";
        var requests = Scenarios.Draw(Keys);
        requests.Count(r => r.Priority == 10).ShouldBeInRange(900, 1100);
        Scenarios.Draw(Keys).Select(r => r.Priority).ShouldBe(requests.Select(r => r.Priority));
    }

    [Fact]
    public void All_turns_of_a_session_are_of_one_kind()
    {
        var sessions = ((Workload.Conversations)Scenarios.Open(
            "sessions: { turns: 4, input: 10, output: 10, think: 1s }, rate: 1/s, requests: 400, classes: { a: { share: 1 }, b: { share: 1, priority: 5 } }")).Starts.ToArray();
        sessions.ShouldAllBe(s => s.Turns.Select(t => t.Request.Priority).Distinct().Count() == 1);
        sessions.Select(s => s.Turns[0].Request.Priority).Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public void A_cluster_of_two_models_is_asked_for_each_by_the_catalogs_name()
    {
        var text = TwoModels + "\n" + """
            compare:
              split: { workload: { classes: { small: { share: 2, model: llama-3.1-8b }, large: { share: 1, model: meta-llama/Llama-3.1-70B } } } }
            """;
        var result = Scenarios.Read(text);
        // The file's own workload does not say which model; the variant's does.
        result.Errors.ShouldHaveSingleItem().Message.ShouldContain("serves 2 models (llama-3.1-70b, llama-3.1-8b)");
        var split = Scenarios.Read(TwoModels, new ScenarioOverride("workload.classes", "{ small: { share: 2, model: llama-3.1-8b }, large: { share: 1, model: meta-llama/Llama-3.1-70B } }")).OrThrow();
        ((Workload.OpenLoop)split.Variants[0].Workload).Requests.Select(r => r.Model ?? "none").Distinct().Order().ShouldBe(["llama-3.1-70b", "llama-3.1-8b"]);
    }

    [Fact]
    public void A_model_that_no_pool_serves_is_refused()
    {
        var error = Scenarios.OnlyError(Scenarios.Minimal + "\n  classes: { a: { share: 1, model: mistral-7b } }");
        error.Key.ShouldBe("workload.classes.a.model");
        error.Message.ShouldBe("No pool serves mistral-7b.");
    }
}
