using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using FloworxPurge.Archiving;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore.ChangeTracking;

namespace FloworxPurge.Tests.Archives;

/// <summary>
/// A restore that would not give back exactly what was archived, or would overwrite something, is refused and writes nothing.
/// </summary>
public abstract class RestoreRefusalConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task Scenario_36_a_file_that_was_cut_is_refused()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        string path = scenario.PathOf("B");
        await using (FileStream file = File.OpenWrite(path))
        {
            file.SetLength(file.Length - 1);
        }

        await scenario.AssertRefusedAsync(RestoreRefusalKind.Archive, $"\"{Path.GetFileName(path)}\" was cut");
    }

    [Fact]
    public async Task Scenario_36_a_byte_that_was_changed_is_refused_in_each_file_at_once()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        foreach (string table in (string[])["A", "D"])
        {
            byte[] bytes = await File.ReadAllBytesAsync(scenario.PathOf(table), CancellationToken);
            bytes[^9] ^= 1;
            await File.WriteAllBytesAsync(scenario.PathOf(table), bytes, CancellationToken);
        }

        RestoreReport report = await scenario.AssertRefusedAsync(
            RestoreRefusalKind.Archive,
            $"\"{Path.GetFileName(scenario.PathOf("A"))}\" was changed");

        Assert.Contains($"\"{Path.GetFileName(scenario.PathOf("D"))}\" was changed", report.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scenario_36_an_edited_manifest_is_refused()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        string path = Path.Combine(scenario.Folder, "manifest.json");
        string text = await File.ReadAllTextAsync(path, CancellationToken);
        await File.WriteAllTextAsync(
            path,
            text.Replace("\"isDetached\": true", "\"isDetached\":  true", StringComparison.Ordinal),
            CancellationToken);

        await scenario.AssertRefusedAsync(RestoreRefusalKind.Archive, "Line 1 of chunks.jsonl does not continue");
    }

    [Fact]
    public async Task A_missing_file_a_missing_line_and_a_line_of_another_hash_are_refused()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        await scenario.SplitAsync();
        string chunks = Path.Combine(scenario.Folder, "chunks.jsonl");
        string whole = await File.ReadAllTextAsync(chunks, CancellationToken);
        File.Move(scenario.PathOf("D"), scenario.PathOf("D") + ".gone");
        await scenario.AssertRefusedAsync(RestoreRefusalKind.Archive, "is missing");

        File.Move(scenario.PathOf("D") + ".gone", scenario.PathOf("D"));
        await File.WriteAllTextAsync(chunks, whole.Split('\n')[0] + "\n", CancellationToken);
        await scenario.AssertRefusedAsync(
            RestoreRefusalKind.Archive,
            "has 1 whole line that can be read, and the receipt in the database covers 2");

        await File.WriteAllTextAsync(chunks, whole, CancellationToken);
        await scenario.Database.ExecuteAsync("UPDATE floworxpurge_runs SET archive_hash = 'another'", CancellationToken);
        await scenario.AssertRefusedAsync(RestoreRefusalKind.Archive, "and the receipt in the database says another");
    }

    [Fact]
    public async Task A_folder_without_an_archive_and_names_outside_of_the_folder_are_refused_before_anything_is_read()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        string path = Path.Combine(scenario.Folder, "manifest.json");
        string text = await File.ReadAllTextAsync(path, CancellationToken);
        foreach ((string from, string to, string expected) in ((string, string, string)[])
        [
            (Path.GetFileName(scenario.PathOf("A")), "../outside", "\"../outside\" is no file name of its own inside the folder"),
            ("\"version\": 1", "\"version\": 2", "is of version 2 of the format"),
            ("{", "[", "is no manifest of an archive"),
        ])
        {
            await File.WriteAllTextAsync(path, text.Replace(from, to, StringComparison.Ordinal), CancellationToken);
            PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => scenario.RestoreAsync());
            Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        }

        File.Delete(path);
        PurgeException nothing = await Assert.ThrowsAsync<PurgeException>(() => scenario.PlanAsync());
        Assert.Contains("holds no archive", nothing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_manifest_whose_tables_are_not_those_of_an_archive_is_refused_before_anything_is_read()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        ArchiveManifest manifest = scenario.Manifest();
        ArchiveTable detached = manifest.Tables.Single(table => table.IsDetached);
        const string Columns = "the columns of ";
        foreach ((ArchiveTable table, string expected) in ((ArchiveTable, string)[])
        [
            (manifest.Tables[0] with { File = manifest.Tables[1].File }, $"\"{manifest.Tables[1].File}\" is no file name of its own"),
            (manifest.Tables[0] with { File = "CHUNKS.jsonl" }, "\"CHUNKS.jsonl\" is no file name of its own"),
            (manifest.Tables[0] with { Columns = [], Key = [] }, Columns),
            (manifest.Tables[0] with { Columns = [.. manifest.Tables[0].Columns, manifest.Tables[0].Columns[0]] }, Columns),
            (manifest.Tables[0] with { Key = ["Missing"] }, Columns),
            (detached with { File = "another.tsv.gz", Key = [] }, Columns),
        ])
        {
            await File.WriteAllBytesAsync(
                Path.Combine(scenario.Folder, "manifest.json"),
                ArchiveJson.Write(manifest with { Tables = [table, .. manifest.Tables.Skip(1)] }),
                CancellationToken);

            PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => scenario.RestoreAsync());

            Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_list_of_parts_that_does_not_fit_the_files_is_refused_although_its_receipt_covers_it()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        string chunks = Path.Combine(scenario.Folder, "chunks.jsonl");
        byte[] line = await File.ReadAllBytesAsync(chunks, CancellationToken);
        ArchiveChunk chunk = ArchiveJson.ReadChunk(line.AsSpan(0, line.Length - 1))!;
        ArchivePart first = chunk.Parts[0];
        foreach ((ArchivePart part, string expected) in ((ArchivePart, string)[])
        [
            (first with { Rows = first.Rows + 1 }, $"\"{first.File}\" has {first.Rows} rows where {first.Rows + 1} were written"),
            (first with { File = "other.tsv.gz" }, "names the file \"other.tsv.gz\", which manifest.json does not"),
            (first with { Offset = 1, Length = first.Length - 1 }, $"\"{first.File}\" has a part at byte 1, and the one before ends at 0"),
            (first with { Length = first.Length + 1 }, $"\"{first.File}\" was cut"),
            (first with { Length = first.Length - 1 }, $"\"{first.File}\" was changed"),
            (first with { Offset = -1 }, "Line 1 of chunks.jsonl does not continue"),
            (first with { Length = -1 }, "Line 1 of chunks.jsonl does not continue"),
            (first with { Rows = -1 }, "Line 1 of chunks.jsonl does not continue"),
        ])
        {
            await WriteAsync(chunk with { Parts = [part, .. chunk.Parts.Skip(1)] }, "\n");
            await scenario.AssertRefusedAsync(RestoreRefusalKind.Archive, expected);
        }

        byte[] data = await File.ReadAllBytesAsync(Path.Combine(scenario.Folder, first.File), CancellationToken);
        byte[] open = [.. data, .. Compressed("a row without an end")];
        await File.WriteAllBytesAsync(Path.Combine(scenario.Folder, first.File), open, CancellationToken);
        string hash = Convert.ToHexStringLower(SHA256.HashData(open));
        await WriteAsync(chunk with { Parts = [first with { Length = open.Length, Hash = hash }, .. chunk.Parts.Skip(1)] }, "\n");
        await scenario.AssertRefusedAsync(RestoreRefusalKind.Archive, $"has {first.Rows} rows where {first.Rows} were written");
        await File.WriteAllBytesAsync(Path.Combine(scenario.Folder, first.File), data, CancellationToken);
        await WriteAsync(chunk with { Number = 2 }, "\n");
        await scenario.AssertRefusedAsync(RestoreRefusalKind.Archive, "Line 1 of chunks.jsonl does not continue");
        await WriteAsync(chunk, end: string.Empty);
        await scenario.AssertRefusedAsync(RestoreRefusalKind.Archive, "has 0 whole lines that can be read");

        static byte[] Compressed(string text)
        {
            using var bytes = new MemoryStream();
            using (var gzip = new GZipStream(bytes, CompressionMode.Compress))
            {
                gzip.Write(Encoding.UTF8.GetBytes(text));
            }

            return bytes.ToArray();
        }

        async Task WriteAsync(ArchiveChunk changed, string end)
        {
            byte[] bytes = ArchiveJson.Write(changed);
            await File.WriteAllBytesAsync(chunks, [.. bytes, .. Encoding.UTF8.GetBytes(end)], CancellationToken);
            await scenario.Database.ExecuteAsync(
                $"UPDATE floworxpurge_runs SET archive_hash = '{ArchiveJson.Hash(bytes)}'",
                CancellationToken);
        }
    }

    [Fact]
    public async Task A_line_before_the_last_one_that_was_changed_is_refused_although_the_last_one_is_as_the_receipt_says()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        await scenario.SplitAsync();
        string chunks = Path.Combine(scenario.Folder, "chunks.jsonl");
        string[] lines = await File.ReadAllLinesAsync(chunks, CancellationToken);
        await File.WriteAllTextAsync(
            chunks,
            string.Join('\n', [lines[0].Replace("\"rows\":1", "\"rows\": 1", StringComparison.Ordinal), .. lines.Skip(1), string.Empty]),
            CancellationToken);

        await scenario.AssertRefusedAsync(RestoreRefusalKind.Archive, "Line 2 of chunks.jsonl does not continue the line before");
    }

    [Fact]
    public async Task Scenario_37_an_archive_without_its_receipt_is_not_committed()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        await scenario.Database.ExecuteAsync("DELETE FROM floworxpurge_runs", CancellationToken);
        await scenario.AssertRefusedAsync(RestoreRefusalKind.NotCommitted, "is not committed");

        await scenario.Database.ExecuteAsync("DROP TABLE floworxpurge_runs", CancellationToken);
        await scenario.AssertRefusedAsync(RestoreRefusalKind.NotCommitted, "is not committed");
    }

    [Fact]
    public async Task Scenario_38_a_key_in_use_a_parent_that_is_gone_and_another_reference_are_refused_at_once()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        await scenario.Rows.InsertAsync("A 3 4");
        await scenario.Database.ExecuteAsync("UPDATE \"C\" SET \"OtherId\" = 4 WHERE \"Id\" = 2", CancellationToken);
        await scenario.Database.ExecuteUncheckedAsync(
            "DELETE FROM \"B\" WHERE \"Id\" = 2; UPDATE \"C\" SET \"ParentId\" = 2",
            CancellationToken);

        RestoreReport report = await scenario.AssertRefusedAsync(
            RestoreRefusalKind.KeyInUse,
            $"In {Name("A").ToQuotedString()} the primary key (Id) of 1 row of the archive is in use. Key: 3.");

        Assert.Equal(
            [(RestoreRefusalKind.KeyInUse, "A", 1), (RestoreRefusalKind.DetachedRow, "C", 1)],
            report.Refusals.Select(refusal => (refusal.Kind, refusal.Table!.Name, refusal.Rows)));
        Assert.Contains("is to another row now. Key: 2.", report.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scenario_38_a_parent_outside_of_the_archive_that_is_gone_is_refused()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(
            Engine,
            RestoreScenario.Model,
            "A 1! 2 3 B 1>1 C 1>1/2 D 1>1");
        await scenario.Database.ExecuteAsync("DELETE FROM \"A\" WHERE \"Id\" = 2", CancellationToken);

        RestoreReport report = await scenario.AssertRefusedAsync(RestoreRefusalKind.PrincipalMissing, "in the archive. Key: 1.");

        Assert.Equal("C", Assert.Single(report.Refusals).Table!.Name);
        await scenario.Rows.InsertAsync("A 2");
        await scenario.RestoreAsync();
        await scenario.AssertOriginalAsync();
    }

    [Fact]
    public async Task A_row_that_lost_a_reference_and_is_gone_is_refused()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        await scenario.Database.ExecuteAsync("DELETE FROM \"C\"", CancellationToken);

        await scenario.AssertRefusedAsync(RestoreRefusalKind.DetachedRow, "any more that lost a reference. Key: 2.");
    }

    [Fact]
    public async Task A_unique_key_in_use_is_refused()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(
            Engine,
            prepare: _ => "CREATE UNIQUE INDEX one_code ON \"A\" (\"Code\")");
        await scenario.Database.ExecuteAsync("UPDATE \"A\" SET \"Code\" = 'c1'", CancellationToken);

        await scenario.AssertRefusedAsync(
            RestoreRefusalKind.KeyInUse,
            "the unique key \"one_code\" (Code) of 1 row of the archive is in use. Key: c1.");
    }

    [Fact]
    public async Task Scenario_38_a_trigger_that_is_not_named_is_refused_and_one_that_is_named_fires()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        await scenario.Database.ExecuteAsync("CREATE TABLE seen (id integer)", CancellationToken);
        foreach (string statement in scenario.Database.Pick<string[]>(
            sqlite: ["CREATE TRIGGER watch AFTER INSERT ON \"B\" BEGIN INSERT INTO seen VALUES (NEW.\"Id\"); END"],
            postgreSql:
            [
                "CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO seen VALUES (NEW.\"Id\"); RETURN NEW; END'",
                "CREATE TRIGGER watch AFTER INSERT ON \"B\" FOR EACH ROW EXECUTE FUNCTION see()",
            ],
            mariaDb: ["CREATE TRIGGER watch AFTER INSERT ON \"B\" FOR EACH ROW INSERT INTO seen VALUES (NEW.\"Id\")"],
            sqlServer: []))
        {
            await scenario.Database.ExecuteAsync(statement, CancellationToken);
        }

        await scenario.AssertRefusedAsync(RestoreRefusalKind.Trigger, "Trigger \"watch\" on");
        await scenario.AssertRefusedAsync(
            RestoreRefusalKind.Trigger,
            "AllowTrigger(\"wach\") names no trigger",
            options => options.AllowTrigger("watch").AllowTrigger("wach"));
        RestoreReport report = await scenario.RestoreAsync(options => options.AllowTrigger("watch"));

        Assert.Contains("AllowTrigger(\"watch\"): it fires for the restored rows", report.Overrides);
        Assert.Equal("1 3", await scenario.Rows.ValuesAsync("SELECT id FROM seen ORDER BY id"));
    }

    [Fact]
    public async Task A_trigger_on_updates_is_refused_and_what_it_takes_away_from_a_row_that_stayed_is_found()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        foreach (string statement in scenario.Database.Pick<string[]>(
            sqlite:
            [
                "CREATE TRIGGER takes_away AFTER UPDATE ON \"C\" "
                    + "BEGIN UPDATE \"C\" SET \"OtherId\" = NULL WHERE \"Id\" = NEW.\"Id\"; END",
            ],
            postgreSql:
            [
                "CREATE FUNCTION takes_away() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.\"OtherId\" := NULL; RETURN NEW; END'",
                "CREATE TRIGGER takes_away BEFORE UPDATE ON \"C\" FOR EACH ROW EXECUTE FUNCTION takes_away()",
            ],
            mariaDb: ["CREATE TRIGGER takes_away BEFORE UPDATE ON \"C\" FOR EACH ROW SET NEW.\"OtherId\" = NULL"],
            sqlServer: []))
        {
            await scenario.Database.ExecuteAsync(statement, CancellationToken);
        }

        await scenario.AssertRefusedAsync(RestoreRefusalKind.Trigger, "Trigger \"takes_away\" on");
        string purged = await scenario.Database.ChecksumAsync(CancellationToken);
        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.RestoreAsync(options => options.AllowTrigger("takes_away")));

        Assert.Equal(RestoreVerdict.Failed, failed.RestoreReport!.Verdict);
        Assert.Contains("without the reference that they had: expected 0, measured 1", failed.Message, StringComparison.Ordinal);
        Assert.Equal(purged, await scenario.Database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_view_in_place_of_a_table_is_refused()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        await scenario.Database.ExecuteAsync("DROP TABLE \"D\"", CancellationToken);
        await scenario.Database.ExecuteAsync("CREATE VIEW \"D\" AS SELECT * FROM \"A\"", CancellationToken);

        await scenario.AssertRefusedAsync(
            RestoreRefusalKind.Structure,
            $"{Name("D").ToQuotedString()} is no ordinary table any more (View)");
    }

    [Fact]
    public async Task A_row_that_two_transactions_archived_is_refused()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        await scenario.SplitAsync();
        string chunks = Path.Combine(scenario.Folder, "chunks.jsonl");
        string[] lines = await File.ReadAllLinesAsync(chunks, CancellationToken);
        string file = Path.GetFileName(scenario.PathOf("A"));
        ArchivePart first = ArchiveJson.ReadChunk(Encoding.UTF8.GetBytes(lines[0]))!.Parts.Single(part => part.File == file);
        byte[] bytes = await File.ReadAllBytesAsync(scenario.PathOf("A"), CancellationToken);
        byte[] again = ArchiveJson.Write(new ArchiveChunk(
            lines.Length + 1,
            ArchiveJson.Hash(Encoding.UTF8.GetBytes(lines[^1])),
            [first with { Offset = bytes.Length }]));
        await File.WriteAllBytesAsync(scenario.PathOf("A"), [.. bytes, .. bytes.AsSpan(0, (int)first.Length)], CancellationToken);
        await File.AppendAllTextAsync(chunks, Encoding.UTF8.GetString(again) + "\n", CancellationToken);
        await scenario.Database.ExecuteAsync(
            $"UPDATE floworxpurge_runs SET chunks = chunks + 1, archive_hash = '{ArchiveJson.Hash(again)}'",
            CancellationToken);

        await scenario.AssertRefusedAsync(
            RestoreRefusalKind.KeyInUse,
            $"The archive holds keys of {Name("A").ToQuotedString()} more than once (1 row)");
    }

    [Fact]
    public async Task Columns_that_are_gone_of_another_type_or_new_are_refused()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        await scenario.Database.ExecuteAsync("DROP TABLE \"D\"", CancellationToken);
        await scenario.Database.ExecuteAsync("ALTER TABLE \"B\" RENAME COLUMN \"Code\" TO \"Name\"", CancellationToken);
        string added = scenario.Database.Pick(
            sqlite: "ALTER TABLE \"A\" ADD COLUMN \"Added\" integer",
            postgreSql: "ALTER TABLE \"A\" ADD COLUMN \"Added\" integer NOT NULL DEFAULT 0; "
                + "ALTER TABLE \"A\" ALTER COLUMN \"Added\" DROP DEFAULT",
            mariaDb: "ALTER TABLE \"A\" ADD COLUMN \"Added\" integer NOT NULL",
            sqlServer: string.Empty);
        await scenario.Database.ExecuteAsync(added, CancellationToken);
        string retyped = scenario.Database.Pick(
            sqlite: "SELECT 1",
            postgreSql: "ALTER TABLE \"C\" ALTER COLUMN \"Code\" TYPE character varying(41)",
            mariaDb: "ALTER TABLE \"C\" MODIFY COLUMN \"Code\" varchar(41)",
            sqlServer: string.Empty);
        await scenario.Database.ExecuteAsync(retyped, CancellationToken);

        RestoreReport report = await scenario.AssertRefusedAsync(
            RestoreRefusalKind.Structure,
            $"Table {Name("D").ToQuotedString()} does not exist any more");

        Assert.Contains("column \"Code\" does not exist any more", report.Summary, StringComparison.Ordinal);
        if (Engine != Engine.Sqlite)
        {
            Assert.Contains("column \"Added\" is new, accepts no NULL and has no default", report.Summary, StringComparison.Ordinal);
            Assert.Contains("(41), and was of type ", report.Summary, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Another_database_is_refused()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        string path = Path.Combine(scenario.Folder, "manifest.json");
        string name = scenario.Manifest().Database.Database;

        await scenario.AssertRefusedAsync(
            RestoreRefusalKind.OtherDatabase,
            "and RequiredDatabase says \"other\"",
            options => options.RequiredDatabase = "other");
        await scenario.AssertRefusedAsync(
            RestoreRefusalKind.OtherDatabase,
            "which is not one of the allowed databases (\"oth*\")",
            options => options.AllowDatabase("oth*"));
        string text = await File.ReadAllTextAsync(path, CancellationToken);
        await File.WriteAllTextAsync(
            path,
            text.Replace($"\"database\": \"{name}\"", "\"database\": \"other\"", StringComparison.Ordinal),
            CancellationToken);
        await scenario.AssertRefusedAsync(RestoreRefusalKind.OtherDatabase, "The archive is of database \"other\"");
        ArchiveManifest manifest = ArchiveJson.ReadManifest(Encoding.UTF8.GetBytes(text))!;
        foreach ((DatabaseIdentity identity, string expected) in ((DatabaseIdentity, string)[])
        [
            (manifest.Database with { Engine = "Another" }, "The archive is of Another, and the database is of "),

            // MariaDB gives a database no id.
            (manifest.Database.DatabaseId is null
                ? manifest.Database with { Server = "elsewhere" }
                : manifest.Database with { DatabaseId = "another" }, $"The archive is of database \"{name}\""),
            (manifest.Database with { DatabaseId = null, Server = "another" }, $"The archive is of database \"{name}\" on another"),
        ])
        {
            await File.WriteAllBytesAsync(path, ArchiveJson.Write(manifest with { Database = identity }), CancellationToken);
            await scenario.AssertRefusedAsync(RestoreRefusalKind.OtherDatabase, expected);
        }

        await scenario.AssertRefusedAsync(
            RestoreRefusalKind.Archive,
            "Line 1 of chunks.jsonl",
            options => options.AllowOtherDatabase = true);
    }

    [Fact]
    public async Task A_callers_transaction_is_refused()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        await using var transaction = await scenario.Rows.Context.Database.BeginTransactionAsync(CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => scenario.RestoreAsync());

        Assert.Contains("End the transaction first", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unsaved_changes_of_the_context_are_refused_and_kept()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        ChangeTracker tracker = scenario.Rows.Context.ChangeTracker;
        scenario.Rows.Context.Add(new A { Id = 77 });

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => scenario.RestoreAsync());

        Assert.Contains("has unsaved changes, which would be lost", refused.Message, StringComparison.Ordinal);
        Assert.True(tracker.HasChanges());
        tracker.Clear();
        await scenario.RestoreAsync();
    }

    [Fact]
    public async Task Options_that_are_not_valid_are_all_named()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);

        ArgumentException refused = await Assert.ThrowsAsync<ArgumentException>(() => scenario.RestoreAsync(options =>
        {
            options.LockTimeout = TimeSpan.Zero;
            options.RequiredDatabase = " ";
            options.TimeProvider = null!;
        }));

        Assert.Contains("LockTimeout is 00:00:00", refused.Message, StringComparison.Ordinal);
        Assert.Contains("RequiredDatabase is empty", refused.Message, StringComparison.Ordinal);
        Assert.Contains("TimeProvider is null", refused.Message, StringComparison.Ordinal);
    }
}

public sealed class SqliteRestoreRefusalConformance() : RestoreRefusalConformance(Engine.Sqlite);

public sealed class PostgreSqlRestoreRefusalConformance() : RestoreRefusalConformance(Engine.PostgreSql);

public sealed class MariaDbRestoreRefusalConformance() : RestoreRefusalConformance(Engine.MariaDb);
