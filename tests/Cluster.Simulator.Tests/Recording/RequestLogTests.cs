using Cluster.Engine.Requests;
using Cluster.Engine.Units;
using Cluster.Simulator.Recording;

namespace Cluster.Simulator.Tests.Recording;

public sealed class RequestLogTests
{
    /// <summary>Properties are set one by one, by reflection: one that is added to records later and forgotten here is found out.</summary>
    [Fact]
    public void A_packed_record_comes_back_whole()
    {
        var random = new RandomStream(1, "records");
        var records = Enumerable.Range(0, 1500).Select(_ => Random(random)).ToList();
        var log = new RequestLog();
        foreach (var record in records) log.Add(in record);

        log.Count.ShouldBe(1500);
        log.ShouldBe(records);
        foreach (var i in new[] { 0, 511, 512, 1023, 1024, 1499 }) log[i].ShouldBe(records[i]);
        Should.Throw<ArgumentOutOfRangeException>(() => log[1500]);
    }

    private static RequestRecord Random(RandomStream random)
    {
        object record = default(RequestRecord);
        foreach (var property in typeof(RequestRecord).GetProperties().Where(p => p.CanWrite)) property.SetValue(record, Value(property.PropertyType, random));
        return (RequestRecord)record;
    }

    private static object Value(Type type, RandomStream random)
    {
        if (type == typeof(long)) return (long)(random.NextUInt64() >> random.NextInt(2, 63)) * (random.NextInt(2) == 0 ? 1 : -1);
        if (type == typeof(int)) return (int)(random.NextUInt64() >> random.NextInt(33, 63)) - 1;
        if (type == typeof(bool)) return random.NextInt(2) == 0;
        if (type.IsEnum) return Enum.GetValues(type).GetValue(random.NextInt(Enum.GetValues(type).Length))!;
        if (type == typeof(TtftHops)) return new TtftHops(Ns(), Ns(), Ns(), Ns(), Ns(), Ns(), Ns());
        throw new NotSupportedException($"Teach this test about {type}.");

        long Ns() => (long)(random.NextUInt64() >> random.NextInt(2, 63));
    }
}
