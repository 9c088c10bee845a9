using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Archives;

/// <summary>A key of two columns is one key: half of it is neither in use, nor lost, nor given back.</summary>
public abstract class RestoreCompositeConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task A_reference_that_is_half_NULL_needs_no_row()
    {
        await using RowScenario rows = await RowScenario.CreateAsync(Engine, Model, "A 1>0/7 2>0/8 C 1>1/7 2>9 3>2/8");
        using var archive = new ArchiveFiles();
        string before = await rows.Database.ChecksumAsync(CancellationToken);
        await rows.PurgeAsync(options => options.ArchiveTo(archive.Folder));

        RestoreReport report = await PurgeArchive.RestoreAsync(archive.Folder, rows.Context, cancellationToken: CancellationToken);
        await rows.Database.ExecuteAsync("DROP TABLE floworxpurge_runs", CancellationToken);

        Assert.Equal(5, report.Tables.Sum(table => table.Rows));
        Assert.Equal(before, await rows.Database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_unique_key_of_which_another_row_has_one_column_is_free()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(
            Engine,
            rows: "A 1! 2 D 1>1/7 2>2/7",
            prepare: _ => "CREATE UNIQUE INDEX two ON \"D\" (\"ParentId\", \"OtherId\")");

        await scenario.RestoreAsync();

        await scenario.AssertOriginalAsync();
    }

    [Fact]
    public async Task A_lost_reference_of_which_one_column_is_another_now_is_refused()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine, Model, "A 1!>0/7 2>0/7 C 1>1/7");
        await scenario.Database.ExecuteAsync("UPDATE \"C\" SET \"ParentId\" = 2, \"OtherId\" = 7", CancellationToken);

        await scenario.AssertRefusedAsync(RestoreRefusalKind.DetachedRow, "is to another row now. Key: 1.");
    }

    [Fact]
    public async Task A_lost_reference_of_which_a_trigger_takes_one_column_away_is_not_given_back()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine, Model, "A 1!>0/7 2>0/7 C 1>1/7");
        foreach (string statement in scenario.Database.Pick<string[]>(
            sqlite:
            [
                "CREATE TRIGGER takes_half AFTER UPDATE ON \"C\" "
                    + "BEGIN UPDATE \"C\" SET \"OtherId\" = NULL WHERE \"Id\" = NEW.\"Id\"; END",
            ],
            postgreSql:
            [
                "CREATE FUNCTION takes_half() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.\"OtherId\" := NULL; RETURN NEW; END'",
                "CREATE TRIGGER takes_half BEFORE UPDATE ON \"C\" FOR EACH ROW EXECUTE FUNCTION takes_half()",
            ],
            mariaDb: ["CREATE TRIGGER takes_half BEFORE UPDATE ON \"C\" FOR EACH ROW SET NEW.\"OtherId\" = NULL"],
            sqlServer: []))
        {
            await scenario.Database.ExecuteAsync(statement, CancellationToken);
        }

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.RestoreAsync(options => options.AllowTrigger("takes_half")));

        Assert.Contains("without the reference that they had: expected 0, measured 1", failed.Message, StringComparison.Ordinal);
    }

    private static void Model(ModelBuilder model)
    {
        model.Entity<A>().HasAlternateKey(a => new { a.Id, a.OtherId });
        model.Entity<C>().HasOne<A>().WithMany().HasForeignKey(c => new { c.ParentId, c.OtherId })
            .HasPrincipalKey(a => new { a.Id, a.OtherId }).OnDelete(DeleteBehavior.ClientSetNull).IsRequired(false);
    }
}

public sealed class SqliteRestoreCompositeConformance() : RestoreCompositeConformance(Engine.Sqlite);

public sealed class PostgreSqlRestoreCompositeConformance() : RestoreCompositeConformance(Engine.PostgreSql);

public sealed class MariaDbRestoreCompositeConformance() : RestoreCompositeConformance(Engine.MariaDb);
