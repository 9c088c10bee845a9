namespace FloworxPurge.Tests.Kit;

/// <summary>Puts delete triggers on tables, in the words of the database's engine.</summary>
public static class DatabaseTriggers
{
    /// <summary>Deleting a row of the table fails with a message.</summary>
    public static Task RaiseOnDeleteAsync(this TestDatabase database, string table, string message, CancellationToken cancellationToken = default)
        => database.HasSchemas
            ? CreateAsync(database, table, "stop", "BEFORE", $"RAISE EXCEPTION '{message}'", "RETURN OLD", cancellationToken)
            : database.ExecuteAsync($"CREATE TRIGGER stop_{table} BEFORE DELETE ON {TestDatabase.Quote(table)} BEGIN SELECT RAISE(ABORT, '{message}'); END", cancellationToken);

    /// <summary>For each deleted row of the table a statement runs, which knows the row as OLD.</summary>
    public static Task RunOnDeleteAsync(this TestDatabase database, string table, string sql, CancellationToken cancellationToken = default)
        => database.HasSchemas
            ? CreateAsync(database, table, "follow", "AFTER", sql, "RETURN NULL", cancellationToken)
            : database.ExecuteAsync($"CREATE TRIGGER follow_{table} AFTER DELETE ON {TestDatabase.Quote(table)} BEGIN {sql}; END", cancellationToken);

    private static Task CreateAsync(TestDatabase database, string table, string name, string time, string sql, string end, CancellationToken cancellationToken)
        => database.ExecuteAsync(
            $"""
            CREATE FUNCTION {name}_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {sql}; {end}; END $$;
            CREATE TRIGGER {name}_{table} {time} DELETE ON {TestDatabase.Quote(table)} FOR EACH ROW EXECUTE FUNCTION {name}_{table}();
            """,
            cancellationToken);
}
