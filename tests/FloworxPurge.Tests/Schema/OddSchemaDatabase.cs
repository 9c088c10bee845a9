using System.Data.Common;
using System.Globalization;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Schema;

/// <summary>A database with an odd schema, and the logins of its roles.</summary>
internal abstract class OddSchemaDatabase(TestDatabase database) : IAsyncDisposable
{
    /// <summary>The database, as the superuser.</summary>
    public TestDatabase Database => database;

    /// <summary>Creates the roles and the tables, and grants the rights.</summary>
    public abstract Task CreateAsync(OddSchema schema, CancellationToken cancellationToken);

    /// <summary>Points a context at the database as a role.</summary>
    public abstract void Use(DbContextOptionsBuilder options, OddRole role);

    /// <summary>A new connection as a role.</summary>
    public abstract DbConnection Connect(OddRole role);

    /// <summary>The tables whose rows are read, each quoted, with the name of the table that its rows belong to.</summary>
    protected abstract string TablesQuery { get; }

    /// <summary>A query that reads the rows of a table.</summary>
    protected abstract string RowsQuery(string table);

    /// <summary>Determines whether a statement failed because the role lacks a right.</summary>
    public abstract bool IsDenied(DbException exception);

    /// <summary>Determines whether a statement failed because the row is there already.</summary>
    public abstract bool IsDuplicate(DbException exception);

    /// <summary>The rows of each table by its quoted name; a table without rows has an empty text.</summary>
    public async Task<List<OddContent>> ReadAsync(CancellationToken cancellationToken)
    {
        await using DbConnection connection = await database.OpenConnectionAsync(cancellationToken);
        List<OddContent> contents = [];
        foreach (string[] table in await QueryAsync(connection, TablesQuery, cancellationToken))
        {
            List<string[]> rows = await QueryAsync(connection, RowsQuery(table[0]), cancellationToken);
            IEnumerable<string> texts = rows.Select(row => string.Join('|', row)).Order(StringComparer.Ordinal);
            contents.Add(new OddContent(table[0], table[1], string.Join('\n', texts)));
        }

        return contents;
    }

    /// <summary>Runs a statement as a role.</summary>
    /// <returns>The failure, or <see langword="null"/>.</returns>
    public async Task<DbException?> RunAsync(OddRole role, string sql, CancellationToken cancellationToken)
    {
        await using DbConnection connection = Connect(role);
        await connection.OpenAsync(cancellationToken);
        await using DbCommand command = connection.CreateCommand();
        command.CommandText = sql;
        try
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
            return null;
        }
        catch (DbException e)
        {
            return e;
        }
    }

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync() => database.DisposeAsync();

    private static async Task<List<string[]>> QueryAsync(DbConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using DbCommand command = connection.CreateCommand();
        command.CommandText = sql;
        await using DbDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<string[]> rows = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.GetValue(i) switch
            {
                byte[] bytes => Convert.ToHexString(bytes),
                object value => Convert.ToString(value, CultureInfo.InvariantCulture)!,
            })]);
        }

        return rows;
    }
}

/// <summary>What a table holds.</summary>
/// <param name="Table">Its quoted name.</param>
/// <param name="Owner">The name that a report has for it, or for the table whose partition it is.</param>
/// <param name="Rows">Its rows, or an empty text.</param>
internal sealed record OddContent(string Table, string Owner, string Rows);
