using Cluster.Engine.Diagnosis;

namespace Cluster.Engine.Tests.Diagnosis;

public sealed class LogBucketsTests
{
    [Fact]
    public void Longer_durations_never_fall_into_an_earlier_bucket()
    {
        var last = LogBuckets.Of(0);
        for (long ns = 1; ns < long.MaxValue / 3; ns += 1 + ns / 50)
        {
            var bucket = LogBuckets.Of(ns);
            bucket.ShouldBeGreaterThanOrEqualTo(last);
            last = bucket;
        }
    }

    [Fact]
    public void The_middle_of_a_bucket_is_near_every_duration_in_it()
    {
        for (long ns = 1; ns < long.MaxValue / 3; ns += 1 + ns / 50) LogBuckets.MiddleNs(LogBuckets.Of(ns)).ShouldBe(ns, 0.016 * ns);
    }
}
