using System.Globalization;
using System.Text;

namespace FloworxPurge.Redis;

/// <summary>Makes a text of a server fit for a report: printable, on one line, short, and without a password.</summary>
/// <param name="secrets">What must never be shown.</param>
internal sealed class ServerText(IReadOnlyList<string> secrets)
{
    private const int MaximumLength = 200;

    /// <summary>Returns printable ASCII unchanged and every other character escaped; a long text is cut.</summary>
    public string Of(string text)
    {
        // A server repeats the arguments of a command that it does not know.
        if (secrets.Any(secret => text.Contains(secret, StringComparison.OrdinalIgnoreCase)))
        {
            return "(withheld, since it contains the password)";
        }

        var shown = new StringBuilder();
        foreach (char value in text)
        {
            if (shown.Length >= MaximumLength)
            {
                return shown.Append("...").ToString();
            }

            if (value is >= ' ' and < '\x7F')
            {
                shown.Append(value);
            }
            else
            {
                shown.Append(CultureInfo.InvariantCulture, $"\\{(value < 0x100 ? $"x{(int)value:X2}" : $"u{(int)value:X4}")}");
            }
        }

        return shown.ToString();
    }
}
