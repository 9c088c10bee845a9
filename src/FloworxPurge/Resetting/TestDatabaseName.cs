using System.Globalization;
using FloworxPurge.Execution;

namespace FloworxPurge.Resetting;

/// <summary>
/// Finds <c>test</c> as a word in the name of a database: <c>app_test</c>, <c>test1</c>, <c>MyAppTest</c>, and neither <c>latest</c> nor
/// <c>contest</c> nor <c>tests</c>.
/// </summary>
internal static class TestDatabaseName
{
    private const string Word = "test";

    /// <summary>Refuses to reset a server's database that is not named like a test database and is not allowed by name.</summary>
    /// <exception cref="PurgeException">It may not be reset; the message shows the line that allows it.</exception>
    public static void Check(DatabaseIdentity database, bool isServer, ResetSettings settings)
    {
        if (isServer && !Matches(database.Database) && !TargetGuard.IsAllowed(database, settings.AllowedDatabases))
        {
            string allowed = settings.AllowedDatabases.Count == 0
                ? string.Empty
                : $" and matches none of {string.Join(", ", settings.AllowedDatabases.Select(pattern => $"\"{pattern}\""))}";
            throw new PurgeException(
                $"Database \"{database.Database}\" on {database.Server} does not look like a test database: its name does not have "
                    + $"\"test\" as a word of its own, as in app_test or MyAppTest{allowed}. "
                    + $"Nothing was written. If all of its rows may be deleted, allow it: options.AllowDatabase(\"{database.Database}\")");
        }
    }

    /// <summary>Determines whether the name has the word, in any case.</summary>
    public static bool Matches(string name)
    {
        for (int start = 0; (start = name.IndexOf(Word, start, StringComparison.OrdinalIgnoreCase)) >= 0; start++)
        {
            if (IsBetweenWords(name, start) && IsBetweenWords(name, start + Word.Length))
            {
                return true;
            }
        }

        return false;
    }

    // Two letters are of one word unless their case changes; a single capital letter belongs to the small letters after it.
    private static bool IsBetweenWords(string name, int at)
    {
        if (at == 0 || at == name.Length || Separates(name[at - 1]) || Separates(name[at]))
        {
            return true;
        }

        return (char.IsUpper(name[at - 1]), char.IsUpper(name[at])) switch
        {
            (false, true) => char.IsLower(name[at - 1]),
            (true, false) => char.IsLower(name[at]) && at > 1 && char.IsUpper(name[at - 2]),
            (true, true) => at + 1 < name.Length && char.IsLower(name[at + 1]),
            _ => false,
        };
    }

    // Letters, marks, halves of characters and what cannot be seen do not end a word.
    private static bool Separates(char character) => char.GetUnicodeCategory(character) is
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.SpaceSeparator
        or UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OtherPunctuation
        or UnicodeCategory.OpenPunctuation or UnicodeCategory.ClosePunctuation
        or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation
        or UnicodeCategory.CurrencySymbol or UnicodeCategory.MathSymbol;
}
