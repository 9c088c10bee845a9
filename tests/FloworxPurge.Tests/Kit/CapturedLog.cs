using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Tests.Kit;

/// <summary>Keeps what is logged, with its category.</summary>
public sealed class CapturedLog : ILoggerFactory
{
    private readonly ConcurrentQueue<(string Category, int Id, LogLevel Level, string Text, Exception? Exception)> _entries = [];

    /// <summary>What was logged under a category, in order.</summary>
    public IReadOnlyList<(int Id, LogLevel Level, string Text, Exception? Exception)> Of(string category)
        => [.. _entries.Where(entry => entry.Category == category).Select(entry => (entry.Id, entry.Level, entry.Text, entry.Exception))];

    /// <summary>Has a context write to this log.</summary>
    // EF keeps a service provider for each logger factory, and at the twentieth it complains.
    public void ListenTo(DbContextOptionsBuilder options) => options.UseLoggerFactory(this).EnableServiceProviderCaching(false);

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private sealed class Logger(CapturedLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
            => log._entries.Enqueue((category, eventId.Id, logLevel, formatter(state, exception), exception));
    }
}
