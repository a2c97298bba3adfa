using Cluster.Gateway.Hosting;
using Cluster.Gateway.Requests;

namespace Cluster.Gateway.Endpoints;

/// <summary>Looking up and cancelling responses of <c>/v1/responses</c> by their id: none is kept, which is vLLM's default, and said.</summary>
internal sealed class StoredResponseEndpoints(Admission admission)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/responses/{id}", (string id) => Refuse(id));
        routes.MapPost("/v1/responses/{id}/cancel", (string id) => Refuse(id));
    }

    private IResult Refuse(string id)
    {
        admission.ThrowIfStarting();
        throw ResponsesRules.NotKept(id, "response_id");
    }
}
