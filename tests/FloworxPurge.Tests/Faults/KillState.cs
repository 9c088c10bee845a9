using System.Data.Common;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using FloworxPurge.Archiving;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Faults;

/// <summary>Which rows are in the database, and which are in the part of the archives that the database has a receipt for.</summary>
internal sealed class KillState
{
    private static readonly string[] Tables = ["users", "orders", "items", "notes"];

    private readonly Dictionary<(string Table, int Id), int?> _rows = [];
    private readonly List<((string Table, int Id) Row, int? About)> _archived = [];
    private readonly List<(int Note, int? About)> _detached = [];

    private KillState()
    {
    }

    /// <summary>Whether a run has not ended.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>Whether the archive of a run was restored.</summary>
    public bool IsRestored { get; private set; }

    public bool HasNoTestUser => Enumerable.Range(1, KillScenario.Users).All(user => user % 5 == 0 || !_rows.ContainsKey(("users", user)));

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public static async Task<KillState> ReadAsync(KillScenario scenario)
    {
        var state = new KillState();
        await using DbConnection connection = await scenario.Database.OpenConnectionAsync(CancellationToken);
        foreach (string table in Tables)
        {
            string about = table == "notes" ? "\"AboutId\"" : "NULL";
            foreach (string?[] row in await ReadAsync(connection, $"SELECT \"Id\", {about} FROM \"{table}\""))
            {
                state._rows.Add((table, Number(row[0]!)), row[1] is { } other ? Number(other) : null);
            }
        }

        if (await HasJournalAsync(scenario.Database))
        {
            foreach (string?[] run in await ReadAsync(
                connection,
                "SELECT state, chunks, archive, archive_hash, restored_at, manifest FROM floworxpurge_runs"))
            {
                state.IsRunning |= run[0] == "running";
                state.IsRestored |= run[4] is not null;
                if (run[3] is not null && run[4] is null && run[5] is { } schema)
                {
                    await state.AddSchemaAsync(connection, run[2]!, schema, run[3]!);
                }
                else if (run[3] is not null && run[4] is null)
                {
                    state.AddArchive(run[2]!, Number(run[1]!), run[3]!, scenario.Database.Engine == "SQLite");
                }
            }
        }

        return state;
    }

    /// <summary>Asserts that no row is lost, none is in two places, and no user is there without all that is theirs.</summary>
    public void AssertWhole(string where)
    {
        Dictionary<(string, int), int> archived = _archived.CountBy(entry => entry.Row).ToDictionary();
        Dictionary<int, int?> detached = [];
        foreach ((int note, int? about) in _detached)
        {
            Assert.True(detached.TryAdd(note, about), $"{where}: the reference of note {note} is archived twice");
            Assert.True(about == KillScenario.AboutOf(note), $"{where}: note {note} is archived as about {about}");
        }

        foreach (int user in Enumerable.Range(1, KillScenario.Users))
        {
            (string, int)[] all =
            [
                ("users", user),
                ("notes", user),
                .. KillScenario.OrdersOf(user).Select(order => ("orders", order)),
                .. KillScenario.OrdersOf(user).SelectMany(KillScenario.ItemsOf).Select(item => ("items", item)),
            ];
            bool isThere = _rows.ContainsKey(all[0]);
            Assert.True(isThere || user % 5 != 0, $"{where}: user {user} is gone");
            foreach ((string, int) row in all)
            {
                Assert.True(_rows.ContainsKey(row) == isThere, $"{where}: user {user} is {(isThere ? "there" : "gone")}, and {row} is not");
                int copies = archived.GetValueOrDefault(row);
                Assert.True(copies == (isThere ? 0 : 1), $"{where}: {row} is {(isThere ? "there" : "gone")}, and archived {copies} times");
            }

            int? now = isThere ? _rows[("notes", user)] : _archived.Single(entry => entry.Row == ("notes", user)).About;
            Assert.True(
                now is null ? detached.ContainsKey(user) : now == KillScenario.AboutOf(user) && !detached.ContainsKey(user),
                $"{where}: note {user} is about {now?.ToString(CultureInfo.InvariantCulture) ?? "nobody"}, "
                    + $"and its reference is {(detached.ContainsKey(user) ? "archived" : "not archived")}");
        }

        Assert.Equal(KillScenario.Users * 8, _rows.Count + _archived.Count);
    }

