using System.CommandLine;
using Cluster.Cli.Scenarios;
using Cluster.Gateway;

namespace Cluster.Cli.Live;

/// <summary>Whether a gateway speaks https, and with which certificate: by flags, else by environment.</summary>
internal sealed class TlsFlags
{
    private readonly Option<string?> _certificate = new("--tls-certificate", "--ssl-certfile")
    {
        Description = "Serve https: a PEM certificate with its chain, or PKCS#12 (.pfx). By default XPYD_TLS_CERTIFICATE. The password of an encrypted key comes from XPYD_TLS_PASSWORD.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _certificateKey = new("--tls-key", "--ssl-keyfile")
    {
        Description = "PEM key of the certificate, unless it is in the same file. By default XPYD_TLS_KEY.",
        HelpName = "FILE",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_certificate);
        command.Options.Add(_certificateKey);
    }

    /// <summary><paramref name="options"/> with the certificate, all of it validated.</summary>
    /// <exception cref="UsageException">With all problems.</exception>
    public GatewayOptions Apply(ParseResult arguments, GatewayOptions options)
    {
        options = options with
        {
            TlsCertificatePath = arguments.GetValue(_certificate) ?? Variable("XPYD_TLS_CERTIFICATE"),
            TlsKeyPath = arguments.GetValue(_certificateKey) ?? (arguments.GetValue(_certificate) is null ? Variable("XPYD_TLS_KEY") : null),
            TlsKeyPassword = Variable("XPYD_TLS_PASSWORD"),
        };
        var problems = GatewayOptionsValidator.Problems(options);
        return problems.Count == 0 ? options : throw new UsageException(string.Join(Environment.NewLine, problems.Select(AsFlag)));
    }

    /// <summary>Null where it is not set, or empty.</summary>
    public static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    /// <summary>Problems name the option; on a command line that is a flag.</summary>
    private static string AsFlag(string problem)
    {
        var end = problem.IndexOf(':', StringComparison.Ordinal);
        return "--" + problem[..end].Replace('_', '-') + problem[end..].Replace("with tls_key", "with --tls-key", StringComparison.Ordinal)
            .Replace("set tls_certificate", "set --tls-certificate", StringComparison.Ordinal);
    }
}
