using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Connections;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Resetting;

/// <summary>
/// Puts back what EF itself would have put there: <c>HasData</c> rows by its migrations SQL, then what its seeding hooks write.
/// </summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
internal sealed class SeedData
{
    private readonly IReadOnlyList<SeedRestorer> _seeds;

    // How many rows the last restore, or HasData before the first one, left in each table.
    private Dictionary<TableName, long> _rows;

    private SeedData(IReadOnlyList<SeedRestorer> seeds)
    {
        _seeds = seeds;
        _rows = seeds.SelectMany(seed => seed.Rows)
            .GroupBy(pair => pair.Key)
            .ToDictionary(group => group.Key, group => group.Max(pair => pair.Value));
    }

    public static SeedData None { get; } = new([]);

    public bool IsEmpty => _seeds.Count == 0;

    /// <summary>Reads what the models and options of contexts seed.</summary>
    /// <exception cref="PurgeException">
    /// There is a seeding hook, and no way to create the context that it needs; or that context works in another database than the reset
    /// one.
    /// </exception>
    public static async Task<SeedData> ReadAsync(
        IEnumerable<DbContext> contexts,
        HookDatabase database,
        StringComparer identifiers,
        CancellationToken cancellationToken)
    {
        List<SeedRestorer> seeds = [];
        foreach (DbContext context in contexts)
        {
            seeds.Add(await SeedRestorer.CreateAsync(context, database, identifiers, cancellationToken).ConfigureAwait(false));
        }

        return new SeedData(seeds);
    }

    /// <summary>
    /// Makes sure, before anything is written, that seeding hooks would work in the database that is reset: one that finds its database by
    /// itself may find another each time.
    /// </summary>
    /// <exception cref="PurgeException">One of them would work in another database.</exception>
    public async Task CheckHooksAsync(DbConnection connection, HookDatabase database, CancellationToken cancellationToken)
    {
        foreach (SeedRestorer seed in _seeds)
        {
            await seed.CheckHookAsync(connection, database, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes the seeds into the emptied tables.</summary>
    /// <returns>The report without the rows of the seeds that were there before.</returns>
    public async Task<LeakReport> RestoreAsync(
        DatabaseSession session,
        LeakReport report,
        HookDatabase database,
        CancellationToken cancellationToken)
    {
        // Contexts that share a table seed it the same way.
        foreach (string command in _seeds.SelectMany(seed => seed.Commands).Distinct(StringComparer.Ordinal))
        {
            await session.ExecuteAsync(command, [], cancellationToken: cancellationToken).ConfigureAwait(false);
        }

        foreach (SeedRestorer seed in _seeds)
        {
            await seed.RunHookAsync(session.Connection, database, cancellationToken).ConfigureAwait(false);
        }

        IReadOnlyList<TableReport> beyondSeeds = [.. report.Tables
            .Select(table => table with { RowsBefore = table.RowsBefore - _rows.GetValueOrDefault(table.Table) })
            .Where(table => table.RowsBefore > 0)];
        _rows = await session.CountAsync(database.Plan.Tables, cancellationToken).ConfigureAwait(false);
        return report with { Tables = beyondSeeds };
    }
}
