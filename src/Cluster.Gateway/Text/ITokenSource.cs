namespace Cluster.Gateway.Text;

/// <summary>An answer's tokens, one after the other, without end.</summary>
internal interface ITokenSource
{
    EmittedToken Next();
}
