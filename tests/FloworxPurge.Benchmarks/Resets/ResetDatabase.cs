using System.Data.Common;
using System.Globalization;
using Respawn;
using Weasel.Core;

namespace FloworxPurge.Benchmarks.Resets;

/// <summary>A database of a layout, and a second connection that writes to it and looks into it, as a test would.</summary>
internal abstract class ResetDatabase(Layout layout) : IAsyncDisposable
{
    private readonly Dictionary<(int Dirty, int Rows), DbCommand> _fills = [];
    private readonly List<DbCommand> _commands = [];
    private DbCommand? _probe;
    private DbCommand? _moved;

    public Layout Layout => layout;

    /// <summary>What Respawn sends to this engine.</summary>
    public abstract IDbAdapter RespawnAdapter { get; }

    /// <summary>What Weasel sends to this engine.</summary>
    public abstract Migrator WeaselMigrator { get; }

    /// <summary>Whether there are identity counters.</summary>
    public virtual bool HasCounters => true;

    /// <summary>The application's connection, open.</summary>
    protected abstract DbConnection Side { get; }

    /// <summary>Counts the identity counters that are not at their start.</summary>
    protected abstract string MovedCounters { get; }

    public abstract LayoutContext CreateContext();

    /// <summary>A connection for a contestant, which this object closes at the end.</summary>
    public abstract Task<DbConnection> ConnectAsync();

    /// <summary>What puts the identity counters of the tables back, by hand.</summary>
    public abstract string RestartCounters(IEnumerable<int> tables);

    /// <summary>Writes that many rows to each of that many tables, on the side connection.</summary>
    public async Task FillAsync(int dirty, int rows = Layout.RowsPerTable)
    {
        if (dirty == 0)
        {
            return;
        }

        if (!_fills.TryGetValue((dirty, rows), out DbCommand? fill))
        {
            _fills[(dirty, rows)] = fill = await PrepareAsync(Side, InTransaction(Layout.Fill(Layout.Dirty(dirty), rows)));
        }

        await fill.ExecuteNonQueryAsync();
    }

    /// <summary>Fails unless every table is empty, and every identity counter where it starts.</summary>
    public async Task CheckAsync(bool countersToo)
    {
        _probe ??= await PrepareAsync(Side, Layout.Probe());
        _moved ??= await PrepareAsync(Side, MovedCounters);
        if (await NumberAsync(_probe) != 0)
        {
            throw new InvalidOperationException($"{Side.Database}: a table is not empty after a reset.");
        }

        if (countersToo && await NumberAsync(_moved) != 0)
        {
            throw new InvalidOperationException($"{Side.Database}: an identity counter is not at its start after a reset.");
        }
    }

    /// <summary>A statement for many runs.</summary>
    public async Task<DbCommand> PrepareAsync(DbConnection connection, string sql)
    {
        DbCommand command = connection.CreateCommand();
        command.CommandText = sql;
        _commands.Add(command);
        await command.PrepareAsync();
        return command;
    }

    /// <summary>The text as one transaction, where a text of several statements is not one anyway.</summary>
    public virtual string InTransaction(string sql) => sql;

    public virtual async ValueTask DisposeAsync()
    {
        foreach (DbCommand command in _commands)
        {
            await command.DisposeAsync();
        }
    }

    private static async Task<long> NumberAsync(DbCommand command)
        => Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
}
