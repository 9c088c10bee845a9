using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.Archives;

/// <summary>What a purge took away, a restore gives back: all of it, exactly and once.</summary>
public abstract class RestoreConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task A_restored_database_is_what_it_was_before_the_purge()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        string purged = await scenario.Database.ChecksumAsync(CancellationToken);

        RestorePlan plan = await scenario.PlanAsync();
        Assert.Equal(purged, await scenario.Database.ChecksumAsync(CancellationToken));
        RestoreReport report = await scenario.RestoreAsync();

        Assert.True(plan.CanRun, plan.ToString());
        Assert.Equal(RestoreVerdict.Restored, report.Verdict);
        Assert.Equal(
            ["A 2 False", "B 2 False", "C 1 True", "C 2 False", "D 2 False"],
            report.Tables.Select(table => $"{table.Table.Name} {table.Rows} {table.IsDetached}").Order(StringComparer.Ordinal));
        Assert.Contains(
            "Restored 8 rows of 4 tables and the lost references of 1 row",
            report.Summary,
            StringComparison.Ordinal);
        Assert.All(report.Verifications, check => Assert.Equal(Outcome.Passed, check.Outcome));
        Assert.Contains(report.Verifications, check => check.Name == $"after the commit: rows of {Name("A")}");
        Assert.Contains("\"verdict\": \"Restored\"", report.ToJson(), StringComparison.Ordinal);
        Assert.Contains("Would restore 8 rows of 4 tables", plan.ToString(), StringComparison.Ordinal);
        await scenario.AssertOriginalAsync();
    }

    [Fact]
    public async Task Whole_tables_come_back()
    {
        await using RowScenario rows = await RowScenario.CreateAsync(Engine, RestoreScenario.Model, RestoreScenario.Data);
        string folder = Path.Combine(Directory.CreateTempSubdirectory("floworxpurge-restore-").FullName, "archive");
        string before = await rows.Database.ChecksumAsync(CancellationToken);
        await rows.PurgeAsync(options => options.ArchiveTo(folder));

        RestoreReport report = await PurgeArchive.RestoreAsync(folder, rows.Context, cancellationToken: CancellationToken);
        await rows.Database.ExecuteAsync("DROP TABLE floworxpurge_runs", CancellationToken);

        Assert.Equal(12, report.Tables.Sum(table => table.Rows));
        Assert.Equal(before, await rows.Database.ChecksumAsync(CancellationToken));
        Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);
    }

    [Fact]
    public async Task Cycles_and_self_references_come_back()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(
            Engine,
            model =>
            {
                Optional<A, A>(model, nameof(Row.OtherId), DeleteBehavior.ClientCascade);
                Optional<A, B>(model, nameof(Row.ParentId), DeleteBehavior.ClientCascade);
                Optional<B, A>(model, nameof(Row.ParentId), DeleteBehavior.ClientCascade);
            },
            "A 1!>1 2>1/1 3 B 1>1 2>2 3>3");

        await scenario.RestoreAsync();

        await scenario.AssertOriginalAsync();
    }

    [Fact]
    public async Task An_archive_of_several_transactions_comes_back_as_one()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        await scenario.SplitAsync();

        RestoreReport report = await scenario.RestoreAsync();

        Assert.Equal(9, report.Tables.Sum(table => table.Rows));
        Assert.Empty(report.Notes);
        await scenario.AssertOriginalAsync();
    }

    [Fact]
    public async Task Only_what_the_receipt_covers_comes_back_and_it_is_said()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        await scenario.SplitAsync(covered: 1);

        RestoreReport report = await scenario.RestoreAsync();

        Assert.Equal(5, report.Tables.Sum(table => table.Rows));
        Assert.Contains(report.Notes, note => note.Contains("1 line more than the receipt covers", StringComparison.Ordinal));
        Assert.Equal("1 2", await scenario.Rows.KeysAsync("A"));
    }

    [Theory]
    [InlineData("{\"number\":2,\"prev", 0)]
    [InlineData("{\"number\":2,\"previous\":\"another\",\"parts\":[]}\n", 1)]
    public async Task Scenario_37_files_whose_end_no_receipt_covers_are_restored_without_it(string end, int notes)
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        await File.AppendAllTextAsync(scenario.PathOf("A"), "what a killed run had begun to write", CancellationToken);
        await File.AppendAllTextAsync(Path.Combine(scenario.Folder, "chunks.jsonl"), end, CancellationToken);

        RestoreReport report = await scenario.RestoreAsync();

        Assert.Equal(
            notes,
            report.Notes.Count(note => note.StartsWith("After what the receipt covers: Line 2", StringComparison.Ordinal)));
        await scenario.AssertOriginalAsync();
    }

    [Fact]
    public async Task An_archive_is_restored_once()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        await scenario.RestoreAsync();

        await scenario.AssertRefusedAsync(RestoreRefusalKind.AlreadyRestored, "was restored at");
        await scenario.AssertOriginalAsync();
    }

    [Fact]
    public async Task Rows_are_restored_through_the_stream_that_reads_what_another_wrote()
    {
        await using RowScenario rows = await RowScenario.CreateAsync(Engine, RestoreScenario.Model, RestoreScenario.Data);
        string folder = Path.Combine(Directory.CreateTempSubdirectory("floworxpurge-restore-").FullName, "archive");
        string before = await rows.Database.ChecksumAsync(CancellationToken);
        await rows.PurgeAsync(
            options => options.Rows<A>(a => a.Marked).ArchiveTo(folder, wrap: stream => new TurnedStream(stream)));

        PurgeException without = await Assert.ThrowsAsync<PurgeException>(
            () => PurgeArchive.RestoreAsync(folder, rows.Context, cancellationToken: CancellationToken));
        PurgeException other = await Assert.ThrowsAsync<PurgeException>(
            () => PurgeArchive.RestoreAsync(folder, rows.Context, options => options.Unwrap = stream => stream, CancellationToken));
        await PurgeArchive.RestoreAsync(
            folder,
            rows.Context,
            options => options.Unwrap = stream => new TurnedStream(stream),
            CancellationToken);
        await rows.Database.ExecuteAsync("DROP TABLE floworxpurge_runs", CancellationToken);

        Assert.Contains("RestoreOptions.Unwrap", without.Message, StringComparison.Ordinal);
        Assert.Contains("is not the one for the stream that wrote it", other.Message, StringComparison.Ordinal);
        Assert.Equal(before, await rows.Database.ChecksumAsync(CancellationToken));
        Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);
    }

    [Fact]
    public async Task A_stream_that_reads_what_no_other_wrote_is_refused()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);

        await scenario.AssertRefusedAsync(
            RestoreRefusalKind.Archive,
            "The files were not written through a stream of the host. Leave RestoreOptions.Unwrap out.",
            options => options.Unwrap = stream => stream);
    }

    [Fact]
    public async Task A_file_that_is_changed_while_it_is_restored_is_refused()
    {
        await using RowScenario rows = await RowScenario.CreateAsync(Engine, RestoreScenario.Model, RestoreScenario.Data);
        string folder = Path.Combine(Directory.CreateTempSubdirectory("floworxpurge-restore-").FullName, "archive");
        await rows.PurgeAsync(options => options.Rows<A>(a => a.Marked).ArchiveTo(folder, wrap: stream => stream));
        string before = await rows.Database.ChecksumAsync(CancellationToken);
        string last = Directory.GetFiles(folder, "*.tsv.gz").Order(StringComparer.Ordinal).Last();
        int opened = 0;
        int changesAt = int.MaxValue;
        await PurgeArchive.RestorePlanAsync(folder, rows.Context, options => options.Unwrap = Open, CancellationToken);

        // Each part is opened to be checked, and once more to be read.
        (changesAt, opened) = ((opened / 2) + 1, 0);
        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => PurgeArchive.RestoreAsync(folder, rows.Context, options => options.Unwrap = Open, CancellationToken));

        Assert.Equal(RestoreVerdict.Refused, refused.RestoreReport!.Verdict);
        Assert.Contains($"\"{Path.GetFileName(last)}\" was changed", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await rows.Database.ChecksumAsync(CancellationToken));
        Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);

        Stream Open(Stream stream)
        {
            if (++opened == changesAt)
            {
                byte[] bytes = File.ReadAllBytes(last);
                bytes[^9] ^= 1;
                File.WriteAllBytes(last, bytes);
            }

            return stream;
        }
    }

    [Fact]
    public async Task The_report_is_saved_as_text_and_as_json()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        RestoreReport report = await scenario.RestoreAsync();
        string text = Path.Combine(scenario.Folder, "..", "report.txt");
        string json = Path.Combine(scenario.Folder, "..", "report.json");

        await report.SaveAsync(text, CancellationToken);
        await report.SaveAsync(json, CancellationToken);

        Assert.Equal(report.ToString(), await File.ReadAllTextAsync(text, CancellationToken));
        Assert.Equal(report.ToJson(), await File.ReadAllTextAsync(json, CancellationToken));
        await Assert.ThrowsAsync<ArgumentException>(() => report.SaveAsync("report.html", CancellationToken));
    }

    /// <summary>A stream in which each byte is another one, as an encryption would make it.</summary>
    private sealed class TurnedStream(Stream inner) : Stream
    {
        public override bool CanRead => inner.CanRead;

        public override bool CanSeek => false;

        public override bool CanWrite => inner.CanWrite;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            int read = inner.Read(buffer, offset, count);
            for (int i = offset; i < offset + read; i++)
            {
                buffer[i] ^= 0x5a;
            }

            return read;
        }

        public override void Write(byte[] buffer, int offset, int count)
            => inner.Write([.. buffer.AsSpan(offset, count).ToArray().Select(b => (byte)(b ^ 0x5a))]);

        public override void Flush() => inner.Flush();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}

public sealed class SqliteRestoreConformance() : RestoreConformance(Engine.Sqlite);

public sealed class PostgreSqlRestoreConformance() : RestoreConformance(Engine.PostgreSql);

public sealed class MariaDbRestoreConformance() : RestoreConformance(Engine.MariaDb);
