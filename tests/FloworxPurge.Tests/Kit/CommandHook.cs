using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace FloworxPurge.Tests.Kit;

/// <summary>Sees every command that EF is about to run, in order: writes down its text and lets a test step in.</summary>
public sealed class CommandHook : DbCommandInterceptor
{
    private readonly List<string> _texts = [];

    /// <summary>Called before a command is run; the number is its position from 1.</summary>
    public Func<DbCommand, int, ValueTask>? Before { get; set; }

    /// <summary>Called once a command was run.</summary>
    public Func<DbCommand, int, ValueTask>? After { get; set; }

    /// <summary>The texts of the commands so far.</summary>
    public IReadOnlyList<string> Texts => _texts;

    /// <summary>Begins to count anew.</summary>
    public void Reset() => _texts.Clear();

    /// <summary>Whether the command deletes rows.</summary>
    public static bool Deletes(DbCommand command) => Deletes(command.CommandText);

    /// <summary>Whether the text deletes rows: alone, or several tables in one statement.</summary>
    public static bool Deletes(string text)
        => text.StartsWith("DELETE ", StringComparison.Ordinal) || text.StartsWith("WITH d0 AS (DELETE ", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override async ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        await BeforeAsync(command);
        return result;
    }

    /// <inheritdoc/>
    public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
    {
        await BeforeAsync(command);
        return result;
    }

    /// <inheritdoc/>
    public override async ValueTask<InterceptionResult<object>> ScalarExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<object> result, CancellationToken cancellationToken = default)
    {
        await BeforeAsync(command);
        return result;
    }

    /// <inheritdoc/>
    public override async ValueTask<int> NonQueryExecutedAsync(
        DbCommand command, CommandExecutedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        await AfterAsync(command);
        return result;
    }

    /// <inheritdoc/>
    public override async ValueTask<DbDataReader> ReaderExecutedAsync(
        DbCommand command, CommandExecutedEventData eventData, DbDataReader result, CancellationToken cancellationToken = default)
    {
        await AfterAsync(command);
        return result;
    }

    /// <inheritdoc/>
    public override async ValueTask<object?> ScalarExecutedAsync(
        DbCommand command, CommandExecutedEventData eventData, object? result, CancellationToken cancellationToken = default)
    {
        await AfterAsync(command);
        return result;
    }

    private ValueTask BeforeAsync(DbCommand command)
    {
        _texts.Add(command.CommandText);
        return Before?.Invoke(command, _texts.Count) ?? ValueTask.CompletedTask;
    }

    private ValueTask AfterAsync(DbCommand command) => After?.Invoke(command, _texts.Count) ?? ValueTask.CompletedTask;
}
