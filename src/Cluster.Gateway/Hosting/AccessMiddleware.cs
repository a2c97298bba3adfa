using System.Net;
using System.Security.Cryptography;
using System.Text;
using Cluster.Gateway.Requests;

namespace Cluster.Gateway.Hosting;

/// <summary>
/// Who may call what. API keys guard everything that costs something; probes stay open. <c>/admin/</c> has a token of
/// its own; without one it is open to this machine alone, and not to pages that a browser on this machine shows.
/// </summary>
internal sealed class AccessMiddleware(RequestDelegate next, GatewayOptions options)
{
    private static readonly string[] s_guarded = ["/v1", "/tokenize", "/detokenize", "/reset_prefix_cache", "/load"];

    private readonly byte[][] _keyHashes = [.. options.ApiKeys.Select(Hash)];
    private readonly byte[]? _adminHash = options.AdminToken is null ? null : Hash(options.AdminToken);

    public Task InvokeAsync(HttpContext http)
    {
        if (http.Request.Path.StartsWithSegments("/admin", StringComparison.OrdinalIgnoreCase)) CheckAdmin(http);
        else if (_keyHashes.Length > 0 && !HttpMethods.IsOptions(http.Request.Method) && IsGuarded(http.Request.Path)) CheckKey(http);
        return next(http);
    }

    private static bool IsGuarded(PathString path) =>
        Array.Exists(s_guarded, prefix => path.StartsWithSegments(prefix, StringComparison.OrdinalIgnoreCase));

    private void CheckKey(HttpContext http)
    {
        var given = Hash(Bearer(http));
        var isKnown = false;
        // All are compared, each in constant time: neither content nor place of a key shows in the answer's timing.
        foreach (var key in _keyHashes) isKnown |= CryptographicOperations.FixedTimeEquals(given, key);
        if (!isKnown) throw Unauthorized("Unauthorized: a valid API key is needed as 'Authorization: Bearer KEY'.");
    }

    private void CheckAdmin(HttpContext http)
    {
        if (_adminHash is not null)
        {
            if (!CryptographicOperations.FixedTimeEquals(Hash(Bearer(http)), _adminHash))
                throw Unauthorized("Unauthorized: the admin token is needed as 'Authorization: Bearer TOKEN'.");
            return;
        }

        var isLocal = http.Connection.RemoteIpAddress is not { } remote || IPAddress.IsLoopback(remote);
        if (!IsLoopback(options.Host) || !isLocal)
            throw new ApiException(403, "PermissionDeniedError", "The admin API is off beyond loopback; start the gateway with an admin token to turn it on.");
        var origin = http.Request.Headers.Origin.ToString();
        if (!IsLoopback(http.Request.Host.Host) || (origin.Length > 0 && origin != $"{http.Request.Scheme}://{http.Request.Host}"))
            throw new ApiException(403, "PermissionDeniedError", "The admin API without a token serves programs on this machine and the gateway's own pages, not other sites.");
    }

    internal static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static string Bearer(HttpContext http)
    {
        const string Scheme = "Bearer ";
        var header = http.Request.Headers.Authorization.ToString();
        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : "";
    }

    // Hashing first makes lengths equal, so that the comparison's time tells nothing about them either.
    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private static ApiException Unauthorized(string message) => new(401, "AuthenticationError", message);
}
