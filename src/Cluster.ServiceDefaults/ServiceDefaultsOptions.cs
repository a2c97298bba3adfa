using System.Reflection;
using Microsoft.Extensions.Configuration;
using OpenTelemetry.Exporter;

namespace Cluster.ServiceDefaults;

/// <summary>What a host tells of itself and where it sends it.</summary>
public sealed class ServiceDefaultsOptions
{
    /// <summary>OpenTelemetry's service.name; OTEL_SERVICE_NAME overrides it.</summary>
    public string ServiceName { get; set; } = "xpyd";

    public string ServiceVersion { get; } = typeof(ServiceDefaultsOptions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Where metrics and traces are pushed to; null: nowhere, Prometheus still pulls.</summary>
    public Uri? OtlpEndpoint { get; set; }

    /// <summary>Meters of others that are published beside ours.</summary>
    public IList<string> ForeignMeters { get; } =
        ["System.Runtime", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.Orleans"];

    /// <summary>service.instance.id: which of the processes of that name this is; null: a name made up at the start.</summary>
    public string? InstanceId { get; set; }

    /// <summary>
    /// Sources of spans: requests, hop by hop. Not every HTTP call such as a scrape; nor every grain call, because a step serves
    /// many requests and its calls belong to none of them: requests carry their context in their messages instead.
    /// </summary>
    public IList<string> ActivitySources { get; } = [Tracing.RequestTracing.SourceName];

    /// <summary>Protocol of the push: <c>grpc</c> or <c>http/protobuf</c>, from OTEL_EXPORTER_OTLP_PROTOCOL.</summary>
    public OtlpExportProtocol OtlpProtocol { get; set; } = OtlpExportProtocol.Grpc;

    /// <exception cref="InvalidOperationException">OTEL_EXPORTER_OTLP_ENDPOINT is no absolute URL, or the protocol is unknown.</exception>
    internal void ReadFrom(IConfiguration configuration)
    {
        if (configuration["OTEL_SERVICE_NAME"] is { Length: > 0 } name) ServiceName = name;
        OtlpProtocol = configuration["OTEL_EXPORTER_OTLP_PROTOCOL"] switch
        {
            null or "" or "grpc" => OtlpExportProtocol.Grpc,
            "http/protobuf" => OtlpExportProtocol.HttpProtobuf,
            var other => throw new InvalidOperationException($"OTEL_EXPORTER_OTLP_PROTOCOL = '{other}' is not known; it is grpc or http/protobuf."),
        };
        if (configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is not { Length: > 0 } endpoint) return;
        OtlpEndpoint = Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? uri
            : throw new InvalidOperationException($"OTEL_EXPORTER_OTLP_ENDPOINT = '{endpoint}' is not an http or https URL; a collector usually listens at http://localhost:4317. Correct it, or unset it to export nothing.");
    }
}
