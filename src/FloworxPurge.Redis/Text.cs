using System.Globalization;

namespace FloworxPurge.Redis;

/// <summary>Texts that are the same in every culture.</summary>
internal static class Text
{
    /// <summary>Formats a text.</summary>
    public static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>Returns a time-out and the option that sets it.</summary>
    public static string Within(TimeSpan time, string option) => Invariant($"within {time.TotalSeconds:0.###} s ({option})");
}
