using Microsoft.Extensions.Logging;

namespace FloworxPurge.Resetting;

/// <summary>The log messages of test databases and their event ids, which never change their meaning.</summary>
internal static partial class TestDatabaseLog
{
    [LoggerMessage(1100, LogLevel.Warning, "Test database {Database} is dropped and not used again: {Reason}")]
    public static partial void Discarded(this ILogger logger, string database, string reason);

    [LoggerMessage(1101, LogLevel.Warning, "{Sentence}")]
    public static partial void Left(this ILogger logger, string sentence);
}
