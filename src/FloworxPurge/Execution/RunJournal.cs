using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FloworxPurge.Connections;
using FloworxPurge.Extensibility;
using FloworxPurge.Reading;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>A row of the journal: one run.</summary>
/// <param name="RunId">The id of the run.</param>
/// <param name="Fingerprint">The fingerprint of its plan, which no other plan may continue.</param>
/// <param name="State"><see cref="Running"/>, <see cref="Done"/> or <see cref="Abandoned"/>.</param>
/// <param name="StartedAt">When it began.</param>
internal sealed record JournalEntry(string RunId, string Fingerprint, string State, DateTimeOffset StartedAt)
{
    public const string Running = "running";

    public const string Done = "done";

    public const string Abandoned = "abandoned";

    /// <summary>The state of a receipt until what follows the commit is done, too.</summary>
    public const string Committed = "committed";

    /// <summary>Gets the session that works on the run: a value that each session draws for itself.</summary>
    public string Owner { get; init; } = string.Empty;

    /// <summary>Gets when a transaction of the run was last committed, by the clock of the client.</summary>
    public DateTimeOffset UpdatedAt { get; init; } = StartedAt;

    /// <summary>Gets the number of committed transactions.</summary>
    public long Chunks { get; init; }

    /// <summary>Gets what the run counted so far, as JSON.</summary>
    public string Progress { get; init; } = "{}";

    /// <summary>Gets where the archive of the run is; null where it has none.</summary>
    public string? Archive { get; init; }

    /// <summary>Gets the hash of the last committed line of the archive; null where the run has none.</summary>
    public string? ArchiveHash { get; init; }

    /// <summary>Gets the manifest of an archive in a schema of the database, as JSON; null for files, and without an archive.</summary>
    public string? Manifest { get; init; }

    /// <summary>Gets when the archive was restored; null where it was not.</summary>
    public DateTimeOffset? RestoredAt { get; init; }
}

