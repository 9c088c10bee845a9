using System.Data.Common;
using FloworxPurge;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Logging;

namespace Readme;

public sealed class EngineStory
{
    [Fact]
    public async Task An_engine_of_somebody_else_is_purged()
    {
        await using ShopContext db = await ShopContext.CreateAsync();

        #region readme-engine-use
        PurgeReport report = await db.PurgeAsync(options =>
        {
            options.Dialect = new FileDialect();
            options.Exclude<Country>();
            options.ResetIdentity = true;
        });
        #endregion

        Assert.Equal((PurgeVerdict.Complete, "Files"), (report.Verdict, report.Database?.Engine));
        Assert.Equal((0, 0, 3, 0), await db.CountAsync());
        Assert.DoesNotContain(report.Notes, note => note.Grade == LogLevel.Warning);
    }

    [Fact]
    public async Task An_engine_of_somebody_else_is_reset_by_its_own_means()
    {
        await using ShopContext db = await ShopContext.CreateAsync();
        var dialect = new WatchedDialect();
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(db, options =>
        {
            options.Dialect = dialect;
            options.Exclude<Country>();
            options.AllowDatabase("shop-*");
        });

        Assert.Equal(6, (await resetter.ResetAsync()).Rows);

        Assert.True((await resetter.ResetAsync()).IsClean);
        Assert.Equal((0, 0, 3, 0), await db.CountAsync());
        Assert.True(dialect.HasOwnReset);
    }

    private sealed class WatchedDialect : FileDialect
    {
        public bool HasOwnReset { get; private set; }

        public override async ValueTask<Func<CancellationToken, Task<IReadOnlyList<long>?>>?> CreateResetAsync(
            EngineResetContext context,
            CancellationToken cancellationToken = default)
        {
            var reset = await base.CreateResetAsync(context, cancellationToken);
            HasOwnReset = reset is not null;
            return reset;
        }
    }
}

#region readme-engine
/// <summary>An engine that keeps a database in a file and is used through the provider of SQLite.</summary>
public class FileDialect : PurgeDialect
{
    public override string Name => "Files";

    public override string Engine => "Files";

    public override bool HasSchemas => false;

    public override bool IsServer => false;

    public override StringComparer Identifiers => StringComparer.OrdinalIgnoreCase;

    // Cycles of foreign keys are deleted with their checks deferred.
    public override string DeferConstraints => "PRAGMA defer_foreign_keys = ON";

    public override string UndoDeferConstraints => "PRAGMA defer_foreign_keys = OFF";

    public override string DeferConstraintsState => "SELECT defer_foreign_keys FROM pragma_defer_foreign_keys()";

    public override bool LocksOnBegin => true;

    public override string StructureMark => "SELECT schema_version FROM pragma_schema_version()";

    public override bool IsLockTimeout(DbException exception)
        => exception.Message.StartsWith("SQLite Error 5:", StringComparison.Ordinal);

    public override SqlStatement ResetIdentity(ISqlGenerationHelper sql, TableName table, string column, TableName? sequence)
        => SqlStatement.Of("DELETE FROM sqlite_sequence WHERE name = @p0", table.Name);

    // Deletes from all tables, with foreign keys off on the resetter's own connection. Triggers, and what kept tables reference, are left
    // to ordered statements.
    public override async ValueTask<Func<CancellationToken, Task<IReadOnlyList<long>?>>?> CreateResetAsync(
        EngineResetContext context,
        CancellationToken cancellationToken = default)
    {
        if (!context.OwnsConnection || context.KeptKeys.Count > 0 || context.Triggers.Count > 0)
        {
            return null;
        }

        await context.Execute(SqlStatement.Of("PRAGMA foreign_keys = OFF"), cancellationToken);
        return token => ResetAsync(context, token);
    }

    public override string IdentityQuery => """
        SELECT sqlite_version(), file, replace(file, rtrim(file, replace(file, '/', '')), ''), NULL, NULL, NULL,
               (SELECT foreign_keys FROM pragma_foreign_keys())
        FROM pragma_database_list() WHERE name = 'main'
        """;

    public override string TablesQuery => """
        SELECT NULL, name, type, NULL, NULL, 1, 0, NULL, 0, 1, 1, 0, NULL FROM pragma_table_list()
        WHERE schema = 'main' AND type IN ('table', 'view') AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
        """;

    public override string ColumnsQuery => """
        SELECT NULL, t.name, c.name, c.type, c."notnull" = 0 AND c.pk = 0, 0
        FROM pragma_table_list() t JOIN pragma_table_xinfo(t.name) c WHERE t.schema = 'main' AND t.type = 'table' ORDER BY t.name, c.cid
        """;

    public override string ForeignKeysQuery => """
        SELECT t.name || '/' || f.id, NULL, NULL, t.name, f."from", NULL, f."table",
               COALESCE(f."to", (SELECT k.name FROM pragma_table_info(f."table") k WHERE k.pk = f.seq + 1)), f.on_delete, 1, 'on', 0
        FROM pragma_table_list() t JOIN pragma_foreign_key_list(t.name) f WHERE t.schema = 'main' ORDER BY t.name, f.id, f.seq
        """;

    public override string IdentitiesQuery => """
        SELECT NULL, m.name, c.name, NULL, NULL FROM sqlite_master m JOIN pragma_table_info(m.name) c ON c.pk = 1
        WHERE m.type = 'table' AND m.sql LIKE '%AUTOINCREMENT%'
        """;

    public override string ObjectsQuery => """
        SELECT CASE type WHEN 'table' THEN 'constraint' ELSE type END, NULL, tbl_name, name, COALESCE(sql, ''),
               type = 'trigger' AND sql LIKE '%DELETE%'
        FROM sqlite_master WHERE type IN ('table', 'index', 'trigger') AND tbl_name NOT LIKE 'sqlite\_%' ESCAPE '\'
        """;

    private async Task<IReadOnlyList<long>?> ResetAsync(EngineResetContext context, CancellationToken cancellationToken)
    {
        await using DbTransaction transaction = await context.Connection.BeginTransactionAsync(cancellationToken);
        if ($"{await RunAsync(transaction, StructureMark, cancellationToken)}" != context.StructureMark)
        {
            throw EngineResetContext.SchemaChanged();
        }

        long[] rows = new long[context.Tables.Count];
        for (int i = 0; i < rows.Length; i++)
        {
            await RunAsync(transaction, Delete(context.Sql, context.Tables[i]), cancellationToken);
            rows[i] = Convert.ToInt64(await RunAsync(transaction, "SELECT changes()", cancellationToken), null);
        }

        await transaction.CommitAsync(cancellationToken);
        return rows;
    }

    private static async Task<object?> RunAsync(DbTransaction transaction, string sql, CancellationToken cancellationToken)
    {
        await using DbCommand command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        return await command.ExecuteScalarAsync(cancellationToken);
    }
}
#endregion
