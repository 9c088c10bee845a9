using System.Globalization;

namespace FloworxPurge.Extensibility;

/// <summary>Compares and formats single values of SQL and JSON, of any type that a provider returns.</summary>
internal static class ScalarValue
{
    private const int LongestText = 200;

    /// <summary>
    /// Determines whether both are the same number, or the same invariant text. NULL equals only NULL; a text equals the number that it
    /// writes.
    /// </summary>
    public static bool AreEqual(object? expected, object? actual)
    {
        if (IsNull(expected) || IsNull(actual))
        {
            return IsNull(expected) && IsNull(actual);
        }

        bool isNumeric = IsNumber(expected) || IsNumber(actual);
        return isNumeric && TryNumber(expected, out decimal left) && TryNumber(actual, out decimal right)
            ? left == right
            : string.Equals(Invariant(expected), Invariant(actual), StringComparison.Ordinal);
    }

    /// <summary>The value as a report shows it, shortened when it is long.</summary>
    public static string Text(object? value)
        => IsNull(value) ? "NULL" : value is "NULL" ? "the text NULL" : Shorten(Invariant(value!));

    /// <summary>The beginning of a text that is longer than allowed, and how many characters there were.</summary>
    public static string Shorten(string text, int longest = LongestText)
    {
        if (text.Length <= longest)
        {
            return text;
        }

        int length = char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest;
        return string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, length)}... ({text.Length} characters)");
    }

    private static bool IsNull(object? value) => value is null or DBNull;

    private static bool IsNumber(object? value)
        => value is sbyte or byte or short or ushort or int or uint or long or ulong or decimal or float or double;

    private static bool TryNumber(object? value, out decimal number)
    {
        number = value is true ? 1 : 0;
        switch (value)
        {
            case bool:
                return true;
            case string text:
                return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
            case float or double:
                double real = Convert.ToDouble(value, CultureInfo.InvariantCulture);
                bool fits = Math.Abs(real) < 7e28;
                number = fits ? (decimal)real : 0;
                return fits;
            default:
                bool isNumber = IsNumber(value);
                number = isNumber ? Convert.ToDecimal(value, CultureInfo.InvariantCulture) : 0;
                return isNumber;
        }
    }

    private static string Invariant(object? value) => value switch
    {
        string text => text,
        bool flag => flag ? "true" : "false",
        byte[] bytes => "0x" + Convert.ToHexString(bytes),
        DateTime or DateTimeOffset or DateOnly or TimeOnly => ((IFormattable)value).ToString("O", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(format: null, CultureInfo.InvariantCulture),
        _ => value?.ToString() ?? string.Empty,
    };
}
