using System.Globalization;

namespace FloworxPurge.CommandLine;

/// <summary>Numbers and times in the words of the command: invariant, UTC.</summary>
internal static class Words
{
    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A number with its noun: <c>1 row</c>, <c>1,234 rows</c>.</summary>
    public static string Count(long number, string noun) => $"{Number(number)} {noun}{(number == 1 ? string.Empty : "s")}";

    /// <summary>The message of an exception without the name of a parameter, which is no option of the operator's.</summary>
    public static string Message(Exception exception)
        => exception is ArgumentException { ParamName: { } name }
            ? exception.Message.Replace($" (Parameter '{name}')", string.Empty, StringComparison.Ordinal)
            : exception.Message;

    /// <summary>The same with a full stop.</summary>
    public static string Sentence(Exception exception)
    {
        string message = Message(exception).Trim();
        return message.Length == 0 || message[^1] is '.' or '!' or '?' ? message : message + ".";
    }

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    public static string Duration(TimeSpan duration)
        => duration < TimeSpan.FromMinutes(1)
            ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.0} s")
            : duration.ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture);

    /// <summary>
    /// A text in one line, without control characters and invisible characters: a name in a database may contain any.
    /// </summary>
    public static string OneLine(string text)
        => string.Concat(
            text.Select(
                c => char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                    or UnicodeCategory.ParagraphSeparator
                    ? ' '
                    : c));
}
