using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace FloworxPurge.Redis;

/// <summary>
/// Records why the client does not connect, which its own exception leaves out. Passes every entry on to the logger of the host.
/// </summary>
internal sealed class ConnectionLog(ILoggerFactory? next) : ILoggerFactory
{
    // A client that reconnects writes without end.
    private const int MaximumEntries = 100;

    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly List<Exception> _exceptions = [];
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isConnected;

    /// <summary>Gets whether a TCP connection was made, even if it failed later.</summary>
    public bool IsConnected
    {
        get
        {
            lock (_lock)
            {
                return _isConnected;
            }
        }
    }

    /// <summary>Waits a moment for the first exception: the client may give up before it has written the reason.</summary>
    public Task WaitForReasonAsync(CancellationToken cancellationToken) => Task.WhenAny(_first.Task, Task.Delay(Grace, cancellationToken));

    /// <summary>Returns the first recorded exception of a type, inner ones included, for which the condition holds.</summary>
    public T? Find<T>(Exception? thrown, Func<T, bool>? condition = null)
        where T : Exception
    {
        List<Exception> exceptions;
        lock (_lock)
        {
            exceptions = thrown is null ? [.. _exceptions] : [.. _exceptions, thrown];
        }

        return exceptions.SelectMany(Chain).OfType<T>().FirstOrDefault(exception => condition is null || condition(exception));
    }

    /// <summary>Creates a logger that records here.</summary>
    public ILogger CreateLogger(string categoryName) => new Logger(this, next?.CreateLogger(categoryName));

    /// <summary>Adds a provider to the factory of the host.</summary>
    public void AddProvider(ILoggerProvider provider) => next?.AddProvider(provider);

    /// <summary>Does nothing: the factory of the host is not this object's to dispose.</summary>
    public void Dispose()
    {
    }

    private static IEnumerable<Exception> Chain(Exception exception)
    {
        for (Exception? current = exception; current is not null; current = current.InnerException)
        {
            yield return current;
        }
    }

    private void Record(EventId id, Exception? exception)
    {
        lock (_lock)
        {
            // The two entries that the client writes once the socket is connected: before TLS, and when it is ready.
            _isConnected |= id.Name is "LogInformationConfiguringTLS" or "LogInformationConnected" || exception is AuthenticationException;
            if (exception is not null && _exceptions.Count < MaximumEntries)
            {
                _exceptions.Add(exception);
                _first.TrySetResult();
            }
        }
    }

    private sealed class Logger(ConnectionLog log, ILogger? next) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => next?.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            log.Record(eventId, exception);
            if (next?.IsEnabled(logLevel) == true)
            {
                next.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
