using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Properties;

/// <summary>Properties of every purge, on generated MariaDB databases.</summary>
public sealed class MariaDbPropertyTests
{
    private const int Cases = 40;

    [Fact]
    public async Task Every_purge_does_what_its_report_says_and_nothing_else()
    {
        await using MariaDbTestDatabase database = await MariaDbTestDatabase.CreateAsync();
        await Campaign.RunAsync(Cases, CaseEngine.MariaDb, it => CheckAsync(database, it));
    }

    // A new database for each case takes longer than the case.
    internal static async Task CheckAsync(MariaDbTestDatabase database, GeneratedCase it)
    {
        await database.ExecuteUncheckedAsync(await database.ScalarAsync<string>(
            "SELECT GROUP_CONCAT('DROP TABLE ', TABLE_NAME SEPARATOR ';') FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()")
            ?? "SELECT 1");
        await PurgeProperties.CheckAsync(database, Creatable(it));
    }

    /// <summary>
    /// The case without what InnoDB has not: keys between columns of two types, SET DEFAULT, SET NULL of a NOT NULL column, triggers that
    /// swallow a delete or write to their own table, counters that a rollback sets back after a trigger has inserted a row.
    /// </summary>
    private static GeneratedCase Creatable(GeneratedCase it) => it with
    {
        Tables = [.. it.Tables.Select((table, i) => table with
        {
            HasIdentity = table.HasIdentity
                && !it.Tables.Any(other => other.Trigger == TriggerKind.WriteTable && other.TriggerTarget % it.Tables.Count == i),
            Trigger = table.Trigger switch
            {
                TriggerKind.Swallow => TriggerKind.Raise,
                TriggerKind.WriteTable when table.TriggerTarget % it.Tables.Count == i => TriggerKind.WriteUnmapped,
                _ => table.Trigger,
            },
        })],
        Keys = [.. it.Keys.Select(key => key with
        {
            OnDelete = key.OnDelete == "SET DEFAULT" || (key.OnDelete == "SET NULL" && key.Nullable != NullableColumns.All)
                ? "NO ACTION"
                : key.OnDelete,
            IsInDatabase = key.IsInDatabase
                && it.Tables[key.Dependent].Drift == (key.IsIdentifying ? Drift.KeyType : Drift.ForeignKeyType)
                    == (it.Tables[key.Principal].Drift == Drift.KeyType),
        })],
    };
}
