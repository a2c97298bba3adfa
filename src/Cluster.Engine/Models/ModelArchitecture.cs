namespace Cluster.Engine.Models;

/// <summary>A model's shape: what the cost model needs to count its weights, FLOPs and bytes.</summary>
public sealed record ModelArchitecture(string Name, int Layers, int HiddenSize, int QueryHeads, int KvHeads, int HeadSize, int FeedForwardSize, int VocabularySize, int ContextLength, string Source);
