namespace FloworxPurge.Tests.Kit;

/// <summary>Puts triggers on tables, in the words of the database's engine.</summary>
public static class DatabaseTriggers
{
    /// <summary>Deleting a row of the table fails with a message.</summary>
    public static Task RaiseOnDeleteAsync(
        this TestDatabase database,
        string table,
        string message,
        CancellationToken cancellationToken = default)
    {
        string name = TestDatabase.Quote("stop_" + table);
        string on = TestDatabase.Quote(table);
        return database.ExecuteAsync(
            database.Pick(
                sqlite: $"CREATE TRIGGER {name} BEFORE DELETE ON {on} BEGIN SELECT RAISE(ABORT, '{message}'); END",
                postgreSql: $"""
                    CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{message}'; RETURN OLD; END $$;
                    CREATE TRIGGER {name} BEFORE DELETE ON {on} FOR EACH ROW EXECUTE FUNCTION {name}();
                    """,
                mariaDb: $"CREATE TRIGGER {name} BEFORE DELETE ON {on} FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{message}'",

                // THROW would end the caller's whole transaction, since XACT_ABORT is on in a trigger; of RAISERROR it takes no notice.
                sqlServer: $"CREATE TRIGGER {name} ON {on} AFTER DELETE AS BEGIN SET NOCOUNT ON; IF EXISTS (SELECT 1 FROM deleted) "
                    + $"RAISERROR('{message}', 16, 1); END"),
            cancellationToken);
    }

    /// <summary>When rows of the table are deleted, a statement runs for each, which knows the row's number as <c>OLD."Id"</c>.</summary>
    public static Task RunOnDeleteAsync(this TestDatabase database, string table, string sql, CancellationToken cancellationToken = default)
        => RunAfterAsync(database, "DELETE", table, sql, cancellationToken);

    /// <summary>When rows of the table are changed, a statement runs.</summary>
    public static Task RunOnUpdateAsync(this TestDatabase database, string table, string sql, CancellationToken cancellationToken = default)
        => RunAfterAsync(database, "UPDATE", table, sql, cancellationToken);

    /// <summary>When rows are inserted into the table, a statement runs.</summary>
    public static Task RunOnInsertAsync(this TestDatabase database, string table, string sql, CancellationToken cancellationToken = default)
        => RunAfterAsync(database, "INSERT", table, sql, cancellationToken);

    private static Task RunAfterAsync(TestDatabase database, string change, string table, string sql, CancellationToken cancellationToken)
    {
        string name = TestDatabase.Quote("follow_" + table);
        string on = TestDatabase.Quote(table);
        return database.ExecuteAsync(
            database.Pick(
                sqlite: $"CREATE TRIGGER {name} AFTER {change} ON {on} BEGIN {sql}; END",
                postgreSql: $"""
                    CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {sql}; RETURN NULL; END $$;
                    CREATE TRIGGER {name} AFTER {change} ON {on} FOR EACH ROW EXECUTE FUNCTION {name}();
                    """,
                mariaDb: $"CREATE TRIGGER {name} AFTER {change} ON {on} FOR EACH ROW BEGIN {sql}; END",
                sqlServer: ForEachRow(name, on, change, sql)),
            cancellationToken);
    }

    // A trigger of SQL Server's fires once a statement, with all rows in the table "deleted".
    private static string ForEachRow(string name, string on, string change, string sql) => $"""
        CREATE TRIGGER {name} ON {on} AFTER {change} AS
        BEGIN
            SET NOCOUNT ON;
            DECLARE @old int;
            DECLARE old_rows CURSOR LOCAL STATIC FOR SELECT "Id" FROM deleted;
            OPEN old_rows;
            WHILE 1 = 1
            BEGIN
                FETCH NEXT FROM old_rows INTO @old;
                IF @@FETCH_STATUS <> 0 BREAK;
                {sql.Replace("OLD.\"Id\"", "@old", StringComparison.Ordinal)};
            END
        END
        """;
}
