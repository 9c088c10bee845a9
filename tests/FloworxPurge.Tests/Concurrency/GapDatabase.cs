using System.Data.Common;
using System.Globalization;
using FloworxPurge.Tests.Faults;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Concurrency;

/// <summary>How the statement of another session ended.</summary>
/// <param name="Done">How many of its commands were done.</param>
/// <param name="Failure">What ended it before its last one: a lock of the purge, or an error; null when all were done.</param>
public sealed record GapOutcome(int Done, string? Failure)
{
    public override string ToString() => Failure is null ? "ran" : $"did not run ({Failure})";
}

/// <summary>
/// A database that is made anew for each case, and two other sessions in it: one that prepares and looks, and one whose statements do not
/// wait for locks.
/// </summary>
public abstract class GapDatabase(TestDatabase database) : IAsyncDisposable
{
    private const int MostAttempts = 20;
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(50);

    private DbConnection? _administrator;
    private DbConnection? _other;

    /// <summary>The name of the engine.</summary>
    public string Engine => database.Engine;

    /// <summary>The statements that other sessions run.</summary>
    public abstract IReadOnlyList<GapStatement> Statements { get; }

    protected TestDatabase Database => database;

    /// <summary>A context as the purge has it.</summary>
    public ScenarioContext CreateContext(FaultHook hook) => new(database: null, BuildModel, options =>
    {
        UseProvider(options);
        options.AddInterceptors(hook);
    });

    /// <summary>Why the server's version has no such statement, or null when it has it.</summary>
    public virtual Task<string?> WhyNotAsync(GapStatement statement, CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    /// <summary>Makes everything as it is before a case.</summary>
    public async Task RebuildAsync(GapStatement statement, CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            await AdministratorAsync(cancellationToken),
            Replace(Rebuild(statement.IsPartitioned) + statement.SetupRows + statement.Setup, session: 0),
            cancellationToken);
    }

    /// <summary>Makes the rows as they are before a case, where the tables are as they were.</summary>
    public async Task RestoreRowsAsync(GapStatement statement, CancellationToken cancellationToken)
    {
        await ExecuteAsync(await AdministratorAsync(cancellationToken), RestoreRows + statement.SetupRows, cancellationToken);
    }

    /// <summary>Runs the statement in another session, which does not wait for a lock longer than it has to.</summary>
    public async Task<GapOutcome> RunAsync(GapStatement statement, long session, CancellationToken cancellationToken)
    {
        for (int i = 0; i < statement.Commands.Length; i++)
        {
            _other ??= await OpenOtherAsync(cancellationToken);
            try
            {
                await ExecuteAsync(_other, Replace(statement.Commands[i], session), cancellationToken);
            }
            catch (DbException e)
            {
                // The session may be in any state after an error.
                await _other.DisposeAsync();
                _other = null;
                return new(i, e.Message);
            }
        }

        return new(statement.Commands.Length, Failure: null);
    }

    /// <summary>
    /// Runs the statement while nobody else is there but threads of the server, which may hold a table for a moment: it is tried again.
    /// </summary>
    public async Task<GapOutcome> RunAloneAsync(GapStatement statement, CancellationToken cancellationToken)
    {
        GapOutcome outcome = await RunAsync(statement, session: 0, cancellationToken);
        for (int attempt = 1; outcome is { Failure: not null, Done: 0 } && !statement.EndsSession && attempt < MostAttempts; attempt++)
        {
            await Task.Delay(BetweenAttempts, cancellationToken);
            outcome = await RunAsync(statement, session: 0, cancellationToken);
        }

        return outcome;
    }

    /// <summary>All rows there are, each once, seen by a session that sees all.</summary>
    public async Task<GapRows> ReadRowsAsync(CancellationToken cancellationToken)
    {
        DbConnection connection = await AdministratorAsync(cancellationToken);
        List<string> queries = [];
        await ReadAsync(connection, RowQueries, reader => queries.Add(reader.GetString(0)), cancellationToken);
        List<(long Id, string Text)> rows = [];
        if (queries.Count > 0)
        {
            await ReadAsync(
                connection,
                string.Join(" UNION ALL ", queries),
                reader => rows.Add(
                    (Convert.ToInt64(reader.GetValue(0), CultureInfo.InvariantCulture), Convert.ToString(reader.GetValue(1), CultureInfo.InvariantCulture)!)),
                cancellationToken);
        }

        return new GapRows(rows);
    }

