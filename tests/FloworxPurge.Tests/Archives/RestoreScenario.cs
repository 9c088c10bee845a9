using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using FloworxPurge.Archiving;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.Archives;

/// <summary>A database of which rows were purged into an archive, and what it was before.</summary>
public sealed class RestoreScenario : IAsyncDisposable
{
    public const string Data = "A 1! 2 3! B 1>1 2>2 3>3 C 1>1/1 2>2/1 3>3/3 D 1>1 2>2 3>1";

    private readonly string _root = System.IO.Directory.CreateTempSubdirectory("floworxpurge-restore-").FullName;

    private RestoreScenario(RowScenario rows) => Rows = rows;

    public RowScenario Rows { get; }

    public TestDatabase Database => Rows.Database;

    /// <summary>The folder of the archive.</summary>
    public string Folder => Path.Combine(_root, "archive");

    /// <summary>What the database was before the purge.</summary>
    public string Original { get; private set; } = string.Empty;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    /// <summary>A from which B, C and D depend, of which two aggregates are purged into an archive.</summary>
    public static async Task<RestoreScenario> CreateAsync(
        Engine engine,
        Action<ModelBuilder>? references = null,
        string rows = Data,
        Func<TestDatabase, string>? prepare = null,
        Action<PurgeOptions>? configure = null)
    {
        var scenario = new RestoreScenario(await RowScenario.CreateAsync(engine, references ?? Model, rows));
        if (prepare is not null)
        {
            await scenario.Database.ExecuteAsync(prepare(scenario.Database), CancellationToken);
        }

        scenario.Original = await scenario.Database.ChecksumAsync(CancellationToken);
        await scenario.Rows.PurgeAsync(options =>
        {
            options.Rows<A>(a => a.Marked).ArchiveTo(scenario.Folder);
            configure?.Invoke(options);
        });
        return scenario;
    }

    // A <- B <- C (which also references A and loses that), A <- D.
    public static void Model(ModelBuilder model)
    {
        Required<B, A>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
        Required<C, B>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
        Optional<C, A>(model, nameof(Row.OtherId), DeleteBehavior.ClientSetNull);
        Required<D, A>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
    }

    public Task<RestorePlan> PlanAsync(Action<RestoreOptions>? configure = null)
        => PurgeArchive.RestorePlanAsync(Folder, Rows.Context, configure, CancellationToken);

    public Task<RestoreReport> RestoreAsync(Action<RestoreOptions>? configure = null)
        => PurgeArchive.RestoreAsync(Folder, Rows.Context, configure, CancellationToken);

    /// <summary>Asserts that a restore is planned and run as refused, and changes nothing.</summary>
    public async Task<RestoreReport> AssertRefusedAsync(
        RestoreRefusalKind kind,
        string text,
        Action<RestoreOptions>? configure = null)
    {
        string before = await Database.ChecksumAsync(CancellationToken);
        RestorePlan plan = await PlanAsync(configure);
        Assert.Equal(before, await Database.ChecksumAsync(CancellationToken));
        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => RestoreAsync(configure));

        Assert.Equal(before, await Database.ChecksumAsync(CancellationToken));
        Assert.False(plan.CanRun);
        Assert.True(refused.RestoreReport is { Verdict: RestoreVerdict.Refused }, refused.ToString());
        Assert.Equal(
            plan.Refusals.Select(refusal => (refusal.Kind, refusal.Text)),
            refused.RestoreReport!.Refusals.Select(refusal => (refusal.Kind, refusal.Text)));
        Assert.True(
            plan.Refusals.Any(refusal => refusal.Kind == kind && refusal.Text.Contains(text, StringComparison.Ordinal)),
            plan.ToString());
        Assert.Contains(text, refused.Message, StringComparison.Ordinal);
        return refused.RestoreReport!;
    }

    /// <summary>Asserts that the database is what it was before the purge, but for the journal of runs.</summary>
    public async Task AssertOriginalAsync()
    {
        await Database.ExecuteAsync("DROP TABLE floworxpurge_runs", CancellationToken);
        Assert.Equal(Original, await Database.ChecksumAsync(CancellationToken));
    }

    /// <summary>The path of a table's file.</summary>
    public string PathOf(string table, bool isDetached = false)
        => Path.Combine(Folder, Manifest().Tables.First(entry => entry.Table.Name == table && entry.IsDetached == isDetached).File);

    /// <summary>Writes the same rows as chunks of one row of each table, as a run in several transactions does.</summary>
    /// <param name="covered">The number of chunks that the receipt covers; null for all.</param>
    public async Task SplitAsync(long? covered = null)
    {
        ArchiveManifest manifest = Manifest();
        Dictionary<string, string[]> lines = manifest.Tables
            .Where(table => File.Exists(Path.Combine(Folder, table.File)))
            .ToDictionary(table => table.File, table => Lines(Path.Combine(Folder, table.File)));
        Dictionary<string, long> ends = [];
        foreach (string file in lines.Keys)
        {
            ends[file] = 0;
            File.Delete(Path.Combine(Folder, file));
        }

        string previous = ArchiveJson.Hash(await File.ReadAllBytesAsync(Path.Combine(Folder, "manifest.json"), CancellationToken));
        List<string> hashes = [previous];
        await using FileStream chunks = File.Create(Path.Combine(Folder, "chunks.jsonl"));
        for (int i = 0; i < lines.Values.Max(rows => rows.Length); i++)
        {
            List<ArchivePart> parts = [];
            foreach ((string file, string[] rows) in lines.Where(pair => i < pair.Value.Length))
            {
                byte[] bytes = Compress(rows[i] + "\n");
                await File.AppendAllBytesAsync(Path.Combine(Folder, file), bytes, CancellationToken);
                parts.Add(new ArchivePart(file, ends[file], bytes.Length, 1, Convert.ToHexStringLower(SHA256.HashData(bytes))));
                ends[file] += bytes.Length;
            }

            byte[] line = ArchiveJson.Write(new ArchiveChunk(i + 1, previous, parts));
            await chunks.WriteAsync((byte[])[.. line, (byte)'\n'], CancellationToken);
            previous = ArchiveJson.Hash(line);
            hashes.Add(previous);
        }

        long last = covered ?? hashes.Count - 1;
        await Database.ExecuteAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"UPDATE floworxpurge_runs SET chunks = {last}, archive_hash = '{hashes[(int)last]}'"),
            CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Rows.DisposeAsync();
        System.IO.Directory.Delete(_root, recursive: true);
    }

    internal ArchiveManifest Manifest() => ArchiveJson.ReadManifest(File.ReadAllBytes(Path.Combine(Folder, "manifest.json")))!;

    private static string[] Lines(string path)
    {
        using var gzip = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var reader = new StreamReader(gzip, Encoding.UTF8);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static byte[] Compress(string text)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionMode.Compress))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return bytes.ToArray();
    }
}
