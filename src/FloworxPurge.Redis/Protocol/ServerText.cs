using System.Globalization;
using System.Text;

namespace FloworxPurge.Redis.Protocol;

/// <summary>Makes what a server said fit to be shown: printable, on one line, short, and without the password.</summary>
/// <param name="secret">What must never be shown, or null.</param>
internal sealed class ServerText(string? secret)
{
    private const int MaximumLength = 200;

    /// <summary>Printable ASCII as it is, every other byte as <c>\xHH</c>, cut where it is long.</summary>
    public string Of(ReadOnlySpan<byte> bytes)
    {
        // A server repeats the arguments of a command that it does not know.
        if (!string.IsNullOrEmpty(secret) && Encoding.UTF8.GetString(bytes).Contains(secret, StringComparison.OrdinalIgnoreCase))
        {
            return "(withheld, since it holds the password)";
        }

        var text = new StringBuilder();
        foreach (byte value in bytes)
        {
            if (text.Length >= MaximumLength)
            {
                return text.Append("...").ToString();
            }

            if (value is >= 0x20 and < 0x7F)
            {
                text.Append((char)value);
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"\\x{value:X2}");
            }
        }

        return text.ToString();
    }
}