    /// <summary>What is there, as one text: objects and rows, and the answer of the statement's own query.</summary>
    public async Task<string> DescribeAsync(GapStatement statement, CancellationToken cancellationToken)
    {
        if (statement.Proof is null)
        {
            return await database.ChecksumAsync(cancellationToken);
        }

        List<string> answers = [];
        await ReadAsync(
            await AdministratorAsync(cancellationToken),
            Replace(statement.Proof, session: 0),
            reader => answers.Add($"{reader.GetValue(0)}"),
            cancellationToken);
        return string.Join("\n", answers);
    }

    /// <summary>The number of the context's session, by which another one can end it.</summary>
    public abstract long SessionOf(DbConnection connection);

    /// <summary>What the case may have left in a pool of connections.</summary>
    public abstract void ClearPool(DbContext context);

    /// <summary>Dead rows of the catalog slow down the cases that follow.</summary>
    public virtual Task TidyAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_other is not null)
        {
            await _other.DisposeAsync();
        }

        if (_administrator is not null)
        {
            await _administrator.DisposeAsync();
        }

        await database.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected static async Task ExecuteAsync(DbConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using DbCommand command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The commands that make the tables and their rows anew.</summary>
    protected abstract string Rebuild(bool isPartitioned);

    /// <summary>The commands that make the rows anew.</summary>
    protected abstract string RestoreRows { get; }

    /// <summary>A query that gives, for each table with rows of its own, a query of the number and the whole text of each row.</summary>
    protected abstract string RowQueries { get; }

    protected abstract void UseProvider(DbContextOptionsBuilder options);

    /// <summary>Sets the other session up so that it waits for no lock longer than it has to.</summary>
    protected abstract string DoNotWait { get; }

    protected abstract string Role { get; }

    protected abstract string DatabaseName { get; }

    protected async Task<DbConnection> AdministratorAsync(CancellationToken cancellationToken)
        => _administrator ??= await database.OpenConnectionAsync(cancellationToken);

    private async Task<DbConnection> OpenOtherAsync(CancellationToken cancellationToken)
    {
        DbConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await ExecuteAsync(connection, DoNotWait, cancellationToken);
        return connection;
    }

    private string Replace(string sql, long session) => sql
        .Replace("{role}", Role, StringComparison.Ordinal)
        .Replace("{database}", DatabaseName, StringComparison.Ordinal)
        .Replace("{session}", session.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private static async Task ReadAsync(DbConnection connection, string sql, Action<DbDataReader> read, CancellationToken cancellationToken)
    {
        await using DbCommand command = connection.CreateCommand();
        command.CommandText = sql;
        await using DbDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            read(reader);
        }
    }

    // The table x is excluded by the options of the purge.
    private static void BuildModel(ModelBuilder model)
    {
        model.SharedTypeEntity<Dictionary<string, object>>("x", entity => Build(entity, "x", _ => { }));
        model.SharedTypeEntity<Dictionary<string, object>>("p", entity => Build(entity, "p", p => p.IndexerProperty<int?>("amount")));
        model.SharedTypeEntity<Dictionary<string, object>>("c", entity => Build(entity, "c", c =>
        {
            c.IndexerProperty<int>("p_id");
            c.IndexerProperty<int?>("x_id");
            c.HasOne("p", navigationName: null).WithMany().HasForeignKey("p_id").OnDelete(DeleteBehavior.NoAction);
            c.HasOne("x", navigationName: null).WithMany().HasForeignKey("x_id").OnDelete(DeleteBehavior.NoAction);
        }));
    }

    private static void Build(
        Microsoft.EntityFrameworkCore.Metadata.Builders.EntityTypeBuilder<Dictionary<string, object>> entity,
        string table,
        Action<Microsoft.EntityFrameworkCore.Metadata.Builders.EntityTypeBuilder<Dictionary<string, object>>> more)
    {
        entity.ToTable(table);
        entity.IndexerProperty<int>("id").ValueGeneratedNever();
        entity.HasKey("id");
        entity.IndexerProperty<string>("note").HasMaxLength(40);
        more(entity);
    }
}
