using System.Data.Common;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.Archives;

/// <summary>An archive holds what is taken away, whatever the answer to the commit, the names, and other sessions.</summary>
public abstract class ArchiveCareConformance(Engine engine) : ConformanceGroup(engine)
{
    private const string AddReference =
        "INSERT INTO \"C\" (\"Id\", \"ParentId\", \"OtherId\", \"Marked\") VALUES (9, 2, 1, FALSE)";

    [Fact]
    public async Task An_archive_stays_where_the_answer_to_the_commit_is_lost()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, RestoreScenario.Model, RestoreScenario.Data);
        using var archive = new ArchiveFiles();
        await using var context = new ScenarioContext(
            scenario.Database,
            model =>
            {
                Tables(model);
                RestoreScenario.Model(model);
            },
            options => options.AddInterceptors(new LostAnswer()));
        Purger purger = Engine.Purger(options => options.Rows<A>(a => a.Marked).ArchiveTo(archive.Folder));
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);

        Exception? failed = await Record.ExceptionAsync(
            () => purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken));

        Assert.True(failed is null or PurgeException { Report.IsCommitted: null }, failed?.ToString());
        Assert.Equal("2", await scenario.KeysAsync("A"));
        archive.AssertWhole();
        await PurgeArchive.RestoreAsync(archive.Folder, scenario.Context, cancellationToken: CancellationToken);
        Assert.Equal("1 2 3", await scenario.KeysAsync("A"));
    }

    [Fact]
    public async Task A_name_of_a_table_that_leads_out_of_the_folder_is_no_name_of_a_file()
    {
        const string Table = "../D: é";
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(
            Engine,
            model =>
            {
                RestoreScenario.Model(model);
                model.Entity<D>().ToTable(Table);
            },
            "A 1! 2",
            database => $"INSERT INTO \"{Table}\" (\"Id\", \"ParentId\", \"Marked\") SELECT \"Id\", \"Id\", \"Marked\" FROM \"A\"");

        string[] files = [.. Directory.GetFiles(scenario.Folder).Select(file => Path.GetFileName(file))];
        await scenario.RestoreAsync();

        Assert.Contains(files, file => file.EndsWith("D___.tsv.gz", StringComparison.Ordinal));
        Assert.All(files, file => Assert.Matches("^[A-Za-z0-9_.-]+$", file));
        await scenario.AssertOriginalAsync();
    }

    [Fact]
    public async Task Rows_without_a_key_that_would_lose_a_reference_refuse_the_run()
    {
        Assert.SkipWhen(Engine == Engine.Sqlite, "SQLite drops no primary key.");
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model => Optional<C, A>(model, nameof(Row.OtherId), DeleteBehavior.ClientSetNull),
            "A 1! 2 C 1>1/1");
        using var archive = new ArchiveFiles();
        await scenario.Database.ExecuteAsync(
            scenario.Database.Pick(
                sqlite: string.Empty,
                postgreSql: "ALTER TABLE \"C\" DROP CONSTRAINT \"PK_C\"",
                mariaDb: "ALTER TABLE \"C\" DROP PRIMARY KEY",
                sqlServer: string.Empty),
            CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked).ArchiveTo(archive.Folder)));

        Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
        Assert.Contains("has no primary key, so that its rows that lose a reference to", refused.Message, StringComparison.Ordinal);
        Assert.Equal("1", await scenario.ValuesAsync("SELECT \"OtherId\" FROM \"C\""));
        Assert.True(archive.IsNothing);
    }

    [Fact]
    public async Task A_row_that_comes_to_lose_a_reference_is_not_changed_by_another_session_once_it_is_archived()
    {
        Assert.SkipUnless(Engine == Engine.PostgreSql, "Elsewhere locks keep other sessions from adding such a row.");
        await using RowScenario scenario = await CreateWithoutKeyAsync();
        using var archive = new ArchiveFiles();
        List<Exception?> changed = [];

        await PurgeAsync(
            scenario,
            archive,
            selected: () => scenario.Database.ExecuteAsync(AddReference, CancellationToken),
            archived: async () => changed.Add(await Record.ExceptionAsync(() => scenario.Database.ExecuteAsync(
                "SET lock_timeout = '1s'; UPDATE \"C\" SET \"OtherId\" = 3 WHERE \"Id\" = 9",
                CancellationToken))));

        Assert.IsType<DbException>(Assert.Single(changed), exactMatch: false);
        Assert.Equal("- -", await scenario.ValuesAsync("SELECT \"OtherId\" FROM \"C\" ORDER BY \"Id\""));
        Assert.Equal(2, archive.Lines("C", isDetached: true).Count);
    }

    [Fact]
    public async Task A_reference_that_another_session_adds_once_the_others_are_archived_fails_the_run()
    {
        Assert.SkipUnless(Engine == Engine.PostgreSql, "Elsewhere locks keep other sessions from adding such a row.");
        await using RowScenario scenario = await CreateWithoutKeyAsync();
        using var archive = new ArchiveFiles();

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(() => PurgeAsync(
            scenario,
            archive,
            selected: () => Task.CompletedTask,
            archived: () => scenario.Database.ExecuteAsync(AddReference, CancellationToken)));

        Assert.Contains("that lost a reference, in the archive: expected 2, found 1", failed.Message, StringComparison.Ordinal);
        Assert.Equal("1 1 3 1", await scenario.ValuesAsync("SELECT \"OtherId\" FROM \"C\" ORDER BY \"Id\""));
        Assert.True(archive.IsNothing);
    }

    // A reference that only the model knows: no lock of the server keeps another session from adding one.
    private async Task<RowScenario> CreateWithoutKeyAsync()
    {
        RowScenario scenario = await RowScenario.CreateAsync(Engine, RestoreScenario.Model, RestoreScenario.Data);
        await scenario.Database.ExecuteAsync("ALTER TABLE \"C\" DROP CONSTRAINT \"FK_C_A_OtherId\"", CancellationToken);
        return scenario;
    }

    /// <summary>
    /// Purges, and does something once the rows are selected, and once the rows that lose a reference are archived and before they lose it.
    /// </summary>
    private async Task PurgeAsync(RowScenario scenario, ArchiveFiles archive, Func<Task> selected, Func<Task> archived)
    {
        Purger purger = Engine.Purger(options => options.Rows<A>(a => a.Marked).ArchiveTo(archive.Folder));
        PurgePlan plan = await purger.PlanAsync(scenario.Context, CancellationToken);
        string detach = plan.Steps.Single(step => step.Kind == PlanStepKind.Detach).Sql;
        var phases = new Phases();
        bool isSelected = false;
        var hook = new CommandHook
        {
            Before = async (command, _) =>
            {
                if (!isSelected && phases.Last == PurgePhase.Counting)
                {
                    isSelected = true;
                    await selected();
                }

                if (command.CommandText == detach)
                {
                    await archived();
                }
            },
        };
        await using ScenarioContext context = scenario.CreateContext(hook);
        await purger.ExecuteAsync(context, plan, phases, CancellationToken);
    }

    /// <summary>What a run is about, told at once.</summary>
    private sealed class Phases : IProgress<PurgeProgress>
    {
        public PurgePhase? Last { get; private set; }

        public void Report(PurgeProgress value) => Last = value.Phase;
    }

    /// <summary>The commit is done, and nobody hears of it.</summary>
    private sealed class LostAnswer : DbTransactionInterceptor
    {
        public override Task TransactionCommittedAsync(
            DbTransaction transaction,
            TransactionEndEventData eventData,
            CancellationToken cancellationToken = default)
            => throw new IOException("the answer is lost");
    }
}

public sealed class SqliteArchiveCareConformance() : ArchiveCareConformance(Engine.Sqlite);

public sealed class PostgreSqlArchiveCareConformance() : ArchiveCareConformance(Engine.PostgreSql);

public sealed class MariaDbArchiveCareConformance() : ArchiveCareConformance(Engine.MariaDb);
