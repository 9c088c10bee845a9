using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace FloworxPurge.Redis;

/// <summary>Which keys of which server are removed, and how the server is reached. Either <see cref="KeyPattern"/> or <see cref="EntireDatabase"/> has to be set.</summary>
public sealed class RedisPurgeOptions
{
    internal const int MaximumBatchSize = 10_000;

    /// <summary>The server's name or address. Default: <c>127.0.0.1</c>.</summary>
    public string Host { get; set; } = "127.0.0.1";

    /// <summary>The server's TCP port, 1 to 65535. Default: 6379.</summary>
    public int Port { get; set; } = 6379;

    /// <summary>The number of the database, 0 or more. Default: 0.</summary>
    public int Database { get; set; }

    /// <summary>The user of the server's access control list. Default: <see langword="null"/>, the server's user <c>default</c>.</summary>
    public string? User { get; set; }

    /// <summary>The password. It appears in no name, message or report. Default: <see langword="null"/>: without a user, no <c>AUTH</c> is sent.</summary>
    public string? Password { get; set; }

    /// <summary>Whether the connection is encrypted by TLS and the server's certificate is checked. Default: <see langword="false"/>.</summary>
    public bool UseTls { get; set; }

    /// <summary>The name that the server's certificate has to be made for. Default: <see langword="null"/>, the same as <see cref="Host"/>. Only with <see cref="UseTls"/>.</summary>
    public string? TlsHostName { get; set; }

    /// <summary>Decides about the server's certificate instead of the system's trusted authorities. Default: <see langword="null"/>, the system decides. Only with <see cref="UseTls"/>.</summary>
    public RemoteCertificateValidationCallback? CertificateValidation { get; set; }

    /// <summary>The certificate, with its private key, that is shown to a server which asks for one. Default: <see langword="null"/>, none. Only with <see cref="UseTls"/>.</summary>
    public X509Certificate2? ClientCertificate { get; set; }

    /// <summary>How long finding, connecting and the TLS handshake may take together, in whole milliseconds from 1. Default: 5 seconds.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the server may take for one reply, to its last byte, in whole milliseconds from 1. Default: 10 seconds.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The keys to remove, as a glob of the server: <c>*</c> stands for any bytes, <c>?</c> for one byte, <c>[ab]</c>, <c>[a-z]</c> and <c>[^a]</c> for one of a set,
    /// and <c>\</c> takes the next character as it is. It is compared with the whole key, case included. Default: <see langword="null"/>, see <see cref="EntireDatabase"/>.
    /// </summary>
    /// <remarks>A pattern of wildcards alone, such as <c>*</c> or <c>[a-z]*</c>, is refused: at least one character outside brackets has to stand for itself.</remarks>
    public string? KeyPattern { get; set; }

    /// <summary>
    /// The database that may be emptied wholly, by its name: <c>host:port/number</c>, such as <c>127.0.0.1:6379/0</c> (<c>[::1]:6379/0</c> for an address of IPv6).
    /// It has to be the one that <see cref="Host"/>, <see cref="Port"/> and <see cref="Database"/> lead to. Default: <see langword="null"/>, none.
    /// </summary>
    public string? EntireDatabase { get; set; }

    /// <summary>How many keys are asked for and removed at a time, 1 to 10,000; the server may give some more. Default: 500.</summary>
    public int BatchSize { get; set; } = 500;

    /// <summary>The name of the database that these options lead to, as <see cref="EntireDatabase"/> has to say it.</summary>
    internal string DatabaseName => string.Create(CultureInfo.InvariantCulture, $"{Endpoint}/{Database}");

    /// <summary>Host and port.</summary>
    internal string Endpoint => string.Create(CultureInfo.InvariantCulture, $"{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}");

    /// <summary>A copy that later changes to this object do not reach.</summary>
    internal RedisPurgeOptions Snapshot() => (RedisPurgeOptions)MemberwiseClone();

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">Options are not valid; the message names every one.</exception>
    internal void Validate(string parameterName)
    {
        List<string> problems = [];
        bool hasServer = CheckServer(problems);
        CheckSelection(problems, hasServer);
        CheckTimeout(ConnectTimeout, nameof(ConnectTimeout), problems);
        CheckTimeout(Timeout, nameof(Timeout), problems);
        if (BatchSize is < 1 or > MaximumBatchSize)
        {
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"{nameof(BatchSize)} is {BatchSize}; give 1 to {MaximumBatchSize}"));
        }

        if (!UseTls && (TlsHostName is not null || CertificateValidation is not null || ClientCertificate is not null))
        {
            problems.Add($"{nameof(TlsHostName)}, {nameof(CertificateValidation)} or {nameof(ClientCertificate)} is set without {nameof(UseTls)}");
        }

        if (ClientCertificate is { HasPrivateKey: false })
        {
            problems.Add($"{nameof(ClientCertificate)} has no private key");
        }

        if (problems.Count > 0)
        {
            throw new ArgumentException($"The Redis purge options are not valid: {string.Join("; ", problems)}.", parameterName);
        }
    }

    private bool CheckServer(List<string> problems)
    {
        int before = problems.Count;
        if (string.IsNullOrWhiteSpace(Host) || Host.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c is '/' or '@' or '[' or ']'))
        {
            problems.Add($"{nameof(Host)} is no name or address; give it without scheme, user, port and brackets");
        }

        if (Port is < 1 or > ushort.MaxValue)
        {
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"{nameof(Port)} is {Port}; give 1 to {ushort.MaxValue}"));
        }

        if (Database < 0)
        {
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"{nameof(Database)} is {Database}; give 0 or more"));
        }

        return problems.Count == before;
    }

    private void CheckSelection(List<string> problems, bool hasServer)
    {
        if (KeyPattern is not null && EntireDatabase is not null)
        {
            problems.Add($"{nameof(KeyPattern)} and {nameof(EntireDatabase)} are both set; give one of them");
        }

        if (KeyPattern is not null)
        {
            if (GlobPattern.Problem(KeyPattern) is { } problem)
            {
                problems.Add($"{nameof(KeyPattern)} {problem}");
            }
        }
        else if (EntireDatabase is null)
        {
            problems.Add($"neither {nameof(KeyPattern)} nor {nameof(EntireDatabase)} is set; give the pattern of the keys to remove, or {(hasServer ? $"\"{DatabaseName}\"" : "the name host:port/number")} as {nameof(EntireDatabase)} to remove every key");
        }

        if (hasServer && EntireDatabase is not null && !string.Equals(EntireDatabase, DatabaseName, StringComparison.OrdinalIgnoreCase))
        {
            problems.Add($"{nameof(EntireDatabase)} is \"{EntireDatabase}\", but the options lead to \"{DatabaseName}\"; nothing is emptied that is not named exactly");
        }
    }

    private static void CheckTimeout(TimeSpan value, string name, List<string> problems)
    {
        if (value.TotalMilliseconds is < 1 or > int.MaxValue)
        {
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; give one millisecond to {int.MaxValue} milliseconds"));
        }
    }
}
