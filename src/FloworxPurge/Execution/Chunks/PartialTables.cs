using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>
/// The facts of a transaction that deletes a part of a large table: its first rows in the order of the primary key. Every table that
/// references it is empty by then, or is kept and blocks the rows that it references.
/// </summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
internal sealed class PartialTables(DatabaseSession session, PurgeSettings settings)
{
    private DatabaseSchema? _keyed;
    private FreshFacts? _of;
    private (FreshFacts Whole, TableName Table, int Rows, FreshFacts Facts)? _last;

    /// <summary>Determines whether rows of a table can be selected.</summary>
    public async Task<bool> MayBePartialAsync(FreshFacts whole, TableName table, CancellationToken cancellationToken)
        => session.Dialect.NoKeyTables is null
            && whole.Table(table) is { Kind: TableKind.Table, HidesRows: false, CanSelect: true }
            && (await ReadKeysAsync(whole, cancellationToken).ConfigureAwait(false)).Tables
                .Any(live => live.Name == table && live.PrimaryKey.Count > 0);

    /// <summary>Makes the facts.</summary>
    public async Task<FreshFacts> ReadAsync(FreshFacts whole, TableName table, int rows, CancellationToken cancellationToken)
    {
        if (_last is { } last && ReferenceEquals(last.Whole, whole) && last.Table == table && last.Rows == rows)
        {
            return last.Facts;
        }

        FreshFacts facts = Make(whole, await ReadKeysAsync(whole, cancellationToken).ConfigureAwait(false), table, rows);
        _last = (whole, table, rows, facts);
        return facts;
    }

    private async Task<DatabaseSchema> ReadKeysAsync(FreshFacts whole, CancellationToken cancellationToken)
    {
        if (_keyed is not { } keyed || !ReferenceEquals(_of, whole))
        {
            keyed = await RowPlanReader.WithKeysAsync(whole.Schema.Live, session, cancellationToken).ConfigureAwait(false);
            (_keyed, _of) = (keyed, whole);
        }

        return keyed;
    }

    private FreshFacts Make(FreshFacts whole, DatabaseSchema keyed, TableName name, int rows)
    {
        TableSchema table = keyed.Tables.First(live => live.Name == name);
        string keys = string.Join(", ", table.PrimaryKey.Select(column => "t." + session.Sql.DelimitIdentifier(column)));
        string sql = session.Dialect.First($"SELECT {keys} FROM {session.Source(table)} AS t ORDER BY {keys}", rows);
        var scope = new RowScope(
            [new RowQuery(
                $"all rows of {name.ToQuotedString()}",
                Keeps: false,
                name.Name,
                name,
                table.PrimaryKey,
                new RowCommand(sql, []) { Script = sql },
                Unfiltered: null)],
            [.. whole.Schema.ForeignKeys
                .Where(key => key.Principal == name)
                .Select(key => new RowReference(
                    key,
                    key.Dependent == name ? ReferenceAction.Follow : ReferenceAction.Block,
                    "the table is emptied by parts",
                    Condition: null))],
            new HashSet<TableName>());
        return RowPlanReader.OfPart(scope, whole, keyed, session, settings);
    }
}
