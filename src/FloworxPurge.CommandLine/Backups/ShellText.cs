using System.Text;

namespace FloworxPurge.CommandLine.Backups;

/// <summary>Quotes the arguments of commands that people copy into a shell.</summary>
internal static class ShellText
{
    /// <summary>
    /// Quotes an argument: for PowerShell on Windows, for a POSIX shell elsewhere. An argument of harmless characters stays as it is.
    /// </summary>
    public static string Quote(string argument)
        => argument.Length > 0 && argument.All(IsHarmless) ? argument
            : OperatingSystem.IsWindows() ? $"'{argument.Replace("'", "''", StringComparison.Ordinal)}'"
            : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>Writes the parameters of a connection as libpq reads them: <c>host=... dbname=...</c>.</summary>
    public static string ConnectionInfo(IEnumerable<(string Name, string Value)> parameters)
    {
        var text = new StringBuilder();
        foreach ((string name, string value) in parameters)
        {
            text.Append(text.Length == 0 ? string.Empty : " ").Append(name).Append('=').Append(
                value.Length > 0 && value.All(IsHarmless) ? value
                    : $"'{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'");
        }

        return text.ToString();
    }

    // A leading hyphen cannot occur: every argument is a full path or has a name before its value.
    private static bool IsHarmless(char c) => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_' or ':' or '@' or '+';
}
