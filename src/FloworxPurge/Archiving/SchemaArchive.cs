using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using FloworxPurge.Connections;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Reading;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;

namespace FloworxPurge.Archiving;

/// <summary>
/// The archive of one run, in a schema of the same database. Its rows are inserted in the transactions that delete them, so that a rollback
/// takes them back.
/// </summary>
/// <param name="schema">The schema.</param>
/// <param name="retainUntil">Until when it is to be kept, or null.</param>
/// <param name="time">The clock of the manifest.</param>
/// <param name="entry">What the database remembers of a run in several transactions; null for a run in one.</param>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed class SchemaArchive(string schema, DateOnly? retainUntil, TimeProvider time, JournalEntry? entry) : IRunArchive
{
    // Where CREATE TABLE commits, a rollback leaves the tables.
    private readonly List<TableName> _created = [];

    private DatabaseSession? _session;
    private IReadOnlyList<ArchivedTable> _tables = [];
    private FreshFacts? _layoutOf;
    private ArchiveManifest? _manifest;
    private (long Chunks, string Hash, string? Manifest) _covered = entry?.ArchiveHash is { } hash
        ? (entry.Chunks, hash, entry.Manifest)
        : (0, string.Empty, null);
    private (ArchiveManifest Manifest, string Hash, string Text)? _next;
    private SchemaStore? _store;
    private ArchiveSource? _source;

    /// <inheritdoc/>
    public string RunId { get; } = entry?.RunId ?? Guid.NewGuid().ToString("D");

    /// <inheritdoc/>
    public string Location => schema;

    /// <inheritdoc/>
    public (long Chunks, string Hash) Receipt
        => _next is { } next ? (_covered.Chunks + 1, next.Hash) : (_covered.Chunks, _covered.Hash);

    /// <inheritdoc/>
    public string? Manifest => _next?.Text ?? _covered.Manifest;

    /// <inheritdoc/>
    public async Task PrepareAsync(
        DatabaseSession session,
        PurgePlan plan,
        Func<CancellationToken, Task<FreshFacts>> readFacts,
        CancellationToken cancellationToken)
    {
        if (session.Dialect.NoArchiveSchema is { } because)
        {
            throw Refused(
                $"ArchiveTo(schema: \"{schema}\") is not supported on {session.Dialect.Engine ?? session.Dialect.Name}: {because}.");
        }

        await CheckSchemaAsync(session, plan, cancellationToken).ConfigureAwait(false);
        if (_manifest is null && _covered.Chunks > 0)
        {
            _manifest = ReadManifest();
        }

        _session = session;
        if (_manifest is null && !session.Dialect.CreatesTablesInTransaction)
        {
            if (session.Transaction is not null || session.HasAmbientTransaction)
            {
                throw Refused(
                    $"to create the tables of the archive in \"{schema}\" would commit the caller's transaction. Run the purge outside "
                        + "of a transaction, or archive to a directory.");
            }

            await CreateBeforeAsync(session, readFacts, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async Task BeginAsync(
        DatabaseSession session,
        FreshFacts whole,
        FreshFacts facts,
        PurgeRun run,
        CancellationToken cancellationToken)
    {
        _next = null;
        if (!ReferenceEquals(whole, _layoutOf))
        {
            _tables = await ArchiveLayout.ReadAsync(session, whole, NameOf, cancellationToken).ConfigureAwait(false);
            _layoutOf = whole;
        }

        if (_manifest is null)
        {
            await CreateAsync(session, whole, cancellationToken).ConfigureAwait(false);
            _manifest = NewManifest(whole);
        }
        else if (!ArchiveManifests.IsOf(_manifest, _tables))
        {
            throw Refused(
                $"the tables or their columns are not those of the archive in schema \"{schema}\" any more, so that it cannot be "
                    + "continued. Make a new plan and begin another run.");
        }

        run.Archived = [];
        run.ArchivedDetached.Clear();
        HashSet<TableName> here = [.. facts.Plan.Tables.Select(table => table.Table)];
        _store = new SchemaStore(session, schema);
        _source = new ArchiveSource(
            session,
            facts,
            run,
            _store,
            [.. _tables.Where(table => table.Reference is not null || here.Contains(table.Table.Table))]);
        await _source.StoreAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<long?> TryRunAsync(PlanStep step, CancellationToken cancellationToken)
        => _source?.TryRunAsync(step, cancellationToken) ?? Task.FromResult<long?>(null);

    /// <inheritdoc/>
    public Task CompleteAsync(CancellationToken cancellationToken)
    {
        ArchiveManifest manifest = _manifest! with
        {
            Tables = [.. _manifest.Tables.Select(table => table with { Rows = (table.Rows ?? 0) + _store!.RowsOf(table.File) })],
        };
        byte[] bytes = ArchiveJson.Write(manifest);
        _next = (manifest, ArchiveJson.Hash(bytes), Encoding.UTF8.GetString(bytes));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task EndAsync(PurgeRun run, bool isHeld)
    {
        _source = null;
        _store = null;
        if (_session is null)
        {
            // Refused before it was begun.
            return;
        }

        if (_next is { } next
            && run.Transaction is TransactionOutcome.Committed or TransactionOutcome.LeftToCaller or TransactionOutcome.Unknown)
        {
            _covered = (_covered.Chunks + 1, next.Hash, next.Text);
            _manifest = next.Manifest;
            _created.Clear();
        }
        else if (_covered.Chunks == 0)
        {
            _manifest = null;
            if (isHeld)
            {
                await DropAsync(_session, run).ConfigureAwait(false);
            }
        }

        _next = null;
        run.Archive = new ArchiveReport
        {
            Schema = schema,
            Tables = _covered.Chunks == 0 ? [] : [.. _manifest!.Tables.Select(table => table.File)],
            RunId = RunId,
            RetainUntil = _manifest is null ? retainUntil : _manifest.RetainUntil,
            Files = 0,
            Rows = _covered.Chunks == 0 ? 0 : _manifest!.Tables.Sum(table => table.Rows ?? 0),
            Bytes = 0,
            Hash = _covered.Chunks == 0 ? null : _covered.Hash,
        };
    }

    /// <inheritdoc/>
    public async Task TakeBackAsync(PurgeRun? run)
    {
        if (_session is not null && _covered.Chunks == 0)
        {
            await DropAsync(_session, run).ConfigureAwait(false);
        }
    }

    private static RunStoppedException Refused(string message, Exception? exception = null)
        => new(RunEnd.Refused, message, exception);

    private string NameOf(int number, TableName table, bool isDetached) => ArchiveTableName.Of(RunId, number, table.Name);

    private ArchiveManifest NewManifest(FreshFacts facts)
        => ArchiveManifests.Create(this, facts, _tables, retainUntil, isWrapped: false, time);

    private async Task CheckSchemaAsync(DatabaseSession session, PurgePlan plan, CancellationToken cancellationToken)
    {
        DatabaseIdentity database = await LiveSchemaReader.ReadIdentityAsync(session, cancellationToken).ConfigureAwait(false);
        bool isTheirs = session.Dialect.HasSchemas
            ? plan.Tables.Select(table => table.Table.Schema).Append(database.DefaultSchema).Contains(schema, StringComparer.Ordinal)
            : string.Equals(schema, database.Database, StringComparison.OrdinalIgnoreCase);
        if (isTheirs)
        {
            throw Refused(
                $"schema \"{schema}\" is that of the tables of the model, and an archive belongs in another one. Name a schema that holds "
                    + "nothing else.");
        }
    }

    private ArchiveManifest ReadManifest()
    {
        try
        {
            byte[] bytes = Encoding.UTF8.GetBytes(_covered.Manifest ?? string.Empty);
            return string.Equals(ArchiveJson.Hash(bytes), _covered.Hash, StringComparison.Ordinal)
                && ArchiveJson.ReadManifest(bytes) is { Version: ArchiveManifest.CurrentVersion } manifest
                    ? manifest
                    : throw new JsonException("it is not what the receipt covers");
        }
        catch (JsonException e)
        {
            throw Refused(
                $"the manifest of run {RunId} in \"{OwnTables.Journal}\" cannot be read ({e.Message.TrimEnd('.')}), so that the archive "
                    + "cannot be continued. Put it back as it was.",
                e);
        }
    }

    // Before the transaction, which the statements would commit.
    private async Task CreateBeforeAsync(
        DatabaseSession session,
        Func<CancellationToken, Task<FreshFacts>> readFacts,
        CancellationToken cancellationToken)
    {
        try
        {
            FreshFacts facts = await readFacts(cancellationToken).ConfigureAwait(false);
            _tables = await ArchiveLayout.ReadAsync(session, facts, NameOf, cancellationToken).ConfigureAwait(false);
            await CreateAsync(session, facts, cancellationToken).ConfigureAwait(false);
            _manifest = NewManifest(facts);
        }
        catch (PurgeException e)
        {
            throw Refused(e.Message, e);
        }
    }

    private async Task CreateAsync(DatabaseSession session, FreshFacts facts, CancellationToken cancellationToken)
    {
        SqlStatement find = session.Dialect.FindSchema(schema);
        if ((await session.QueryNumbersAsync(find.Sql, find.Parameters, cancellationToken).ConfigureAwait(false))[0] == 0)
        {
            await DefineAsync(session, session.Dialect.CreateSchema(session.Sql, schema), cancellationToken).ConfigureAwait(false);
        }

        var pinned = new PinnedSettings(session, session.Dialect.ArchiveSchemaSettings);
        try
        {
            await pinned.ChangeAsync(cancellationToken).ConfigureAwait(false);
            foreach (ArchivedTable table in _tables)
            {
                var name = new TableName(schema, table.Table.File);
                string create = session.Dialect.CreateArchiveTable(
                    session.Sql,
                    name,
                    facts.Table(table.Table.Table).AllRows,
                    table.Table.Columns.Select(column => column.Name));
                if (!session.Dialect.CreatesTablesInTransaction)
                {
                    await DropLeftAsync(session, name, cancellationToken).ConfigureAwait(false);

                    // A statement that was cancelled, or whose connection was lost, may have created it all the same.
                    _created.Add(name);
                }

                await DefineAsync(session, create, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            if (session.IsOpen)
            {
                await pinned.UndoAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    // A run that was stopped before its first commit may have left the table, which bears its number.
    private async Task DropLeftAsync(DatabaseSession session, TableName name, CancellationToken cancellationToken)
    {
        SqlStatement find = session.Dialect.FindTable(name);
        if ((await session.QueryNumbersAsync(find.Sql, find.Parameters, cancellationToken).ConfigureAwait(false))[0] == 0)
        {
            return;
        }

        string table = session.Dialect.Table(session.Sql, name);
        string first = session.Dialect.First($"SELECT 1 AS one FROM {table} AS t", 1);
        if ((await session.QueryNumbersAsync($"SELECT {session.Dialect.CountRows} FROM ({first}) AS first_rows", cancellationToken)
            .ConfigureAwait(false))[0] > 0)
        {
            throw Refused(
                $"{name.ToQuotedString()} holds rows, though no transaction of run {RunId} is committed. Look at whose they are, and "
                    + "archive to another schema.");
        }

        await session.ExecuteAsync($"DROP TABLE {table}", [], cancellationToken).ConfigureAwait(false);
    }

    private async Task DefineAsync(DatabaseSession session, string sql, CancellationToken cancellationToken)
    {
        try
        {
            await session.ExecuteAsync(sql, [], cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e) when (session.IsOpen
            && !cancellationToken.IsCancellationRequested
            && !e.IsTransient
            && !session.Dialect.IsLockTimeout(e)
            && !session.Dialect.IsReadOnly(e))
        {
            throw Refused(
                $"the archive cannot be created in schema \"{schema}\" ({DatabaseFailure.Describe(e)}). Create the schema as a user who "
                    + $"may, and grant this role the right to create, read and fill tables there. The statement was: {sql}",
                e);
        }
    }

    private async Task DropAsync(DatabaseSession session, PurgeRun? run)
    {
        string[] names = [.. _created.Select(table => table.ToQuotedString())];
        try
        {
            while (_created.Count > 0 && session.IsOpen)
            {
                await session.ExecuteAsync(
                    $"DROP TABLE IF EXISTS {session.Dialect.Table(session.Sql, _created[^1])}",
                    [],
                    CancellationToken.None).ConfigureAwait(false);
                _created.RemoveAt(_created.Count - 1);
            }

            if (_created.Count == 0)
            {
                return;
            }
        }
        catch (Exception e) when (DatabaseFailure.IsForeign(e, CancellationToken.None))
        {
            names = [.. _created.Select(table => table.ToQuotedString()), $"({DatabaseFailure.Describe(e)})"];
        }

        // The outcome of the transaction is known, and a failure here does not describe it.
        _created.Clear();
        run?.Notes.Add(PlanNote.Warning(
            null,
            $"The tables of the archive have no receipt and no rows, and could not be dropped. Drop them: {string.Join(", ", names)}."));
    }
}
