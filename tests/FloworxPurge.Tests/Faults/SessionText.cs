using System.Data;
using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace FloworxPurge.Tests.Faults;

/// <summary>Everything about a context's session that a run has to leave as it was, as one text.</summary>
internal static class SessionText
{
    public static async Task<string> ReadAsync(DbContext context, CancellationToken cancellationToken)
    {
        DbConnection connection = context.Database.GetDbConnection();
        string state = $"{connection.State}, {(context.Database.CurrentTransaction is null ? "no transaction" : "in a transaction")}, time-out {context.Database.GetCommandTimeout()}";
        if (connection.State != ConnectionState.Open)
        {
            return state;
        }

        await using DbCommand command = connection.CreateCommand();
        command.Transaction = context.Database.CurrentTransaction?.GetDbTransaction();
        command.CommandText = connection is NpgsqlConnection
            ? "SELECT current_user || ' ' || current_schema() || ' ' || (now() = statement_timestamp()) || ' ' || string_agg(name || '=' || setting, ', ' ORDER BY name) FROM pg_settings"
            : "SELECT 'foreign_keys=' || foreign_keys || ', defer_foreign_keys=' || defer_foreign_keys FROM pragma_foreign_keys, pragma_defer_foreign_keys";
        return $"{state}: {await command.ExecuteScalarAsync(cancellationToken)}";
    }

    /// <summary>Opens or closes the context's connection, however often it was opened.</summary>
    public static async Task SetConnectionOpenAsync(this DatabaseFacade database, bool isOpen, bool wasKilled = false)
    {
        // Whoever is killed learns of it with the next statement only, and so does the pool.
        if (isOpen && wasKilled && database.GetDbConnection() is NpgsqlConnection killed)
        {
            await killed.CloseAsync();
            NpgsqlConnection.ClearPool(killed);
        }

        if (isOpen && database.GetDbConnection().State != ConnectionState.Open)
        {
            await database.CloseConnectionAsync();
            await database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        }
    }
}
