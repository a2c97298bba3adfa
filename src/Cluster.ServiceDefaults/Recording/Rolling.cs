namespace Cluster.ServiceDefaults.Recording;

/// <summary>
/// A rate over step time that forgets: amounts and seconds both fade with a time constant, their quotient is the
/// rate while stepping. Independent of when and how often it is read, so that two scrapers see the same value.
/// </summary>
internal struct Rolling
{
    private const double TimeConstantSeconds = 5;
    private double _flops;
    private double _bytes;
    private double _seconds;

    public readonly double FlopsPerSecond => _seconds > 0 ? _flops / _seconds : 0;

    public readonly double BytesPerSecond => _seconds > 0 ? _bytes / _seconds : 0;

    public void Add(double flops, double bytes, double seconds)
    {
        var keep = Math.Exp(-seconds / TimeConstantSeconds);
        _flops = _flops * keep + flops;
        _bytes = _bytes * keep + bytes;
        _seconds = _seconds * keep + seconds;
    }
}
