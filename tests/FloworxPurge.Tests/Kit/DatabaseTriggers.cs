namespace FloworxPurge.Tests.Kit;

/// <summary>Puts triggers on tables, in the words of the database's engine.</summary>
public static class DatabaseTriggers
{
    /// <summary>Deleting a row of the table fails with a message.</summary>
    public static Task RaiseOnDeleteAsync(this TestDatabase database, string table, string message, CancellationToken cancellationToken = default)
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
                sqlServer: $"CREATE TRIGGER {name} ON {on} AFTER DELETE AS BEGIN IF EXISTS (SELECT 1 FROM deleted) THROW 50001, '{message}', 1; END"),
            cancellationToken);
    }

    /// <summary>When rows of the table are deleted, a statement runs, which knows a row as OLD; in SQL Server, which has no rows in a trigger, it is written once for all of them.</summary>
    public static Task RunOnDeleteAsync(this TestDatabase database, string table, string sql, CancellationToken cancellationToken = default)
        => RunAfterAsync(database, "DELETE", table, sql, cancellationToken);

    /// <summary>When rows of the table are changed, a statement runs.</summary>
    public static Task RunOnUpdateAsync(this TestDatabase database, string table, string sql, CancellationToken cancellationToken = default)
        => RunAfterAsync(database, "UPDATE", table, sql, cancellationToken);

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
                sqlServer: $"CREATE TRIGGER {name} ON {on} AFTER {change} AS BEGIN IF EXISTS (SELECT 1 FROM deleted) BEGIN {sql}; END END"),
            cancellationToken);
    }
}