/// <summary>
/// A table of the database that remembers what must survive the session: how far a run in several transactions has come, and which archive
/// belongs to what was deleted. It is written in the transactions that delete, so that it is always true.
/// </summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed class RunJournal
{
    private const string ManifestColumn = "manifest";
    private const int IdLength = 36;

    private static readonly string[] AllColumns =
    [
        "run_id", "fingerprint", "state", "started_at", "owner", "updated_at", "chunks", "progress", "archive", "archive_hash",
        "restored_at",
        ManifestColumn,
    ];

    private readonly DatabaseSession _session;
    private readonly string? _schema;
    private readonly string _table;

    private RunJournal(DatabaseSession session, string? schema, bool keepsManifests)
    {
        (_session, _schema) = (session, schema);
        _table = session.Sql.DelimitIdentifier(OwnTables.Journal, schema);
        KeepsManifests = keepsManifests;
    }

    /// <summary>Gets whether the table has the column of manifests, which an earlier version did not create.</summary>
    public bool KeepsManifests { get; private set; }

    private IEnumerable<string> Columns => KeepsManifests ? AllColumns : AllColumns.SkipLast(1);

    /// <summary>Opens the journal, and creates its table where there is none. No transaction is open.</summary>
    /// <exception cref="PurgeException">The table cannot be created.</exception>
    public static async Task<RunJournal> OpenAsync(DatabaseSession session, CancellationToken cancellationToken)
    {
        RunJournal journal = await FindAsync(session, cancellationToken).ConfigureAwait(false)
            ?? await CreateAsync(session, cancellationToken).ConfigureAwait(false);
        if (!journal.KeepsManifests)
        {
            await DefineAsync(
                session,
                $"ALTER TABLE {journal._table} ADD {journal.Name(ManifestColumn)} {session.Dialect.LongText}",
                cancellationToken).ConfigureAwait(false);
            journal.KeepsManifests = true;
        }

        return journal;
    }

    /// <summary>Opens the journal, or returns null where its table does not exist.</summary>
    /// <exception cref="PurgeException">The table of that name is of another origin.</exception>
    public static async Task<RunJournal?> FindAsync(DatabaseSession session, CancellationToken cancellationToken)
        => await FindAsync(
            session,
            await ReadSchemaAsync(session, cancellationToken).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);

    /// <summary>Opens the journal that has a run: that of the default schema, or else of the one that was the default then.</summary>
    /// <exception cref="PurgeException">The table of that name is of another origin.</exception>
    public static async Task<RunJournal?> FindAsync(
        DatabaseSession session,
        string runId,
        string? schema,
        CancellationToken cancellationToken)
    {
        string? now = await ReadSchemaAsync(session, cancellationToken).ConfigureAwait(false);
        RunJournal? journal = await FindAsync(session, now, cancellationToken).ConfigureAwait(false);
        bool isHere = journal is not null
            && await journal.ReadAsync(runId, cancellationToken).ConfigureAwait(false) is not null;
        return isHere || !session.Dialect.HasSchemas || schema is null || string.Equals(now, schema, StringComparison.Ordinal)
            ? journal
            : await FindAsync(session, schema, cancellationToken).ConfigureAwait(false) ?? journal;
    }

    private static async Task<RunJournal?> FindAsync(DatabaseSession session, string? schema, CancellationToken cancellationToken)
    {
        var table = new TableName(schema, OwnTables.Journal);
        if (await IsThereAsync(session.Dialect.FindColumn(table, OwnTables.JournalColumn)).ConfigureAwait(false))
        {
            return new RunJournal(
                session,
                schema,
                await IsThereAsync(session.Dialect.FindColumn(table, ManifestColumn)).ConfigureAwait(false));
        }

        return !await IsThereAsync(session.Dialect.FindTable(table)).ConfigureAwait(false)
            ? null
            : throw new PurgeException(
                $"runs are noted in the table {table.ToQuotedString()}, and this library did not create the table of that name. Rename "
                    + "it.");

        async Task<bool> IsThereAsync(SqlStatement find)
            => (await session.QueryNumbersAsync(find.Sql, find.Parameters, cancellationToken).ConfigureAwait(false))[0] > 0;
    }

    /// <summary>The same table for another session of the same role and the same search path.</summary>
    public RunJournal For(DatabaseSession session) => new(session, _schema, KeepsManifests);

    /// <summary>Reads the runs that have an archive in a schema, the oldest first.</summary>
    public async Task<IReadOnlyList<JournalEntry>> ReadArchivesAsync(string schema, CancellationToken cancellationToken)
        => !KeepsManifests ? []
            : [.. (await QueryAsync(
                    $" WHERE {Name(ManifestColumn)} IS NOT NULL AND {Name("archive")} = @p0",
                    [PlanParameter.Of(schema)],
                    cancellationToken).ConfigureAwait(false))
                .Where(entry => string.Equals(entry.Archive, schema, StringComparison.Ordinal))
                .OrderBy(entry => entry.StartedAt)
                .ThenBy(entry => entry.RunId, StringComparer.Ordinal)];

    /// <summary>Reads a run; null where there is none of this id.</summary>
    public async Task<JournalEntry?> ReadAsync(string runId, CancellationToken cancellationToken)
        => (await QueryAsync($" WHERE {Name("run_id")} = @p0", [PlanParameter.Of(runId)], cancellationToken).ConfigureAwait(false))
            .SingleOrDefault();

    /// <summary>Reads the runs that have not ended, the oldest first.</summary>
    public async Task<IReadOnlyList<JournalEntry>> ReadRunningAsync(CancellationToken cancellationToken)
        => [.. (await QueryAsync($" WHERE {Name("state")} = @p0", [PlanParameter.Of(JournalEntry.Running)], cancellationToken)
                .ConfigureAwait(false))
            .OrderBy(entry => entry.StartedAt)
            .ThenBy(entry => entry.RunId, StringComparer.Ordinal)];

    /// <summary>Refuses a run with a key that another one has used.</summary>
    /// <exception cref="RunStoppedException">The key was used.</exception>
    public async Task ThrowIfUsedAsync(string key, CancellationToken cancellationToken)
    {
        if (await ReadAsync(IdOfKey(key), cancellationToken).ConfigureAwait(false) is { } used)
        {
            throw new RunStoppedException(
                RunEnd.Refused,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{nameof(PurgeOptions.RunKey)} was used already: a run with it began to commit at "
                        + $"{used.StartedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z, and it is good for one run."));
        }
    }

    /// <summary>Notes that a run has used its key, in the transaction that deletes.</summary>
    public Task UseAsync(string key, string fingerprint, string owner, DateTimeOffset at, CancellationToken cancellationToken)
        => AddAsync(
            new JournalEntry(IdOfKey(key), fingerprint, JournalEntry.Done, at) { Owner = owner },
            cancellationToken);

    /// <summary>The id of the receipt of a run that takes effect once for each target.</summary>
    public static string IdOfReceipt(string runId, string target) => $"run:{HashOf($"{runId}\0{target}")}";

    /// <summary>Adds a run.</summary>
    public Task AddAsync(JournalEntry entry, CancellationToken cancellationToken)
        => _session.ExecuteAsync(
            $"INSERT INTO {_table} ({string.Join(", ", Columns.Select(Name))}) VALUES ("
                + $"{string.Join(", ", Columns.Select((_, i) => $"@p{i.ToString(CultureInfo.InvariantCulture)}"))})",
            Values(entry),
            cancellationToken);

    /// <summary>Changes a run.</summary>
    /// <param name="before">The run as it was: its owner and the number of its transactions have to be the same.</param>
    /// <param name="entry">The run as it is from now on.</param>
    /// <param name="cancellationToken">Cancels the statement.</param>
    /// <returns>Whether the run was there as it was.</returns>
    public async Task<bool> TryUpdateAsync(JournalEntry before, JournalEntry entry, CancellationToken cancellationToken)
    {
        int last = Columns.Count();
        string assignments = string.Join(
            ", ",
            Columns.Skip(1).Select((column, i) => $"{Name(column)} = @p{(i + 1).ToString(CultureInfo.InvariantCulture)}"));

        // Drivers that count only rows whose values change see a change: the time of the update is one.
        return await _session.ExecuteAsync(
            $"UPDATE {_table} SET {assignments} WHERE {Name("run_id")} = @p0 "
                + $"AND {Name("owner")} = @p{last.ToString(CultureInfo.InvariantCulture)} "
                + $"AND {Name("chunks")} = @p{(last + 1).ToString(CultureInfo.InvariantCulture)} "
                + $"AND {Name("state")} = @p{(last + 2).ToString(CultureInfo.InvariantCulture)}",
            [.. Values(entry), PlanParameter.Of(before.Owner), PlanParameter.Of(before.Chunks), PlanParameter.Of(before.State)],
            cancellationToken).ConfigureAwait(false) == 1;
    }

    /// <summary>
    /// Notes that the archive of a run was restored, in the transaction that restores it. The run has ended then: what is continued would
    /// delete rows that were restored.
    /// </summary>
    /// <returns>False where it was restored before, or the run is not there.</returns>
    public async Task<bool> TryMarkRestoredAsync(string runId, DateTimeOffset at, CancellationToken cancellationToken)
        => await _session.ExecuteAsync(
            $"UPDATE {_table} SET {Name("restored_at")} = @p1, {Name("state")} = @p2 WHERE {Name("run_id")} = @p0 "
                + $"AND {Name("restored_at")} IS NULL",
            [PlanParameter.Of(runId), PlanParameter.Of(Text(at)), PlanParameter.Of(JournalEntry.Done)],
            cancellationToken).ConfigureAwait(false) == 1;

    /// <summary>Writes the report of a run that is committed to its receipt.</summary>
    /// <param name="id">The id of the receipt.</param>
    /// <param name="state"><see cref="JournalEntry.Done"/> where what follows the commit is done, too.</param>
    /// <param name="report">The report.</param>
    /// <param name="at">The time.</param>
    /// <param name="cancellationToken">Cancels the statement.</param>
    /// <returns>Whether the receipt is there.</returns>
    public async Task<bool> TryFinishAsync(
        string id,
        string state,
        string report,
        DateTimeOffset at,
        CancellationToken cancellationToken)
        => await _session.ExecuteAsync(
            $"UPDATE {_table} SET {Name("state")} = @p1, {Name("updated_at")} = @p2, {Name("progress")} = @p3 WHERE {Name("run_id")} = @p0",
            [PlanParameter.Of(id), PlanParameter.Of(state), PlanParameter.Of(Text(at)), PlanParameter.Of(report)],
            cancellationToken).ConfigureAwait(false) == 1;

    private static async Task<RunJournal> CreateAsync(DatabaseSession session, CancellationToken cancellationToken)
    {
        string? schema = await ReadSchemaAsync(session, cancellationToken).ConfigureAwait(false);
        await DefineAsync(
            session,
            session.Dialect.CreateJournal(session.Sql, new TableName(schema, OwnTables.Journal)),
            cancellationToken).ConfigureAwait(false);
        return new RunJournal(session, schema, keepsManifests: true);
    }

    private static Task DefineAsync(DatabaseSession session, string sql, CancellationToken cancellationToken)
        => OwnTableCreation.RunAsync(
            session,
            sql,
            "a run in several transactions, with an archive or with a key that is good for one run is noted in a table of the database, "
                + "which cannot be created",
            cancellationToken);

    private static async Task<string?> ReadSchemaAsync(DatabaseSession session, CancellationToken cancellationToken)
        => session.Dialect.HasSchemas
            ? (await LiveSchemaReader.ReadIdentityAsync(session, cancellationToken).ConfigureAwait(false)).DefaultSchema
            : null;

    // A key may be a secret, so that its hash is kept.
    private static string IdOfKey(string key) => $"key:{HashOf(key)}";

    // As long as the column allows.
    private static string HashOf(string text)
        => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..IdLength];

    private static string Text(DateTimeOffset time) => time.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(string text) => DateTimeOffset.ParseExact(text, "O", CultureInfo.InvariantCulture);

    private IReadOnlyList<PlanParameter> Values(JournalEntry entry)
        =>
        [
            PlanParameter.Of(entry.RunId),
            PlanParameter.Of(entry.Fingerprint),
            PlanParameter.Of(entry.State),
            PlanParameter.Of(Text(entry.StartedAt)),
            PlanParameter.Of(entry.Owner),
            PlanParameter.Of(Text(entry.UpdatedAt)),
            PlanParameter.Of(entry.Chunks),
            PlanParameter.Of(entry.Progress),
            Optional(entry.Archive),
            Optional(entry.ArchiveHash),
            Optional(entry.RestoredAt is { } restored ? Text(restored) : null),
            .. KeepsManifests ? [Optional(entry.Manifest)] : (PlanParameter[])[],
        ];

    private static PlanParameter Optional(string? text) => new() { Type = System.Data.DbType.String, Value = text };

    private string Name(string column) => _session.Sql.DelimitIdentifier(column);

    private Task<List<JournalEntry>> QueryAsync(string where, IReadOnlyList<PlanParameter> parameters, CancellationToken cancellationToken)
        => _session.QueryAsync(
            $"SELECT {string.Join(", ", Columns.Select(Name))} FROM {_table}{where}",
            parameters,
            reader => new JournalEntry(reader.GetString(0), reader.GetString(1), reader.GetString(2), Time(reader.GetString(3)))
            {
                Owner = reader.GetString(4),
                UpdatedAt = Time(reader.GetString(5)),
                Chunks = Convert.ToInt64(reader.GetValue(6), CultureInfo.InvariantCulture),
                Progress = reader.GetString(7),
                Archive = reader.IsDBNull(8) ? null : reader.GetString(8),
                ArchiveHash = reader.IsDBNull(9) ? null : reader.GetString(9),
                RestoredAt = reader.IsDBNull(10) ? null : Time(reader.GetString(10)),
                Manifest = !KeepsManifests || reader.IsDBNull(11) ? null : reader.GetString(11),
            },
            cancellationToken);
}
