using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.Archives;

/// <summary>A trigger that is allowed to fire may do no harm beside the rows that are restored.</summary>
public abstract class RestoreTriggerConformance(Engine engine) : ConformanceGroup(engine)
{
    private const string Renumber = "UPDATE \"A\" SET \"Id\" = 20 WHERE \"Id\" = 2";

    [Theory]
    [InlineData("no cycle")]
    [InlineData("a self-reference")]
    [InlineData("a cycle")]
    public async Task A_row_that_a_named_trigger_renumbers_under_a_restored_reference_fails_the_restore(string shape)
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(
            Engine,
            model => Model(model, shape),
            "A 1!>1 2 D 1>1/2");
        await scenario.Database.RunOnInsertAsync("D", Renumber, CancellationToken);
        string purged = await scenario.Database.ChecksumAsync(CancellationToken);

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.RestoreAsync(options => options.AllowTrigger("follow_D")));

        Assert.True(failed.RestoreReport is { Verdict: RestoreVerdict.Failed }, failed.ToString());
        Assert.Equal(purged, await scenario.Database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_session_that_checks_no_foreign_keys_restores_no_reference_to_nothing()
    {
        Assert.SkipUnless(Engine == Engine.Sqlite, "Other engines check them in the session of a restore.");
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(
            Engine,
            model => Model(model, "no cycle"),
            "A 1!>1 2 D 1>1/2");
        await scenario.Database.RunOnInsertAsync("D", Renumber, CancellationToken);
        string purged = await scenario.Database.ChecksumAsync(CancellationToken);
        string connection = new SqliteConnectionStringBuilder(scenario.Database.ConnectionString) { ForeignKeys = false }.ConnectionString;
        await using var context = new ScenarioContext(
            null,
            model =>
            {
                Tables(model);
                Model(model, "no cycle");
            },
            options => options.UseSqlite(connection));

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(() => PurgeArchive.RestoreAsync(
            scenario.Folder,
            context,
            options => options.AllowTrigger("follow_D"),
            CancellationToken));

        Assert.Contains("to no row: expected 0, measured 1", failed.Message, StringComparison.Ordinal);
        Assert.Equal(purged, await scenario.Database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task Rows_that_a_named_trigger_adds_are_found_and_rolled_back()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        await scenario.Database.RunOnInsertAsync(
            "D",
            "INSERT INTO \"A\" (\"Id\", \"Marked\") VALUES (NEW.\"Id\" + 100, NEW.\"Marked\")",
            CancellationToken);
        string purged = await scenario.Database.ChecksumAsync(CancellationToken);

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.RestoreAsync(options => options.AllowTrigger("follow_D")));

        Assert.Contains($"rows of {Name("A")}: expected 3, measured 5", failed.Message, StringComparison.Ordinal);
        Assert.Equal(purged, await scenario.Database.ChecksumAsync(CancellationToken));
    }

    // D references what is restored by its one column, and what stays by the other.
    private static void Model(ModelBuilder model, string shape)
    {
        Optional<D, A>(model, nameof(Row.ParentId), DeleteBehavior.ClientCascade);
        Optional<D, A>(model, nameof(Row.OtherId), DeleteBehavior.ClientSetNull);
        if (shape == "a self-reference")
        {
            Optional<A, A>(model, nameof(Row.ParentId), DeleteBehavior.ClientCascade);
        }
        else if (shape == "a cycle")
        {
            Optional<A, D>(model, nameof(Row.ParentId), DeleteBehavior.ClientCascade);
        }
    }
}

public sealed class SqliteRestoreTriggerConformance() : RestoreTriggerConformance(Engine.Sqlite);

public sealed class PostgreSqlRestoreTriggerConformance() : RestoreTriggerConformance(Engine.PostgreSql);

public sealed class MariaDbRestoreTriggerConformance() : RestoreTriggerConformance(Engine.MariaDb);
