using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Transactions;
using FloworxPurge.Connections;
using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace FloworxPurge.Resetting;

/// <summary>
/// Test databases of a server. One session holds the mark of the owner as long as the process lives, creates the databases and drops them.
/// </summary>
internal sealed class ServerTestDatabases : TestDatabaseStore
{
    // A server may notice a lost connection, whose session holds the mark, later than its client.
    private const int MostAttempts = 20;

    // A server has few, and each is opened for one statement.
    private const int MostSessions = 4;

    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(250);

    private readonly TestDatabaseSql _statements;
    private readonly ConnectionSession _session;
    private readonly Func<Task<ConnectionSession>> _open;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private string? _template;

    private ServerTestDatabases(
        string owner,
        DbProviderFactory factory,
        string connectionString,
        TestDatabaseSql statements,
        ConnectionSession session,
        Func<Task<ConnectionSession>> open)
        : base(owner, factory, connectionString, session.Session.Dialect)
    {
        _statements = statements;
        _session = session;
        _open = open;
    }

    private DatabaseSession Session => _session.Session;

    /// <summary>Opens the session, acquires the mark and drops what killed owners have left.</summary>
    [RequiresUnreferencedCode(TrimWarnings.Model)]
    [RequiresDynamicCode(TrimWarnings.Model)]
    public static async Task<ServerTestDatabases> OpenAsync(
        IReadOnlyList<IDbContextOptionsExtension> extensions,
        string owner,
        DbProviderFactory factory,
        string connectionString,
        PurgeDialect dialect,
        CancellationToken cancellationToken)
    {
        // Otherwise the open connection shows which engine it is.
        if (dialect is { ServerQuery: null, TestDatabases: null })
        {
            throw NotKnown(dialect);
        }

        // A pool would keep the session, and the mark with it, beyond the end of the owner.
        DbConnectionStringBuilder builder = BuilderOf(factory, connectionString);
        builder["Pooling"] = false;
        ConnectionSession session = await OpenSessionAsync(dialect, cancellationToken).ConfigureAwait(false);
        try
        {
            PurgeDialect found = session.Session.Dialect;
            var store = new ServerTestDatabases(
                owner,
                factory,
                connectionString,
                found.TestDatabases ?? throw NotKnown(found),
                session,
                () => OpenSessionAsync(found, CancellationToken.None));
            await store.HoldNowAsync(cancellationToken).ConfigureAwait(false);
            await store.DropLeftAsync(cancellationToken).ConfigureAwait(false);
            return store;
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        Task<ConnectionSession> OpenSessionAsync(PurgeDialect spoken, CancellationToken token)
        {
            DbConnection connection = factory.CreateConnection()!;
            connection.ConnectionString = builder.ConnectionString;
            return ProviderContext.OpenAsync(extensions, connection, ownsConnection: true, spoken, token);
        }
    }

    public override async Task HoldAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await HoldNowAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    public override async Task<TestDatabasePlace> CreateAsync(
        Func<string, CancellationToken, Task> prepare,
        CancellationToken cancellationToken)
    {
        string? name = null;
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_statements.Copies)
            {
                _template ??= await CreateTemplateAsync(prepare, cancellationToken).ConfigureAwait(false);
            }

            name = NextName();
            await CreateNowAsync(name, _template, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }

        var database = new TestDatabasePlace(name, ConnectionStringOf(builder => Dialect.LeadTo(builder, name)));
        if (_template is null)
        {
            await prepare(database.ConnectionString, cancellationToken).ConfigureAwait(false);
        }

        return database;
    }

    public override async Task DropAsync(TestDatabasePlace database, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await DropNowAsync(Session, database.Name, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            // At the same time: dropping one writes what others hold in memory to the disk, unless they are being dropped.
            string[] names = [.. _names];
            await Parallel.ForEachAsync(
                names.Length > 1 ? names : [],
                new ParallelOptions { MaxDegreeOfParallelism = MostSessions },
                async (name, _) => await DropElsewhereAsync(name).ConfigureAwait(false)).ConfigureAwait(false);
            foreach (string name in _names.ToList())
            {
                await DropNowAsync(Session, name, CancellationToken.None).ConfigureAwait(false);
            }
        }
        finally
        {
            await _session.DisposeAsync().ConfigureAwait(false);
            _gate.Release();
        }
    }

    private static PurgeException NotKnown(PurgeDialect dialect)
        => new(
            $"There are no test databases for {dialect.Engine ?? dialect.Name}: how one is created for each worker is not known there. "
                + "Create them yourself, and use a DatabaseResetter for each.");

    private async Task<string> CreateTemplateAsync(Func<string, CancellationToken, Task> prepare, CancellationToken cancellationToken)
    {
        string name = NameOf(Template);

        // An attempt before may have failed.
        await DropNowAsync(Session, name, cancellationToken).ConfigureAwait(false);
        await CreateNowAsync(name, template: null, cancellationToken).ConfigureAwait(false);
        await prepare(
            ConnectionStringOf(builder =>
            {
                Dialect.LeadTo(builder, name);

                // A session in a pool would prevent copies.
                builder["Pooling"] = false;
            }),
            cancellationToken).ConfigureAwait(false);
        await CloseAsync(Session, name, cancellationToken).ConfigureAwait(false);
        return name;
    }

