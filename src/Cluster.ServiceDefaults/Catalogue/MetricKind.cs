namespace Cluster.ServiceDefaults.Catalogue;

/// <summary>How a metric's samples are to be read.</summary>
public enum MetricKind
{
    /// <summary>A value of this moment.</summary>
    Gauge,
    /// <summary>A total that only grows while its process lives; exposed with the suffix <c>_total</c>.</summary>
    Counter,
    /// <summary>A distribution in fixed buckets.</summary>
    Histogram,
}
