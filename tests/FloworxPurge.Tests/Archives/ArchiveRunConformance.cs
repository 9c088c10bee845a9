using System.Globalization;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.Archives;

/// <summary>What a run deletes is in its archive, exactly; and where nothing is deleted, there is no archive.</summary>
public abstract class ArchiveRunConformance(Engine engine) : ConformanceGroup(engine)
{
    private const string Data = "A 1! 2 3! B 1>1 2>2 3>3 C 1>1/1 2>2/1 3>3/3 D 1>1 2>2 3>1";

    [Fact]
    public async Task The_files_hold_exactly_the_rows_that_were_deleted()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        using var archive = new ArchiveFiles();
        Dictionary<string, string[]> deleted = new()
        {
            ["A"] = await RowsAsync(scenario, "A", "1, 3"),
            ["B"] = await RowsAsync(scenario, "B", "1, 3"),
            ["C"] = await RowsAsync(scenario, "C", "1, 3"),
            ["D"] = await RowsAsync(scenario, "D", "1, 3"),
        };

        (PurgePlan plan, PurgeReport report) = await scenario.PurgeAsync(options => Configure(options, archive));

        Assert.Equal((PurgeVerdict.Complete, 8), (report.Verdict, report.RowsDeleted));
        Assert.All(deleted, pair => Assert.Equal(pair.Value, archive.Lines(pair.Key)));
        Assert.Equal(archive.Folder, plan.Archive!.Directory);
        archive.AssertWhole();
        Assert.Equal(["Id", "ParentId", "OtherId", "Code", "Marked"], archive.Columns("A").OrderBy(Position));
        Assert.Equal(["A", "B", "C", "D"], archive.Manifest.Tables.Where(table => !table.IsDetached).Select(table => table.Table.Name));
        await AssertReceiptAsync(scenario, archive, report);
    }

    [Fact]
    public async Task Rows_that_stay_and_lose_a_reference_are_archived_with_key_and_old_value()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        using var archive = new ArchiveFiles();

        (_, PurgeReport report) = await scenario.PurgeAsync(options => Configure(options, archive));

        Assert.Equal(["Id", "OtherId"], archive.Columns("C", isDetached: true));
        Assert.Equal([Line(2, 1)], archive.Lines("C", isDetached: true));
        Assert.Equal(9, report.Archive!.Rows);
        Assert.Contains(report.Verifications, check => check.Name == $"rows of {Name("C")} that lost a reference, in the archive"
            && check is { Expected: "1", Actual: "1", Outcome: Outcome.Passed });
        Assert.Contains(report.Verifications, check => check.Name == $"rows of table {Name("A")} in the archive"
            && check is { Expected: "2", Actual: "2", Outcome: Outcome.Passed });
    }

    [Fact]
    public async Task Whole_tables_are_locked_deleted_and_archived()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        using var archive = new ArchiveFiles();
        string[] all = await RowsAsync(scenario, "C", "1, 2, 3");

        (PurgePlan plan, PurgeReport report) = await scenario.PurgeAsync(
            options => options.ArchiveTo(archive.Folder, retainUntil: new DateOnly(2036, 12, 31)));

        Assert.Equal((PurgeVerdict.Complete, 12), (report.Verdict, report.RowsDeleted));
        Assert.DoesNotContain(plan.Steps, step => step.Kind == PlanStepKind.Truncate);
        Assert.Equal(all, archive.Lines("C"));
        Assert.Equal(12, archive.Chunks.Single().Parts.Sum(part => part.Rows));
        Assert.Equal(new DateOnly(2036, 12, 31), archive.Manifest.RetainUntil);
        archive.AssertWhole();
        await AssertReceiptAsync(scenario, archive, report);
    }

    [Fact]
    public async Task Rows_of_cycles_and_self_references_are_archived_as_they_were()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model =>
            {
                Optional<A, A>(model, nameof(Row.OtherId), DeleteBehavior.ClientCascade);
                Optional<A, B>(model, nameof(Row.ParentId), DeleteBehavior.ClientCascade);
                Optional<B, A>(model, nameof(Row.ParentId), DeleteBehavior.ClientCascade);
            },
            "A 1!>1 2>1/1 3 B 1>1 2>2 3>3");
        using var archive = new ArchiveFiles();
        string[] a = await RowsAsync(scenario, "A", "1, 2");
        string[] b = await RowsAsync(scenario, "B", "1, 2");

        (_, PurgeReport report) = await scenario.PurgeAsync(options => Configure(options, archive));

        Assert.Equal(4, report.RowsDeleted);
        Assert.Equal(a, archive.Lines("A"));
        Assert.Equal(b, archive.Lines("B"));
        Assert.Single(archive.Manifest.Tables.Where(table => table.Table.Name is "A" or "B").Select(table => table.Component).Distinct());
    }

    [Fact]
    public async Task A_trigger_that_changes_a_parent_while_its_children_are_deleted_does_not_change_the_archive()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        using var archive = new ArchiveFiles();
        await scenario.Database.RunOnDeleteAsync("B", "UPDATE \"A\" SET \"Code\" = 'changed' WHERE \"Id\" = 1", CancellationToken);
        string[] a = await RowsAsync(scenario, "A", "1, 2, 3");

        (_, PurgeReport report) = await scenario.PurgeAsync(options => options.ArchiveTo(archive.Folder));

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(a, archive.Lines("A"));
    }

    [Fact]
    public async Task A_row_that_a_trigger_adds_and_the_run_deletes_is_in_no_archive_and_fails_the_run()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, _ => { }, "A 1 D 1 2");
        using var archive = new ArchiveFiles();
        string no = scenario.Database.Pick(sqlite: "0", postgreSql: "FALSE", mariaDb: "0", sqlServer: "0");
        await scenario.Database.RunOnDeleteAsync("A", $"INSERT INTO \"D\" (\"Id\", \"Marked\") VALUES (100, {no})", CancellationToken);
        string before = await scenario.Database.ChecksumAsync(CancellationToken);

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(options => options.ArchiveTo(archive.Folder)));

        Assert.True(failed.Report!.Verdict == PurgeVerdict.Failed, failed.Message);
        Assert.Contains($"rows of table {Name("D")} in the archive: expected 3, found 2", failed.Message, StringComparison.Ordinal);
        Assert.Equal(before, await ChecksumAsync(scenario));
        Assert.True(archive.IsNothing);
    }

    [Fact]
    public async Task A_run_that_is_rolled_back_leaves_no_file_and_no_folder()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        using var archive = new ArchiveFiles();
        await scenario.Database.RaiseOnDeleteAsync("A", "not this one", CancellationToken);
        string before = await scenario.Database.ChecksumAsync(CancellationToken);

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(options => Configure(options, archive)));

        Assert.Equal(PurgeVerdict.Failed, failed.Report!.Verdict);
        Assert.True(archive.IsNothing);
        ArchiveReport nothing = failed.Report!.Archive!;
        Assert.Equal((0, 0L, null), (nothing.Files, nothing.Rows, nothing.Hash));
        Assert.Equal(0, await scenario.Database.ScalarAsync<long>("SELECT COUNT(*) FROM floworxpurge_runs", CancellationToken));
        Assert.Equal(before, await ChecksumAsync(scenario));
    }

    [Fact]
    public async Task A_folder_that_exists_is_used_when_it_is_empty_and_left_when_the_run_fails()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        using var archive = new ArchiveFiles();
        Directory.CreateDirectory(archive.Folder);
        await scenario.Database.RaiseOnDeleteAsync("A", "not this one", CancellationToken);

        await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(options => Configure(options, archive)));

        Assert.Empty(Directory.GetFileSystemEntries(archive.Folder));
    }

    [Fact]
    public async Task A_folder_that_is_not_empty_is_refused_before_anything_is_written()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        using var archive = new ArchiveFiles();
        Directory.CreateDirectory(archive.Folder);
        string note = Path.Combine(archive.Folder, "note.txt");
        await File.WriteAllTextAsync(note, "mine", CancellationToken);
        string before = await scenario.Database.ChecksumAsync(CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(options => Configure(options, archive)));

        Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
        Assert.Contains("the folder is not empty (\"note.txt\")", refused.Message, StringComparison.Ordinal);
        Purger purger = Engine.Purger(options => Configure(options, archive));
        PurgePlan plan = await purger.PlanAsync(scenario.Context, CancellationToken);
        PurgeException dry = await Assert.ThrowsAsync<PurgeException>(
            () => purger.DryRunAsync(scenario.Context, plan, CancellationToken));
        Assert.Contains("the folder is not empty (\"note.txt\")", dry.Message, StringComparison.Ordinal);
        Assert.Equal(before, await scenario.Database.ChecksumAsync(CancellationToken));
        Assert.Equal(["mine"], await File.ReadAllLinesAsync(note, CancellationToken));
    }

    [Fact]
    public async Task A_second_run_does_not_write_into_the_archive_of_the_first()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        using var archive = new ArchiveFiles();
        await scenario.PurgeAsync(options => Configure(options, archive));
        string hash = archive.LastHash;

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(options => options.Rows<A>(a => a.Id == 2).ArchiveTo(archive.Folder)));

        Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
        Assert.Contains("It holds another archive, which is committed.", refused.Message, StringComparison.Ordinal);
        archive.AssertWhole();
        Assert.Equal(hash, archive.LastHash);
    }

    [Fact]
    public async Task A_plan_without_an_archive_is_refused_by_a_purger_that_writes_one_and_the_other_way_round()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        using var archive = new ArchiveFiles();
        Purger with = Engine.Purger(options => Configure(options, archive));
        Purger without = Engine.Purger(options => options.Rows<A>(a => a.Marked));
        PurgePlan plan = await with.PlanAsync(scenario.Context, CancellationToken);
        PurgePlan plain = await without.PlanAsync(scenario.Context, CancellationToken);

        PurgeException one = await Assert.ThrowsAsync<PurgeException>(
            () => with.ExecuteAsync(scenario.Context, plain, cancellationToken: CancellationToken));
        PurgeException other = await Assert.ThrowsAsync<PurgeException>(
            () => without.ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken));

        Assert.Contains("the plan has no archive", one.Message, StringComparison.Ordinal);
        Assert.Contains("the plan writes an archive", other.Message, StringComparison.Ordinal);
        Assert.True(archive.IsNothing);
        Assert.NotEqual(plan.Fingerprint, plain.Fingerprint);
        using var elsewhere = new ArchiveFiles();
        PurgePlan another = await Engine.Purger(options => Configure(options, elsewhere)).PlanAsync(scenario.Context, CancellationToken);
        Assert.Equal(plan.Fingerprint, another.Fingerprint);
    }

    [Fact]
    public async Task A_callers_transaction_holds_the_receipt_and_its_rollback_takes_it_back()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        using var archive = new ArchiveFiles();
        using var undone = new ArchiveFiles();
        using var first = new ArchiveFiles();
        await scenario.PurgeAsync(options => options.Rows<A>(a => a.Id == 3).ArchiveTo(first.Folder));
        foreach ((ArchiveFiles files, bool commits) in new[] { (undone, false), (archive, true) })
        {
            await using IDbContextTransaction transaction = await scenario.Context.Database.BeginTransactionAsync(CancellationToken);
            Purger purger = Engine.Purger(options => Configure(options, files));
            PurgePlan plan = await purger.PlanAsync(scenario.Context, CancellationToken);
            PurgeReport report = await purger.ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken);
            Assert.True(report.JoinedTransaction);
            await (commits ? transaction.CommitAsync(CancellationToken) : transaction.RollbackAsync(CancellationToken));
        }

        archive.AssertWhole();
        undone.AssertWhole();
        Assert.Equal(archive.LastHash, await HashAsync(scenario, archive.Manifest.RunId));
        Assert.Null(await HashAsync(scenario, undone.Manifest.RunId));
        Assert.Equal("2", await scenario.KeysAsync("A"));
    }

    [Fact]
    public async Task A_run_can_be_cancelled_at_any_command_and_rows_are_in_the_database_or_in_an_archive_with_its_receipt()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        using var archive = new ArchiveFiles();
        Purger purger = Engine.Purger(options => Configure(options, archive));
        PurgePlan plan = await purger.PlanAsync(scenario.Context, CancellationToken);
        bool isDone = false;
        for (int gap = 1; !isDone; gap += 7)
        {
            using var cancelling = new CancellationTokenSource();
            var hook = new CommandHook { Before = (_, number) => number == gap ? new ValueTask(cancelling.CancelAsync()) : ValueTask.CompletedTask };
            await using ScenarioContext context = scenario.CreateContext(hook);
            try
            {
                isDone = (await purger.ExecuteAsync(context, plan, cancellationToken: cancelling.Token)).RowsDeleted == 8;
            }
            catch (PurgeException exception)
            {
                isDone = exception.Report!.IsCommitted == true;
            }

            Assert.Equal(isDone ? "2" : "1 2 3", await scenario.KeysAsync("A"));
            Assert.True(isDone || archive.IsNothing, $"cancelled at command {gap}");
        }

        archive.AssertWhole();
        Assert.Equal(archive.LastHash, await HashAsync(scenario, archive.Manifest.RunId));
    }

    [Fact]
    public async Task An_archive_whose_transaction_is_lost_at_the_commit_has_no_receipt()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        using var archive = new ArchiveFiles();
        using var copy = new ArchiveFiles();
        var loss = new LossAtCommit(scenario.Database, () => archive.CopyTo(copy.Folder));
        await using var context = new ScenarioContext(
            scenario.Database,
            model =>
            {
                Tables(model);
                Model(model);
            },
            options => options.AddInterceptors(loss));
        Purger purger = Engine.Purger(options => Configure(options, archive));
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken));

        // What a process that is killed there leaves behind: whole, and not covered.
        copy.AssertWhole();
        Assert.Null(await HashAsync(scenario, copy.Manifest.RunId));
        Assert.Equal("1 2 3", await scenario.KeysAsync("A"));

        // Where it is not known whether the commit was done, the files stay.
        PurgeReport report = failed.Report!;
        Assert.Equal(report.IsCommitted is false, archive.IsNothing);
        Assert.Equal(report.IsCommitted is false, report.Archive!.Hash is null);
    }

    [Fact]
    public async Task The_stream_of_the_host_wraps_every_part()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        using var archive = new ArchiveFiles();
        int opened = 0;
        using var aes = System.Security.Cryptography.Aes.Create();

        (PurgePlan plan, PurgeReport report) = await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked).ArchiveTo(
            archive.Folder,
            wrap: stream =>
            {
                opened++;
                return new System.Security.Cryptography.CryptoStream(
                    stream,
                    aes.CreateEncryptor(),
                    System.Security.Cryptography.CryptoStreamMode.Write);
            }));

        archive.AssertWhole();
        Assert.True(plan.Archive!.IsWrapped && report.Archive!.IsWrapped && archive.Manifest.IsWrapped && opened >= 5);
        await using var decrypted = new System.Security.Cryptography.CryptoStream(
            File.OpenRead(archive.PathOf("A")),
            aes.CreateDecryptor(),
            System.Security.Cryptography.CryptoStreamMode.Read);
        await using var gzip = new System.IO.Compression.GZipStream(decrypted, System.IO.Compression.CompressionMode.Decompress);
        using var reader = new StreamReader(gzip);
        string[] rows = [Line(1, null, null, "c1", True), Line(3, null, null, "c3", True)];
        Assert.Equal(rows, await RowsOfAAsync(reader));
    }

    [Fact]
    public async Task A_stream_of_the_host_that_fails_fails_the_run_and_leaves_nothing()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        using var archive = new ArchiveFiles();

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(options => options
            .Rows<A>(a => a.Marked)
            .ArchiveTo(archive.Folder, wrap: _ => throw new InvalidOperationException("no key"))));

        Assert.Equal(PurgeVerdict.Failed, failed.Report!.Verdict);
        Assert.Contains("no key", failed.Message, StringComparison.Ordinal);
        Assert.True(archive.IsNothing);
        Assert.Equal("1 2 3", await scenario.KeysAsync("A"));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_created_is_refused()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        using var archive = new ArchiveFiles();
        await File.WriteAllTextAsync(archive.Folder, "a file", CancellationToken);

        foreach (string folder in new[] { archive.Folder, Path.Combine(archive.Folder, "below") })
        {
            PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
                () => scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked).ArchiveTo(folder)));

            Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
            Assert.Contains($"\"{folder}\"", refused.Message, StringComparison.Ordinal);
        }

        File.Delete(archive.Folder);
    }

    [Fact]
    public async Task The_files_can_be_read_by_their_owner_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        using var archive = new ArchiveFiles();

        await scenario.PurgeAsync(options => Configure(options, archive));

        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
            | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        Assert.All(
            Directory.GetFiles(archive.Folder).Append(archive.Folder),
            path => Assert.Equal(UnixFileMode.None, OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(path) & Others));
    }

    [Fact]
    public async Task The_plan_its_script_and_the_report_say_where_the_rows_go()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        using var archive = new ArchiveFiles();
        Purger purger = Engine.Purger(
            options => options.Rows<A>(a => a.Marked).ArchiveTo(archive.Folder, retainUntil: new DateOnly(2031, 2, 1)));
        PurgePlan plan = await purger.PlanAsync(scenario.Context, CancellationToken);

        PurgeReport dry = await purger.DryRunAsync(scenario.Context, plan, CancellationToken);
        bool isNothing = archive.IsNothing;
        PurgeReport report = await purger.ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken);

        Assert.True(isNothing);
        Assert.Contains(
            $"Archive: rows are written to \"{archive.Folder}\" before they are deleted, to be kept until 2031-02-01",
            plan.ToString(),
            StringComparison.Ordinal);
        Assert.Contains("-- NO ARCHIVE", plan.ToSqlScript(), StringComparison.Ordinal);
        Assert.Equal((archive.Folder, null), (dry.Archive!.Directory, dry.Archive.Hash));
        Assert.Contains(archive.Folder, dry.ToMarkdown().Replace("\\", "", StringComparison.Ordinal), StringComparison.Ordinal);
        foreach (string text in new[] { report.ToMarkdown(), report.ToHtml(), PurgeReportTemplates.Text.Render(report), report.ToJson() })
        {
            Assert.Contains(report.Archive!.Hash!, text, StringComparison.Ordinal);
            Assert.Contains("2031-02-01", text, StringComparison.Ordinal);
        }
    }

    private object True => Engine == Engine.PostgreSql ? "t" : 1;

    private static async Task<string[]> RowsOfAAsync(StreamReader reader)
        => [.. (await reader.ReadToEndAsync(CancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];

    private static int Position(string column) => Array.IndexOf(["Id", "ParentId", "OtherId", "Code", "Marked"], column);

    private static void Configure(PurgeOptions options, ArchiveFiles archive)
        => options.Rows<A>(a => a.Marked).ArchiveTo(archive.Folder);

    // A <- B <- C (which also references A and loses that), A <- D.
    private static void Model(ModelBuilder model)
    {
        Required<B, A>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
        Required<C, B>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
        Optional<C, A>(model, nameof(Row.OtherId), DeleteBehavior.ClientSetNull);
        Required<D, A>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
    }

    private static Task<string> ChecksumAsync(RowScenario scenario) => ChecksumWithoutJournal.OfAsync(scenario.Database, CancellationToken);

    private static Task<string?> HashAsync(RowScenario scenario, string runId)
        => scenario.Database.ScalarAsync<string>($"SELECT archive_hash FROM floworxpurge_runs WHERE run_id = '{runId}'", CancellationToken);

    private static async Task AssertReceiptAsync(RowScenario scenario, ArchiveFiles archive, PurgeReport report)
    {
        Assert.Equal(archive.LastHash, report.Archive!.Hash);
        Assert.Equal(archive.Manifest.RunId, report.Archive.RunId);
        Assert.Equal(archive.LastHash, await HashAsync(scenario, report.Archive.RunId!));
        Assert.Equal(1, await scenario.Database.ScalarAsync<long>("SELECT chunks FROM floworxpurge_runs", CancellationToken));
    }

    private string Line(params object?[] values)
        => ArchiveFiles.Line([.. values.Select(value => value switch
        {
            null => null,
            int number when Engine == Engine.Sqlite => "i:" + number.ToString(CultureInfo.InvariantCulture),
            string text when Engine == Engine.Sqlite => "t:" + text,
            _ => Convert.ToString(value, CultureInfo.InvariantCulture),
        })]);

    // As the files have them, from values that a driver reads; in the order of the columns of the table.
    private async Task<string[]> RowsAsync(RowScenario scenario, string table, string keys)
    {
        List<string> lines = [];
        await using var connection = await scenario.Database.OpenConnectionAsync(CancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT * FROM \"{table}\" WHERE \"Id\" IN ({keys})";
        await using var reader = await command.ExecuteReaderAsync(CancellationToken);
        while (await reader.ReadAsync(CancellationToken))
        {
            lines.Add(Line([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.GetValue(i) switch
            {
                DBNull => null,
                bool flag => Engine == Engine.PostgreSql ? (object)(flag ? "t" : "f") : flag ? 1 : 0,
                string text => text,
                { } number => Convert.ToInt32(number, CultureInfo.InvariantCulture),
            })]));
        }

        return [.. lines.Order(StringComparer.Ordinal)];
    }
}

public sealed class SqliteArchiveRunConformance() : ArchiveRunConformance(Engine.Sqlite);

public sealed class PostgreSqlArchiveRunConformance() : ArchiveRunConformance(Engine.PostgreSql);

public sealed class MariaDbArchiveRunConformance() : ArchiveRunConformance(Engine.MariaDb);
