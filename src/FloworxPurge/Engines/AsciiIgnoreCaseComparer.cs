namespace FloworxPurge.Engines;

/// <summary>Compares names as SQLite does: without the case of the letters A to Z, and with that of all others.</summary>
internal sealed class AsciiIgnoreCaseComparer : StringComparer
{
    public override int Compare(string? x, string? y) => string.CompareOrdinal(Fold(x), Fold(y));

    public override bool Equals(string? x, string? y)
        => x?.Length == y?.Length && string.Equals(Fold(x), Fold(y), StringComparison.Ordinal);

    public override int GetHashCode(string obj)
    {
        ArgumentNullException.ThrowIfNull(obj);
        return Ordinal.GetHashCode(Fold(obj)!);
    }

    /// <summary>A text with the letters A to Z made small.</summary>
    public static string? Fold(string? text)
        => text is null || !text.AsSpan().ContainsAnyInRange('A', 'Z') ? text
            : string.Create(text.Length, text, (folded, original) =>
            {
                for (int i = 0; i < folded.Length; i++)
                {
                    folded[i] = char.IsAsciiLetterUpper(original[i]) ? (char)(original[i] | 0x20) : original[i];
                }
            });
}
