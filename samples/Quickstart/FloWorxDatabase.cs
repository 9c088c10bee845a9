using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

namespace Quickstart;

/// <summary>Makes the database of the FloWorx report: 15 tables as the model has them, full of test rows, and five that have drifted.</summary>
/// <remarks>
/// Drops nothing. The table <c>quickstart_tables</c> lists what was made here; a table of the model that is not on the list
/// belongs to somebody else, and then nothing is written at all.
/// </remarks>
internal static class FloWorxDatabase
{
    private const string ListName = "quickstart_tables";

    /// <summary>Creates what is not there yet and fills it when it is empty, in one transaction.</summary>
    /// <returns><see langword="null"/>, or why nothing was written.</returns>
    public static async Task<string?> PrepareAsync(DbContextOptions options)
    {
        await using var model = new FloWorxContext(options);
        await using var db = new DeployedContext(options);
        await using IDbContextTransaction transaction = await db.Database.BeginTransactionAsync();

        string list = db.Database.IsNpgsql() ? $"public.{ListName}" : ListName;
        HashSet<string> live = [.. await LiveNamesAsync(db)];
        HashSet<string> made = live.Contains(list) ? [.. await MadeNamesAsync(db, list)] : [];

        string[] foreign = [.. TableNames(model).Where(name => live.Contains(name) && !made.Contains(name))];
        string[] gone = [.. made.Where(name => !live.Contains(name)).Order(StringComparer.Ordinal)];
        if (foreign.Length > 0)
        {
            return $"Nothing was written: the database already has {string.Join(", ", foreign)}, not made by this sample. Use an empty database.";
        }

        if (gone.Length > 0)
        {
            return $"Nothing was written: the database no longer has {string.Join(", ", gone)}, made by this sample. Use an empty database.";
        }

        if (made.Count == 0)
        {
            await db.GetService<IRelationalDatabaseCreator>().CreateTablesAsync();
            string[] drifted = await CreateDriftedAsync(db);
            await WriteListAsync(db, list, [.. TableNames(db), .. drifted]);
        }

        if (!await db.AuthUsers.AnyAsync())
        {
            await FloWorxRows.AddAsync(db);
        }

        await transaction.CommitAsync();
        return null;
    }

    private static IEnumerable<string> TableNames(DbContext db)
        => db.Model.GetEntityTypes().Select(type => type.GetSchemaQualifiedTableName()!).Order(StringComparer.Ordinal);

    private static Task<List<string>> LiveNamesAsync(DbContext db)
        => db.Database.SqlQueryRaw<string>(db.Database.IsNpgsql()
            ? """
              SELECT n.nspname || '.' || c.relname AS "Value"
              FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
              WHERE n.nspname IN ('auth', 'public')
              """
            : """SELECT name AS "Value" FROM sqlite_master""").ToListAsync();

    private static Task<List<string>> MadeNamesAsync(DbContext db, string list)
    {
        string sql = $"""SELECT name AS "Value" FROM {list}""";
        return db.Database.SqlQueryRaw<string>(sql).ToListAsync();
    }

    private static async Task WriteListAsync(DbContext db, string list, string[] names)
    {
        string create = $"CREATE TABLE {list} (name TEXT NOT NULL PRIMARY KEY)";
        string insert = $"INSERT INTO {list} (name) VALUES (@p0)";
        await db.Database.ExecuteSqlRawAsync(create);
        foreach (string name in names)
        {
            await db.Database.ExecuteSqlRawAsync(insert, name);
        }
    }

    /// <summary>Creates the drifted tables with rows that point at nothing, so that keeping these rows blocks no other table. There is no <c>clients</c>.</summary>
    /// <returns>The names of the tables.</returns>
    private static async Task<string[]> CreateDriftedAsync(DbContext db)
    {
        (string schema, string uuid, string bigint) = db.Database.IsNpgsql() ? ("public.", "uuid", "bigint") : ("", "TEXT", "INTEGER");
        (string Name, string Columns, string Rows)[] tables =
        [
            ("client_config",
                $"id {uuid} NOT NULL PRIMARY KEY, config_key TEXT NOT NULL, config_value TEXT",
                """
                ('a0000000-0000-4000-8000-000000000001', 'time_zone', 'Europe/London'),
                ('a0000000-0000-4000-8000-000000000002', 'language', 'en'),
                ('a0000000-0000-4000-8000-000000000003', 'theme', 'dark'),
                ('a0000000-0000-4000-8000-000000000004', 'digest', NULL)
                """),
            ("user_connections",
                $"id {uuid} NOT NULL PRIMARY KEY, service TEXT NOT NULL, account_label TEXT NOT NULL",
                """
                ('b0000000-0000-4000-8000-000000000001', 'gmail', 'support inbox'),
                ('b0000000-0000-4000-8000-000000000002', 'gmail', 'sales inbox'),
                ('b0000000-0000-4000-8000-000000000003', 'calendar', 'bookings')
                """),
            ("onboarding_progress",
                $"id {bigint} NOT NULL PRIMARY KEY, user_id {uuid}, current_step TEXT NOT NULL, steps_done INTEGER NOT NULL",
                "(1, NULL, 'connect-gmail', 1), (2, NULL, 'business-type', 2), (3, NULL, 'labels', 3)"),
            ("business_configs",
                $"id {bigint} NOT NULL PRIMARY KEY, business_profile_id {uuid}, setting TEXT NOT NULL, setting_value TEXT NOT NULL",
                "(1, NULL, 'reply-tone', 'friendly'), (2, NULL, 'opening-hours', '9-17')"),
        ];

        foreach ((string name, string columns, string rows) in tables)
        {
            string create = $"CREATE TABLE {schema}{name} ({columns})";
            string insert = $"INSERT INTO {schema}{name} VALUES {rows}";
            await db.Database.ExecuteSqlRawAsync(create);
            await db.Database.ExecuteSqlRawAsync(insert);
        }

        return [.. tables.Select(table => schema + table.Name)];
    }

    /// <summary>The part of the model that was deployed as it stands.</summary>
    private sealed class DeployedContext(DbContextOptions options) : FloWorxContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            base.OnModelCreating(modelBuilder);
            modelBuilder.Ignore<Client>();
            modelBuilder.Ignore<ClientConfig>();
            modelBuilder.Ignore<UserConnection>();
            modelBuilder.Ignore<OnboardingProgress>();
            modelBuilder.Ignore<BusinessConfig>();
        }
    }
}