    private static async Task<bool> HasJournalAsync(TestDatabase database)
        => await database.ScalarAsync<long>(
            database.Pick(
                sqlite: "SELECT COUNT(*) FROM sqlite_master WHERE name = 'floworxpurge_runs'",
                postgreSql: "SELECT count(*) FROM pg_tables WHERE tablename = 'floworxpurge_runs'",
                mariaDb: "SELECT COUNT(*) FROM information_schema.TABLES "
                    + "WHERE TABLE_NAME = 'floworxpurge_runs' AND TABLE_SCHEMA = DATABASE()",
                sqlServer: "SELECT 0"),
            CancellationToken) > 0;

    private static async Task<IReadOnlyList<string?[]>> ReadAsync(DbConnection connection, string query)
    {
        List<string?[]> rows = [];
        await using DbCommand command = connection.CreateCommand();
        command.CommandText = query;
        await using DbDataReader reader = await command.ExecuteReaderAsync(CancellationToken);
        while (await reader.ReadAsync(CancellationToken))
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i)
                ? null
                : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture))]);
        }

        return rows;
    }

    private async Task AddSchemaAsync(DbConnection connection, string schema, string text, string hash)
    {
        Assert.Equal(hash, ArchiveJson.Hash(Encoding.UTF8.GetBytes(text)));
        foreach (ArchiveTable table in ArchiveJson.ReadManifest(Encoding.UTF8.GetBytes(text))!.Tables)
        {
            string about = table.Columns.Any(column => column.Name == "AboutId") ? "\"AboutId\"" : "NULL";
            IReadOnlyList<string?[]> rows = await ReadAsync(connection, $"SELECT \"Id\", {about} FROM \"{schema}\".\"{table.File}\"");
            Assert.Equal(table.Rows, rows.Count);
            foreach (string?[] row in rows)
            {
                int? other = row[1] is { } number ? Number(number) : null;
                if (table.IsDetached)
                {
                    _detached.Add((Number(row[0]!), other));
                }
                else
                {
                    _archived.Add(((table.Table.Name, Number(row[0]!)), other));
                }
            }
        }
    }

    // Without the library's reader: the hashes, the lengths and the order.
    private void AddArchive(string folder, int chunks, string hash, bool hasStorageClasses)
    {
        byte[] bytes = File.ReadAllBytes(Path.Combine(folder, ArchiveFolder.Manifest));
        ArchiveManifest manifest = ArchiveJson.ReadManifest(bytes)!;
        string last = ArchiveJson.Hash(bytes);
        Dictionary<string, long> ends = [];
        string[] lines = File.ReadAllText(Path.Combine(folder, ArchiveFolder.Chunks)).Split('\n');
        Assert.True(lines.Length > chunks, "The last line that the receipt covers is not whole.");
        foreach (string line in lines.Take(chunks))
        {
            ArchiveChunk chunk = ArchiveJson.ReadChunk(Encoding.UTF8.GetBytes(line))!;
            Assert.Equal(last, chunk.Previous);
            last = ArchiveJson.Hash(Encoding.UTF8.GetBytes(line));
            foreach (ArchivePart part in chunk.Parts)
            {
                Assert.Equal(ends.GetValueOrDefault(part.File), part.Offset);
                ends[part.File] = part.Offset + part.Length;
                byte[] content = File.ReadAllBytes(Path.Combine(folder, part.File)).AsSpan((int)part.Offset, (int)part.Length).ToArray();
                Assert.Equal(part.Hash, Convert.ToHexStringLower(SHA256.HashData(content)));
                AddPart(manifest.Tables.Single(table => table.File == part.File), part, content, hasStorageClasses);
            }
        }

        Assert.Equal(hash, last);
    }

    private void AddPart(ArchiveTable table, ArchivePart part, byte[] content, bool hasStorageClasses)
    {
        using var gzip = new GZipStream(new MemoryStream(content), CompressionMode.Decompress);
        using var reader = new StreamReader(gzip, Encoding.UTF8);
        string[] lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(part.Rows, lines.Length);
        string[] columns = [.. table.Columns.Select(column => column.Name)];
        int id = Array.IndexOf(columns, "Id");
        int about = Array.IndexOf(columns, "AboutId");
        foreach (string[] values in lines.Select(line => line.Split('\t')))
        {
            int? other = about < 0 || values[about] == "\\N" ? null : Value(values[about]);
            if (table.IsDetached)
            {
                _detached.Add((Value(values[id]), other));
            }
            else
            {
                _archived.Add(((table.Table.Name, Value(values[id])), other));
            }
        }

        int Value(string text) => Number(hasStorageClasses ? text[2..] : text);
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
