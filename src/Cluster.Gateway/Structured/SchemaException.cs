namespace Cluster.Gateway.Structured;

/// <summary>No answer can be written in the form asked for, or not here; the message is for the client.</summary>
internal sealed class SchemaException(string message) : Exception(message);
