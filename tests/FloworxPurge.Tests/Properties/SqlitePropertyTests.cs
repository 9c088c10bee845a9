using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Servers;

namespace FloworxPurge.Tests.Properties;

/// <summary>Properties of every purge, on generated SQLite databases.</summary>
public sealed class SqlitePropertyTests
{
    private const int Cases = 250;

    [Fact]
    public Task Every_purge_does_what_its_report_says_and_nothing_else()
    {
        QuickRun.SkipLongTest();
        return Campaign.RunAsync(Cases, CaseEngine.Sqlite, CheckAsync);
    }

    [Theory]
    [InlineData("SET NULL")]
    [InlineData("SET DEFAULT")]
    public Task A_self_reference_whose_action_would_write_null_where_none_is_accepted_is_skipped(string action)
        => CheckAsync(new GeneratedCase
        {
            Tables = [new CaseTable { Name = "t0", Rows = 2 }],
            Keys = [new CaseKey { Dependent = 0, Principal = 0, OnDelete = action }],
        });

    [Fact]
    public Task A_violated_self_reference_does_not_stop_another_one_from_being_set_to_null()
        => CheckAsync(new GeneratedCase
        {
            Tables = [new CaseTable { Name = "t0", Rows = 1 }],
            Keys =
            [
                new CaseKey { Dependent = 0, Principal = 0, Dangles = true },
                new CaseKey { Dependent = 0, Principal = 0, OnDelete = "CASCADE", Nullable = NullableColumns.All },
            ],
        });

    [Fact]
    public Task A_table_whose_cascade_leads_to_a_key_without_a_table_is_skipped()
        => CheckAsync(new GeneratedCase
        {
            Tables = [
                new CaseTable { Name = "t0" },
                new CaseTable { Name = "t1", Rows = 1 },
                new CaseTable { Name = "t2", Drift = Drift.TableMissing }],
            Keys = [
                new CaseKey { Dependent = 0, Principal = 1, OnDelete = "CASCADE" },
                new CaseKey { Dependent = 0, Principal = 2, Dangles = true }],
        });

    [Fact]
    public Task A_dependent_whose_rows_block_only_a_cycle_that_cannot_be_broken_is_not_purged_for_nothing()
        => CheckAsync(new GeneratedCase
        {
            Tables = [
                new CaseTable { Name = "t0", Rows = 1, IsMapped = false },
                new CaseTable { Name = "t1" },
                new CaseTable { Name = "t2", Rows = 1 }],
            Keys =
            [
                new CaseKey { Dependent = 0, Principal = 1, Nullable = NullableColumns.All },
                new CaseKey { Dependent = 2, Principal = 2, OnDelete = "SET DEFAULT" },
                new CaseKey { Dependent = 0, Principal = 2 },
            ],
            OnBlocked = OnBlocked.IncludeDependents,
        });

    [Fact]
    public Task A_dependent_from_which_the_engine_refuses_to_delete_is_not_included()
        => CheckAsync(new GeneratedCase
        {
            Tables = [
                new CaseTable { Name = "t0" },
                new CaseTable { Name = "t1", IsMapped = false, Rows = 1 },
                new CaseTable { Name = "t2", IsMapped = false },
                new CaseTable { Name = "t3", Drift = Drift.TableMissing }],
            Keys =
            [
                new CaseKey { Dependent = 1, Principal = 0, Dangles = true },
                new CaseKey { Dependent = 2, Principal = 1, OnDelete = "CASCADE" },
                new CaseKey { Dependent = 2, Principal = 3, Dangles = true },
            ],
            OnBlocked = OnBlocked.IncludeDependents,
        });

    internal static async Task CheckAsync(GeneratedCase it)
    {
        await using SqliteTestDatabase database = it.IsFile ? SqliteTestDatabase.Create() : SqliteTestDatabase.CreateInMemory();
        await PurgeProperties.CheckAsync(database, it);
    }
}
