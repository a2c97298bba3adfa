using Cluster.Gateway.Backend;
using Cluster.Gateway.Requests;
using Cluster.Gateway.Text;
using Cluster.Gateway.Tokenization;

namespace Cluster.Gateway.Hosting;

/// <summary>
/// Loads the vocabularies of the models on offer before the port opens, so that the first request does not pay for it,
/// and checks what models say about themselves while somebody is watching.
/// </summary>
internal sealed class Warmup(IInferenceBackend backend, ILogger<Warmup> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var model in backend.Models)
        {
            var wanted = model.Encoding ?? Tokenizers.NearestEncoding(model.Name);
            var text = TextModel.For(Tokenizers.Get(wanted));
            if (text.Tokenizer.Name != wanted) GatewayLog.TokenisedByBytes(logger, model.Name, wanted);
            ChatTemplates.Get(model.ChatTemplate ?? ChatTemplates.NearestName(model.Name));
            RequestPlanner.Encode(text.Tokenizer, "Warm."u8.ToArray());
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