    private async Task CloseAsync(DatabaseSession session, string name, CancellationToken cancellationToken)
    {
        foreach (SqlStatement statement in _statements.Close?.Invoke(session.Sql, name) ?? [])
        {
            await session.ExecuteAsync(statement.Sql, statement.Parameters, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task CreateNowAsync(string name, string? template, CancellationToken cancellationToken)
    {
        // What is cancelled may have been created.
        _names.Add(name);
        await Session.ExecuteAsync(_statements.Create(Session.Sql, name, template), [], cancellationToken).ConfigureAwait(false);
        if (_statements.Relax is { } relax)
        {
            await Session.ExecuteAsync(relax(Session.Sql, name), [], cancellationToken).ConfigureAwait(false);
        }
    }

    // What fails here is tried again over the session that holds the mark, and that error is thrown.
    private async Task DropElsewhereAsync(string name)
    {
        try
        {
            ConnectionSession other = await _open().ConfigureAwait(false);
            await using (other.ConfigureAwait(false))
            {
                await DropNowAsync(other.Session, name, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (DatabaseFailure.IsForeign(e, CancellationToken.None) && IsKnown(name))
        {
            // The name is still among those that are dropped then.
        }
    }

    private async Task DropNowAsync(DatabaseSession session, string name, CancellationToken cancellationToken)
    {
        if (!TestDatabaseMark.TryFindOwner(name, out string? owner) || !string.Equals(owner, Owner, StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"\"{name}\" is not a test database of this owner.");
        }

        if (IsKnown(name))
        {
            await session.ReopenAsync(cancellationToken).ConfigureAwait(false);
            SqlStatement find = _statements.Find(name);
            object? found = await session.ReadScalarAsync(find.Sql, find.Parameters, cancellationToken).ConfigureAwait(false);
            if (Convert.ToInt64(found, CultureInfo.InvariantCulture) != 0)
            {
                await CloseAsync(session, name, cancellationToken).ConfigureAwait(false);
                await session.ExecuteAsync(_statements.Drop(session.Sql, name), [], cancellationToken).ConfigureAwait(false);
            }

            lock (_names)
            {
                _names.Remove(name);
            }
        }
    }

    private bool IsKnown(string name)
    {
        lock (_names)
        {
            return _names.Contains(name);
        }
    }

    private async Task HoldNowAsync(CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                using var outside = new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
                await Session.ReopenAsync(cancellationToken).ConfigureAwait(false);
                if (await HoldsAsync(Owner, cancellationToken).ConfigureAwait(false))
                {
                    return;
                }
            }
            catch (DbException) when (attempt == 1 && !Session.IsOpen)
            {
                // The connection was lost, which the driver learns of by the statement; the next attempt opens another one.
                continue;
            }

            if (attempt == MostAttempts)
            {
                throw new PurgeException(
                    $"The mark of these test databases ({Owner}) was lost with its connection, and another session of the server holds it: "
                        + $"it may be dropping them. Rent from a new TestDatabases.");
            }

            await Task.Delay(BetweenAttempts, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<bool> HoldsAsync(string owner, CancellationToken cancellationToken)
    {
        SqlStatement hold = _statements.Hold(owner);
        object? answer = await Session.ReadScalarAsync(hold.Sql, hold.Parameters, cancellationToken).ConfigureAwait(false);
        return Convert.ToInt64(answer, CultureInfo.InvariantCulture) == 1;
    }

    private async Task DropLeftAsync(CancellationToken cancellationToken)
    {
        SqlStatement unused = _statements.Unused(TestDatabaseMark.Start);
        List<string> names = await Session.QueryAsync(
            unused.Sql,
            unused.Parameters,
            reader => reader.GetString(0),
            cancellationToken).ConfigureAwait(false);
        foreach (IGrouping<string, string> left in names
            .Select(name => (Name: name, Owner: TestDatabaseMark.TryFindOwner(name, out string? owner) ? owner : Owner))
            .Where(left => !string.Equals(left.Owner, Owner, StringComparison.Ordinal))
            .GroupBy(left => left.Owner, left => left.Name, StringComparer.Ordinal))
        {
            // Nobody can have the mark of an owner that lives.
            if (!await HoldsAsync(left.Key, cancellationToken).ConfigureAwait(false))
            {
                continue;
            }

            foreach (string name in left)
            {
                await DropLeftAsync(name, cancellationToken).ConfigureAwait(false);
            }

            SqlStatement release = _statements.Release(left.Key);
            await Session.ExecuteAsync(release.Sql, release.Parameters, cancellationToken).ConfigureAwait(false);
        }
    }

    // What somebody looks at meanwhile is left to the next owner.
    private async Task DropLeftAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await Session.ExecuteAsync(_statements.Drop(Session.Sql, name), [], cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e) when (Session.IsOpen && !cancellationToken.IsCancellationRequested)
        {
            Left.Add($"Test database \"{name}\" of a process that has ended could not be dropped: {DatabaseFailure.Describe(e)}.");
        }
    }
}
