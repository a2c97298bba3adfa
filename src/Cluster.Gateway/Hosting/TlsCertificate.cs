using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Cluster.Gateway.Hosting;

/// <summary>The gateway's certificate with its private key, and the intermediate certificates that are sent along.</summary>
internal sealed record TlsCertificate(X509Certificate2 Leaf, X509Certificate2Collection Chain)
{
    private const string PemMark = "-----BEGIN ";

    /// <summary>
    /// Reads PEM (the key in a file of its own or in the same one, encrypted or not) or PKCS#12. Whatever would make
    /// clients refuse it, or the first handshake fail, is a problem now.
    /// </summary>
    /// <param name="problems">Gets a line for each thing that is wrong.</param>
    /// <returns>Null when TLS is off, or when there were problems.</returns>
    public static TlsCertificate? Load(GatewayOptions options, ICollection<string> problems)
    {
        if (options.TlsCertificatePath is not { } path)
        {
            if (options.TlsKeyPath is not null) problems.Add("tls_certificate: a key needs its certificate; set tls_certificate too.");
            return null;
        }

        var (bytes, key) = (Bytes("tls_certificate", path, problems), options.TlsKeyPath is { } keyPath ? Bytes("tls_key", keyPath, problems) : []);
        if (bytes is null || key is null) return null;
        var isPem = System.Text.Encoding.UTF8.GetString(bytes).Contains(PemMark, StringComparison.Ordinal);
        try
        {
            var loaded = isPem ? FromPem(bytes, key.Length == 0 ? bytes : key, options.TlsKeyPassword) : FromPkcs12(bytes, options.TlsKeyPassword);
            if (loaded is null || !loaded.Leaf.HasPrivateKey) problems.Add($"tls_certificate: '{path}' holds no private key; name its file with tls_key.");
            else if (Lapse(loaded.Leaf) is { } lapse) problems.Add($"tls_certificate: '{path}' {lapse}; renew it, or check this host's clock.");
            else return loaded;
        }
        catch (Exception unfit) when (unfit is CryptographicException or ArgumentException)
        {
            problems.Add(Explain(options, isPem, unfit));
        }

        return null;
    }

    private static byte[]? Bytes(string key, string path, ICollection<string> problems)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            problems.Add($"{key}: no file at '{path}'.");
        }
        catch (Exception refused) when (refused is UnauthorizedAccessException or IOException)
        {
            problems.Add($"{key}: '{path}' cannot be read ({refused.Message}); let this process's user read it.");
        }

        return null;
    }

    private static TlsCertificate? FromPem(byte[] certificate, byte[] key, string? password)
    {
        var (pem, keyPem) = (System.Text.Encoding.UTF8.GetString(certificate), System.Text.Encoding.UTF8.GetString(key));
        if (!keyPem.Contains("PRIVATE KEY-----", StringComparison.Ordinal)) return null;
        using var read = password is null ? X509Certificate2.CreateFromPem(pem, keyPem) : X509Certificate2.CreateFromEncryptedPem(pem, keyPem, password);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(pem);
        chain.RemoveAt(0);
        // A key straight from PEM lives in memory alone, which not every system's TLS can use: once through PKCS#12 it is any other key.
        return new TlsCertificate(X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pfx), null), chain);
    }

    private static TlsCertificate? FromPkcs12(byte[] bytes, string? password)
    {
        var all = X509CertificateLoader.LoadPkcs12Collection(bytes, password);
        var leaf = all.FirstOrDefault(c => c.HasPrivateKey);
        return leaf is null ? null : new TlsCertificate(leaf, [.. all.Where(c => c != leaf)]);
    }

    private static string? Lapse(X509Certificate2 leaf)
    {
        var now = DateTime.UtcNow;
        if (leaf.NotAfter.ToUniversalTime() < now) return string.Create(CultureInfo.InvariantCulture, $"expired on {leaf.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm} UTC");
        return leaf.NotBefore.ToUniversalTime() > now
            ? string.Create(CultureInfo.InvariantCulture, $"is valid only from {leaf.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm} UTC")
            : null;
    }

    private static string Explain(GatewayOptions options, bool isPem, Exception unfit)
    {
        var password = options.TlsKeyPassword is null ? "If it is encrypted, give its password (XPYD_TLS_PASSWORD)." : "Check the password, too.";
        return isPem && options.TlsKeyPath is { } key
            ? $"tls_key: '{key}' is not the key of '{options.TlsCertificatePath}', or one of them is damaged ({unfit.Message}). {password}"
            : $"tls_certificate: '{options.TlsCertificatePath}' can be opened neither as PEM nor as PKCS#12 ({unfit.Message}). {password}";
    }
}
