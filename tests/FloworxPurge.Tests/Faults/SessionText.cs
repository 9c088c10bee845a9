using System.Data;
using System.Data.Common;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using MySql.Data.MySqlClient;
using Npgsql;

namespace FloworxPurge.Tests.Faults;

/// <summary>Everything about a context's session that a run has to leave as it was, as one text.</summary>
internal static class SessionText
{
    public static async Task<string> ReadAsync(TestDatabase database, DbContext context, CancellationToken cancellationToken)
    {
        DbConnection connection = context.Database.GetDbConnection();
        string state =
            $"{connection.State}, {(context.Database.CurrentTransaction is null ? "no transaction" : "in a transaction")}, time-out "
                + $"{context.Database.GetCommandTimeout()}";
        if (connection.State != ConnectionState.Open)
        {
            return state;
        }

        await using DbCommand command = connection.CreateCommand();
        command.Transaction = context.Database.CurrentTransaction?.GetDbTransaction();
        command.CommandText = database.SessionSettings;
        string settings = $"{await command.ExecuteScalarAsync(cancellationToken)}";
        if (connection is NpgsqlConnection)
        {
            // Only inside a transaction does a statement begin later than what it belongs to.
            command.CommandText = "SELECT (now() = statement_timestamp())::text";
            settings += $" {await command.ExecuteScalarAsync(cancellationToken)}";
        }

        return $"{state}: {settings}";
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
        else if (isOpen && wasKilled && database.GetDbConnection() is MySqlConnection ended)
        {
            await ended.CloseAsync();
            MySqlConnection.ClearPool(ended);
        }

        if (isOpen && database.GetDbConnection().State != ConnectionState.Open)
        {
            await database.CloseConnectionAsync();
            await database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        }
    }
}
