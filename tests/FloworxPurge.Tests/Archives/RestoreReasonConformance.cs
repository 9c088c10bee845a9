using System.Security.Cryptography;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Archives;

/// <summary>A refused restore says what stands against it, and nothing that follows from that or cannot be judged.</summary>
public abstract class RestoreReasonConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task What_another_database_holds_is_not_looked_at()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        await scenario.Rows.InsertAsync("A 3");

        RestoreReport report = await scenario.AssertRefusedAsync(
            RestoreRefusalKind.OtherDatabase,
            "and RequiredDatabase says \"other\"",
            options => options.RequiredDatabase = "other");

        Assert.Single(report.Refusals);
    }

    [Fact]
    public async Task Of_an_archive_that_is_restored_no_key_is_called_in_use()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        await scenario.RestoreAsync();

        RestoreReport report = await scenario.AssertRefusedAsync(RestoreRefusalKind.AlreadyRestored, "was restored at");

        Assert.Single(report.Refusals);
    }

    [Fact]
    public async Task Of_an_archive_that_was_changed_no_row_is_read()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        await scenario.Rows.InsertAsync("A 3");
        await using (FileStream file = File.OpenWrite(scenario.PathOf("D")))
        {
            file.SetLength(file.Length - 1);
        }

        RestoreReport report = await scenario.AssertRefusedAsync(RestoreRefusalKind.Archive, "was cut");

        Assert.Single(report.Refusals);
    }

    [Fact]
    public async Task A_stream_that_cannot_read_the_files_is_not_taken_for_a_change_of_them()
    {
        await using RowScenario rows = await RowScenario.CreateAsync(Engine, RestoreScenario.Model, RestoreScenario.Data);
        using var archive = new ArchiveFiles();
        await rows.PurgeAsync(options => options.Rows<A>(a => a.Marked).ArchiveTo(archive.Folder, wrap: stream => stream));

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => PurgeArchive.RestoreAsync(
            archive.Folder,
            rows.Context,
            options => options.Unwrap = _ => throw new CryptographicException("the key is another one"),
            CancellationToken));

        Assert.Contains("cannot be unpacked (the key is another one)", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("was changed", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_column_that_the_database_computes_now_is_refused()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        string added = scenario.Database.Pick(
            sqlite: "TEXT GENERATED ALWAYS AS ('x') VIRTUAL",
            postgreSql: "character varying(40) GENERATED ALWAYS AS ('x') STORED",
            mariaDb: "varchar(40) GENERATED ALWAYS AS ('x') STORED",
            sqlServer: string.Empty);
        await scenario.Database.ExecuteAsync("ALTER TABLE \"B\" DROP COLUMN \"Code\"", CancellationToken);
        await scenario.Database.ExecuteAsync($"ALTER TABLE \"B\" ADD COLUMN \"Code\" {added}", CancellationToken);

        await scenario.AssertRefusedAsync(
            RestoreRefusalKind.Structure,
            "column \"Code\" is computed by the database now, and was not");
    }

    [Fact]
    public async Task A_connection_that_is_read_only_is_refused()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        await scenario.Rows.Context.Database.OpenConnectionAsync(CancellationToken);
        await scenario.Rows.Context.Database.ExecuteSqlRawAsync(
            scenario.Database.Pick(
                sqlite: "PRAGMA query_only = ON",
                postgreSql: "SET default_transaction_read_only = on",
                mariaDb: "SET SESSION TRANSACTION READ ONLY",
                sqlServer: string.Empty),
            CancellationToken);

        await scenario.AssertRefusedAsync(RestoreRefusalKind.Session, "The connection is read-only");
    }
}

public sealed class SqliteRestoreReasonConformance() : RestoreReasonConformance(Engine.Sqlite);

public sealed class PostgreSqlRestoreReasonConformance() : RestoreReasonConformance(Engine.PostgreSql);

public sealed class MariaDbRestoreReasonConformance() : RestoreReasonConformance(Engine.MariaDb);
