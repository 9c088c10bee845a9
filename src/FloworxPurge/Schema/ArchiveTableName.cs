using System.Globalization;
using System.Text;

namespace FloworxPurge.Schema;

/// <summary>The names of the tables of an archive in a schema: <c>r</c>, the run, a number, and the name of the table.</summary>
internal static class ArchiveTableName
{
    private const int LengthOfRun = 8;

    // What PostgreSQL takes; MariaDB takes 64 characters.
    private const int MostBytes = 63;

    /// <summary>The name of a table.</summary>
    /// <param name="runId">The run, whose first characters are in the name.</param>
    /// <param name="number">The number, which makes the name unique.</param>
    /// <param name="table">The name of the table whose rows are stored; what is too long is cut.</param>
    public static string Of(string runId, int number, string table)
    {
        var name = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"r{runId[..LengthOfRun]}_{number}_"));
        int bytes = name.Length;
        foreach (Rune rune in table.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > MostBytes)
            {
                break;
            }

            name.Append(rune.ToString());
        }

        // A name must not end with a space in MariaDB.
        return name.ToString().TrimEnd(' ');
    }

    /// <summary>Determines whether a name has the form of these names.</summary>
    public static bool Is(string name)
    {
        int end = name.Length > LengthOfRun + 2 ? name.IndexOf('_', LengthOfRun + 2) : -1;
        return end > LengthOfRun + 2
            && name[0] == 'r'
            && name[LengthOfRun + 1] == '_'
            && name[1..(LengthOfRun + 1)].All(char.IsAsciiHexDigitLower)
            && name[(LengthOfRun + 2)..end].All(char.IsAsciiDigit);
    }
}
