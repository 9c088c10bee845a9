using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace FloworxPurge.Resetting;

/// <summary>
/// The names of databases that the library creates for test workers, as <c>floworxpurge_test_0123456789abcdef_1</c>. No database of another
/// name is ever dropped.
/// </summary>
internal static partial class TestDatabaseMark
{
    /// <summary>What each of the names begins with; it has <c>test</c> as a word, so that a resetter accepts it.</summary>
    public const string Start = "floworxpurge_test_";

    // The bytes of a number of 64 bits.
    private const int OwnerLength = 8;

    /// <summary>Creates the number of an owner, which no other has: 16 digits.</summary>
    public static string NewOwner() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(OwnerLength));

    /// <summary>The name of a database of an owner.</summary>
    public static string NameOf(string owner, string database) => $"{Start}{owner}_{database}";

    /// <summary>Finds the owner of a database; false for a name that is none of the library's.</summary>
    public static bool TryFindOwner(string name, [NotNullWhen(true)] out string? owner)
    {
        Match match = Name().Match(name);
        owner = match.Success ? match.Groups["owner"].Value : null;
        return match.Success;
    }

    [GeneratedRegex(
        "^floworxpurge_test_(?<owner>[0-9a-f]{16})_(template|[0-9]{1,9})\\z",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
