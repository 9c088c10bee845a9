using System.Data.Common;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.CommandLine.Output;

/// <summary>Redacts passwords in texts that other programs wrote, such as exceptions, and in mistyped arguments.</summary>
internal sealed partial class SecretScrubber
{
    // A shorter one would be part of other words, and redacting those would reveal it.
    private const int ShortestSecret = 4;
    private const string Redacted = "***";

    private static readonly string[] Keys = ["Password", "Pwd", "PSW", "SSL Password"];

    private readonly HashSet<string> _secrets = new(StringComparer.Ordinal);

    /// <summary>Learns the passwords of a context's connection string.</summary>
    public void Learn(DbContext context)
    {
        if (!context.Database.IsRelational() || context.Database.GetConnectionString() is not { } connectionString)
        {
            return;
        }

        try
        {
            var builder = new DbConnectionStringBuilder { ConnectionString = connectionString };
            foreach (string key in Keys)
            {
                if (builder.TryGetValue(key, out object? value) && value is string { Length: >= ShortestSecret } secret)
                {
                    _secrets.Add(secret);
                }
            }
        }
        catch (ArgumentException)
        {
            // Not one that can be read; the provider will say so, and the pattern below still looks for passwords.
            return;
        }
    }

    public string Scrub(string text)
    {
        foreach (string secret in _secrets.OrderByDescending(secret => secret.Length))
        {
            text = text.Replace(secret, Redacted, StringComparison.Ordinal);
        }

        return Pair().Replace(text, match => $"{match.Groups["key"].Value}={Redacted}");
    }

    [GeneratedRegex(
        """(?<key>\b(password|pwd|psw))\s*=\s*("[^"]*"|'[^']*'|[^;"'\s]+)""",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pair();
}
