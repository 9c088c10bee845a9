using System.Text.RegularExpressions;

namespace FloworxPurge.Tests.Kit;

/// <summary>Replaces in a text what differs from run to run and from machine to machine.</summary>
public static partial class Scrubber
{
    /// <summary>The text with the database's own particulars, fingerprints and times replaced.</summary>
    public static string Scrub(string text, DatabaseIdentity database)
    {
        // The longer one first: a file's path ends with its name.
        foreach (var (value, name) in new[]
        {
            (database.Server, "SERVER"),
            (database.Database, "DATABASE"),
            (database.ServerVersion, "VERSION"),
            (database.DatabaseId, "OID"),
        })
        {
            text = string.IsNullOrEmpty(value) ? text : text.Replace(value, $"<{name}>", StringComparison.Ordinal);
        }

        return Time().Replace(Fingerprint().Replace(text, "<FINGERPRINT>"), "<TIME>");
    }

    [GeneratedRegex(@"\b[0-9a-f]{64}\b", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Fingerprint();

    [GeneratedRegex(@"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Time();
}
