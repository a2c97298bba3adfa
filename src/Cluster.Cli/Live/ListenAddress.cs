using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Cluster.Cli.Scenarios;
using Cluster.Gateway;
using Microsoft.AspNetCore.Connections;

namespace Cluster.Cli.Live;

/// <summary>Where the gateway of <c>xpyd up</c> listens, and who may call it.</summary>
internal sealed class ListenAddress
{
    private readonly Option<int> _port = new("--port") { Description = "Port. 0 takes any free one.", DefaultValueFactory = _ => 8000 };
    private readonly Option<string> _host = new("--host")
    {
        Description = "Address to listen on; 0.0.0.0 for every one, as in a container.",
        DefaultValueFactory = _ => "127.0.0.1",
    };

    private readonly Option<string[]> _keys = new("--api-key") { Description = "Bearer token that clients must send; repeatable. By default XPYD_API_KEY; without one nobody is asked." };
    private readonly Option<string?> _admin = new("--admin-token") { Description = "Bearer token of /admin/. By default XPYD_ADMIN_TOKEN; without one /admin/ is open on loopback and off elsewhere." };

    private readonly TlsFlags _tls = new();

    public void AddTo(Command command)
    {
        command.Options.Add(_port);
        command.Options.Add(_host);
        command.Options.Add(_keys);
        command.Options.Add(_admin);
        _tls.AddTo(command);
    }

    /// <exception cref="UsageException">The address cannot be listened on; the message says what can.</exception>
    public GatewayOptions Options(ParseResult arguments)
    {
        var keys = arguments.GetValue(_keys) is { Length: > 0 } given ? given : TlsFlags.Variable("XPYD_API_KEY") is { } key ? [key] : [];
        var options = _tls.Apply(arguments, new GatewayOptions
        {
            Host = arguments.GetValue(_host)!,
            Port = arguments.GetValue(_port),
            ApiKeys = keys,
            AdminToken = arguments.GetValue(_admin) ?? TlsFlags.Variable("XPYD_ADMIN_TOKEN"),
        });
        RequireFree(options.Host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(options.Host), options.Port);
        return options;
    }

    /// <summary>Starts what listens there. Two that are started at once can both have found the port free.</summary>
    /// <exception cref="UsageException">Another was faster.</exception>
    public async Task<T> ListenAsync<T>(ParseResult arguments, Func<Task<T>> start)
    {
        try
        {
            return await start();
        }
        catch (IOException refused) when (refused.InnerException is AddressInUseException)
        {
            throw Taken(arguments.GetValue(_port));
        }
        catch (SocketException refused) when (refused.SocketErrorCode is SocketError.AddressAlreadyInUse)
        {
            // Both were bound before either listened: the kernel then refuses the second one's listening, which the server passes on as it is.
            throw Taken(arguments.GetValue(_port));
        }
    }

    private static UsageException Taken(int port)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var free = ((IPEndPoint)other.LocalEndpoint).Port;
        return new($"--port {port}: another program, perhaps another cluster, listens there. {free} is free: --port {free}.");
    }

    private static void RequireFree(IPAddress host, int port)
    {
        try
        {
            using var listener = new TcpListener(host, port);
            listener.Start();
        }
        catch (SocketException refusal) when (refusal.SocketErrorCode is SocketError.AddressAlreadyInUse)
        {
            throw Taken(port);
        }
        catch (SocketException refusal)
        {
            throw new UsageException($"--host {host} --port {port}: {refusal.Message}. The host must be an address of this machine; ports below 1024 need privileges.");
        }
    }
}
