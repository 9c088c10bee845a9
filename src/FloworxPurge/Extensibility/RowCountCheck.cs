using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Reading;
using FloworxPurge.Reporting;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Extensibility;

/// <summary>
/// Counts the rows of a table, or of the tables of an entity type. Query filters of the model are ignored.
/// </summary>
/// <remarks>
/// A table that does not exist or cannot be read, or whose rows row security may hide, is <see cref="Outcome.NotRun"/> with the reason, and
/// never 0 rows.
/// </remarks>
internal sealed class RowCountCheck : IPurgeCheck
{
    private readonly TableName? _table;
    private readonly Type? _entityType;
    private readonly long _expected;

    /// <summary>
    /// Creates the check for one table, which need not be part of a model; it is counted over the first context's connection.
    /// </summary>
    /// <param name="table">
    /// <c>table</c> or <c>schema.table</c>, spelled as the database spells it; double quotes round a part that holds a dot.
    /// </param>
    /// <param name="expected">The number of rows. The default value is 0.</param>
    /// <exception cref="ArgumentException">The name is none, or the number is negative; the message names both.</exception>
    public RowCountCheck(string table, long expected = 0)
    {
        ArgumentNullException.ThrowIfNull(table);
        _table = QualifiedName.TryParse(table);
        string? name = string.IsNullOrWhiteSpace(table) || _table is null
            ? $"\"{table}\" is not the name of a table; give table or schema.table, with double quotes round a part that holds a dot"
            : null;
        string? number = Problem(expected);
        if (name is not null || number is not null)
        {
            throw new ArgumentException(
                $"The row count check is not valid: {string.Join("; ", new[] { name, number }.OfType<string>())}.",
                name is null ? nameof(expected) : nameof(table));
        }

        _expected = expected;
    }

    private RowCountCheck(Type entityType, long expected)
    {
        _entityType = entityType;
        _expected = expected;
    }

    /// <summary>
    /// Creates the check for the tables that store <typeparamref name="TEntity"/>, as <see cref="PurgeOptions.Include{TEntity}()"/> does;
    /// all of their rows are counted together.
    /// </summary>
    /// <typeparam name="TEntity">An entity type of one of the contexts' models.</typeparam>
    /// <param name="expected">The number of rows of all these tables. The default value is 0.</param>
    /// <returns>The check.</returns>
    /// <exception cref="ArgumentException">The number is negative.</exception>
    public static RowCountCheck For<TEntity>(long expected = 0)
        where TEntity : class
        => Problem(expected) is { } problem
            ? throw new ArgumentException($"The row count check is not valid: {problem}.", nameof(expected))
            : new RowCountCheck(typeof(TEntity), expected);

    /// <inheritdoc/>
    public async Task<CheckReport> RunAsync(ExtensionContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        string expected = Rows(_expected);
        try
        {
            (DbContext owner, IReadOnlyList<TableName> tables) = Tables(context.Contexts);
            if (tables.Count == 0)
            {
                return new CheckReport
                {
                    Outcome = Outcome.NotRun,
                    Expected = expected,
                    Actual = $"no context's model stores {_entityType!.FullName} in a table",
                };
            }

            expected = $"{expected} in {string.Join(", ", tables)}";
            IReadOnlyList<long> counts = await ScalarReader.CountAsync(owner, tables, cancellationToken).ConfigureAwait(false);
            string parts = tables.Count == 1
                ? string.Empty
                : $" ({string.Join(
                    ", ",
                    tables.Zip(counts, (table, count) => string.Create(CultureInfo.InvariantCulture, $"{table} {count}")))})";
            return new CheckReport
            {
                Outcome = counts.Sum() == _expected ? Outcome.Passed : Outcome.Failed,
                Expected = expected,
                Actual = Rows(counts.Sum()) + parts,
            };
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new CheckReport
            {
                Outcome = Outcome.NotRun,
                Expected = expected,
                Actual = ScalarValue.Shorten(e.GetBaseException().Message),
            };
        }
    }

    private static string? Problem(long expected)
        => expected < 0 ? string.Create(CultureInfo.InvariantCulture, $"the expected number is {expected}; give 0 or more") : null;

    private static string Rows(long count) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? "row" : "rows")}");

    private (DbContext Context, IReadOnlyList<TableName> Tables) Tables(IReadOnlyList<DbContext> contexts)
    {
        if (_table is not null)
        {
            return (contexts[0], [_table]);
        }

        return contexts
            .Select(context => (context, Tables: (IReadOnlyList<TableName>)[
                .. ModelSchemaReader.Read([context], ScalarReader.Dialect(context)).Tables
                .Where(table => table.Stores(_entityType!))
                .Select(table => table.Name)
                .Distinct()
                .Order()]))
            .FirstOrDefault(pair => pair.Tables.Count > 0, (contexts[0], []));
    }
}
