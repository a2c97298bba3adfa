using Cluster.Gateway.Hosting;
using Microsoft.Extensions.Logging;

namespace Cluster.Gateway.Tests.Tls;

public sealed class CertificateKeeperTests : IDisposable
{
    private readonly Certificates _files = new();
    private readonly LateClock _clock = new();
    private readonly Lines _log = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void A_renewed_certificate_is_in_force_at_the_next_look()
    {
        using var first = _files.Issue(Certificates.Key, toDays: 1);
        using var second = _files.Issue(Certificates.Key, toDays: 2);
        var keeper = Keeper(first.ExportCertificatePem());
        Serial(keeper).ShouldBe(first.SerialNumber);
        _files.Write("c.pem", second.ExportCertificatePem());
        Serial(keeper).ShouldBe(first.SerialNumber, "nobody looks at files at every handshake");
        _clock.Now += CertificateKeeper.Interval;
        Serial(keeper).ShouldBe(second.SerialNumber);
        _log.Count(LogLevel.Warning).ShouldBe(1);
    }

    [Fact]
    public void A_certificate_that_is_unfit_leaves_the_one_before_in_force_and_is_named_once()
    {
        using var good = _files.Issue(Certificates.Key);
        using var lapsed = _files.Issue(Certificates.Key, fromDays: -3, toDays: -2);
        var keeper = Keeper(good.ExportCertificatePem());
        foreach (var unfit in (string[])[lapsed.ExportCertificatePem(), "half a cert"])
        {
            keeper.Current();
            _files.Write("c.pem", unfit);
            for (var look = 0; look < 3; look++)
            {
                _clock.Now += CertificateKeeper.Interval;
                Serial(keeper).ShouldBe(good.SerialNumber);
            }
        }

        _log.Count(LogLevel.Error).ShouldBe(2);
    }

    private CertificateKeeper Keeper(string certificate) => new(
        new GatewayOptions { TlsCertificatePath = _files.Write("c.pem", certificate), TlsKeyPath = _files.Write("k.pem", Certificates.Key.ExportPkcs8PrivateKeyPem()) }, _clock, _log);

    private static string Serial(CertificateKeeper keeper) => keeper.Current().TargetCertificate.SerialNumber;

    private sealed class LateClock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }

    private sealed class Lines : ILogger<CertificateKeeper>
    {
        private readonly List<LogLevel> _levels = [];

        public int Count(LogLevel level) => _levels.Count(l => l == level);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => _levels.Add(logLevel);
    }
}
