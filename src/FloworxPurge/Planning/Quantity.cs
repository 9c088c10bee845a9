using System.Globalization;

namespace FloworxPurge.Planning;

/// <summary>A number and what it counts, as people say it: <c>1 row</c>, <c>2 rows</c>.</summary>
internal static class Quantity
{
    public static string Of(long number, string noun)
        => string.Create(CultureInfo.InvariantCulture, $"{number} {noun}{(number == 1 ? string.Empty : "s")}");
}
