using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using FloworxPurge.Connections;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Archiving;

/// <summary>An archive in a schema of the database, from whose tables the rows are read.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed class SchemaSource : RestoreSource
{
    private readonly DatabaseSession _session;
    private readonly RestoreSettings _settings;

    private SchemaSource(DatabaseSession session, string schema, ArchiveManifest manifest, RestoreSettings settings)
        => (_session, Schema, Manifest, _settings) = (session, schema, manifest, settings);

    /// <inheritdoc/>
    public override ArchiveManifest Manifest { get; }

    /// <inheritdoc/>
    public override string Schema { get; }

    /// <summary>Finds the archive in the journal.</summary>
    /// <param name="session">The session.</param>
    /// <param name="schema">The schema.</param>
    /// <param name="runId">The run that wrote it; null for the only one that is not restored.</param>
    /// <param name="settings">The options.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="PurgeException">There is none, or it is not known which one is meant.</exception>
    public static async Task<SchemaSource> OpenAsync(
        DatabaseSession session,
        string schema,
        string? runId,
        RestoreSettings settings,
        CancellationToken cancellationToken)
    {
        RunJournal? journal = await RunJournal.FindAsync(session, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<JournalEntry> entries = journal is null
            ? []
            : await journal.ReadArchivesAsync(schema, cancellationToken).ConfigureAwait(false);
        if (entries.Count == 0)
        {
            throw new PurgeException(
                $"The database has no receipt of an archive in schema \"{schema}\". Check the name of the schema and of the database.");
        }

        JournalEntry[] open = [.. entries.Where(entry => entry.RestoredAt is null)];
        if (runId is null && open.Length > 1 && open.Any(one => RowsOf(one) > 0))
        {
            // Those of runs that found nothing to delete are not meant.
            open = [.. open.Where(one => RowsOf(one) > 0)];
        }

        JournalEntry? entry = runId is not null ? entries.FirstOrDefault(one => string.Equals(one.RunId, runId, StringComparison.Ordinal))
            : open.Length == 1 ? open[0]
            : entries.Count == 1 ? entries[0]
            : null;
        if (entry is null)
        {
            throw new PurgeException(
                (runId is not null ? $"Schema \"{schema}\" holds no archive of run \"{runId}\". It holds: "
                    : open.Length == 0 ? $"Every archive in schema \"{schema}\" was restored: "
                    : $"Schema \"{schema}\" holds several archives that are not restored. Give the runId of one of them: ")
                + string.Join("; ", (runId is null && open.Length > 0 ? open : entries).Select(Describe)) + ".");
        }

        return new SchemaSource(session, schema, Read(entry), settings);
    }

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<ArchiveChunk>> CheckAsync(
        JournalEntry? receipt,
        RestoreRefusals refusals,
        List<string> notes,
        CancellationToken cancellationToken)
    {
        if (!CheckReceipt(receipt, Manifest.RunId, written: 0, refusals.Add, notes.Add))
        {
            return [];
        }

        if (!string.Equals(HashOf(receipt!), receipt!.ArchiveHash, StringComparison.Ordinal))
        {
            refusals.Add(
                RestoreRefusalKind.Archive,
                $"The SHA-256 of the manifest in \"{OwnTables.Journal}\" is {HashOf(receipt)}, and the receipt beside it says "
                    + $"{receipt.ArchiveHash}: it was changed. Put it back as it was.");
        }

        if (_settings.Unwrap is not null)
        {
            refusals.Add(
                RestoreRefusalKind.Archive,
                "An archive in a schema has no files. Leave RestoreOptions.Unwrap out.");
        }

        foreach (ArchiveTable table in Manifest.Tables)
        {
            SqlStatement find = _session.Dialect.FindTable(new TableName(Schema, table.File));
            if ((await _session.QueryNumbersAsync(find.Sql, find.Parameters, cancellationToken).ConfigureAwait(false))[0] == 0)
            {
                refusals.Add(
                    RestoreRefusalKind.Archive,
                    table.Table,
                    $"The table {new TableName(Schema, table.File).ToQuotedString()} of the archive does not exist, or this role has no "
                        + "right to read it. Restore it from a backup, or grant SELECT on it.");
            }
        }

        return
        [
            new ArchiveChunk(
                1,
                string.Empty,
                [.. Manifest.Tables.Select(table => new ArchivePart(table.File, 0, 0, table.Rows ?? 0, string.Empty))]),
        ];
    }

    /// <inheritdoc/>
    public override async Task<string?> LoadAsync(
        StagedTable table,
        IReadOnlyList<ArchiveChunk> chunks,
        CancellationToken cancellationToken)
    {
        var name = new TableName(Schema, table.Archived.File);
        string insert = _session.Dialect.InsertFrom(
            _session.Sql,
            table.Stage,
            $"{_session.Dialect.Table(_session.Sql, name)} AS a",
            "a",
            [.. table.Columns.Select(column => column.Name)],
            locks: false);
        long rows = await _session.ExecuteAsync(insert, [], cancellationToken).ConfigureAwait(false);
        return rows == table.Rows
            ? null
            : $"The table {name.ToQuotedString()} of the archive holds {Quantity.Of(rows, "row")}, and the receipt says "
                + $"{table.Rows.ToString(CultureInfo.InvariantCulture)}: it was changed. Put it back as it was.";
    }

    private static string HashOf(JournalEntry entry) => ArchiveJson.Hash(Encoding.UTF8.GetBytes(entry.Manifest ?? string.Empty));

    private static ArchiveManifest Read(JournalEntry entry)
    {
        try
        {
            ArchiveManifest manifest = ArchiveJson.ReadManifest(Encoding.UTF8.GetBytes(entry.Manifest!))
                ?? throw new JsonException("it is null");
            return manifest.Version == ArchiveManifest.CurrentVersion
                ? manifest
                : throw new PurgeException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"The archive of run {entry.RunId} is of version {manifest.Version} of the format, and this library reads version ")
                    + string.Create(
                        CultureInfo.InvariantCulture,
                        $"{ArchiveManifest.CurrentVersion}. Use the library that wrote it: {manifest.WrittenBy}."));
        }
        catch (JsonException e)
        {
            throw new PurgeException(
                $"The manifest of run {entry.RunId} in \"{OwnTables.Journal}\" cannot be read: {e.Message.TrimEnd('.')}. Put it back as it "
                    + "was.",
                e);
        }
    }

    private static string Describe(JournalEntry entry)
        => string.Create(
            CultureInfo.InvariantCulture,
            $"{entry.RunId}, begun at {entry.StartedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC, ")
            + Quantity.Of(RowsOf(entry), "row");

    private static long RowsOf(JournalEntry entry) => Read(entry).Tables.Sum(table => table.Rows ?? 0);
}
