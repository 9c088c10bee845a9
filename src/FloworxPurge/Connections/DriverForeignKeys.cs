using System.Data;
using System.Globalization;
using FloworxPurge.Connections;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FloworxPurge.Connections;

/// <summary>A foreign key that the driver lists without the table that it references.</summary>
internal sealed record KeyWithoutPrincipal(TableName Dependent, string Name);

/// <summary>
/// The foreign keys in a driver's collections of metadata. Drivers call these collections differently; their columns have the names that
/// the information schema of the SQL standard gives them.
/// </summary>
/// <param name="AreListed">Whether a collection reports which columns reference which.</param>
/// <param name="Keys">The keys to tables of the connection's database, also those of tables in other databases.</param>
/// <param name="WithoutPrincipal">The keys that are only named.</param>
internal sealed record DriverForeignKeys(
    bool AreListed,
    IReadOnlyList<ForeignKey> Keys,
    IReadOnlyList<KeyWithoutPrincipal> WithoutPrincipal)
{
    private static readonly string[] Words = ["foreign", "referential", "constraint", "keycolumn"];

    /// <summary>Determines whether a collection of that name may contain foreign keys.</summary>
    public static bool MayBeToldBy(string collection)
    {
        string plain = collection.Replace(" ", string.Empty, StringComparison.Ordinal).Replace("_", string.Empty, StringComparison.Ordinal);
        return Words.Any(word => plain.Contains(word, StringComparison.OrdinalIgnoreCase));
    }

    public static DriverForeignKeys Read(IReadOnlyList<DataTable> collections, DriverNames names)
    {
        List<DataRow> rules = Rows(collections, "CONSTRAINT_NAME", "DELETE_RULE");
        List<DataRow> columns = Rows(
            collections,
            "CONSTRAINT_NAME",
            "TABLE_NAME",
            "COLUMN_NAME",
            "REFERENCED_TABLE_NAME",
            "REFERENCED_COLUMN_NAME");
        bool isListed = collections.Any(
            table => Has(table, "CONSTRAINT_NAME", "COLUMN_NAME", "REFERENCED_TABLE_NAME", "REFERENCED_COLUMN_NAME"));
        List<KeyColumn> keyColumns = [.. columns
            .Select(row => ToKeyColumn(row, row, "REFERENCED_TABLE_NAME", "REFERENCED_COLUMN_NAME"))
            .OfType<KeyColumn>()];
        if (!isListed
            && collections.Any(table => Has(table, "CONSTRAINT_NAME", "UNIQUE_CONSTRAINT_NAME"))
            && collections.Any(table => Has(table, "CONSTRAINT_NAME", "TABLE_NAME", "COLUMN_NAME", "POSITION_IN_UNIQUE_CONSTRAINT")))
        {
            isListed = true;
            keyColumns = ByUniqueConstraint(
                Rows(collections, "CONSTRAINT_NAME", "TABLE_NAME", "COLUMN_NAME", "ORDINAL_POSITION"),
                Rows(collections, "CONSTRAINT_NAME", "UNIQUE_CONSTRAINT_NAME"));
        }

        List<ForeignKey> keys = [.. keyColumns
            .GroupBy(column => (column.Schema, column.Name, column.Table))
            .Select(
                group => ToForeignKey([.. group.DistinctBy(column => column.Position).OrderBy(column => column.Position)], rules, names))
            .OfType<ForeignKey>()
            .OrderBy(key => key.Shape, StringComparer.Ordinal)];

        var known = keys.Select(key => new KeyWithoutPrincipal(key.Dependent, key.Name!)).ToHashSet();
        IEnumerable<KeyWithoutPrincipal> named = collections
            .Where(table => Has(table, "CONSTRAINT_NAME", "TABLE_NAME", "CONSTRAINT_TYPE"))
            .SelectMany(table => table.Rows.Cast<DataRow>())
            .Where(row => string.Equals(DriverNames.Text(row, "CONSTRAINT_TYPE"), "FOREIGN KEY", StringComparison.OrdinalIgnoreCase))
            .Select(row =>
                OwnTable(row, names) is { } table ? new KeyWithoutPrincipal(table, DriverNames.Text(row, "CONSTRAINT_NAME") ?? "?") : null)
            .OfType<KeyWithoutPrincipal>();
        return new DriverForeignKeys(
            isListed,
            keys,
            [.. named
                .Where(key => !isListed && !known.Contains(key))
                .Distinct()
                .OrderBy(key => key.Dependent)
                .ThenBy(key => key.Name, StringComparer.Ordinal)]);
    }

    private static bool Has(DataTable table, params string[] columns) => columns.All(table.Columns.Contains);

    private static List<DataRow> Rows(IReadOnlyList<DataTable> collections, params string[] columns)
        => [.. collections.Where(table => Has(table, columns)).SelectMany(table => table.Rows.Cast<DataRow>())];

    private static TableName? OwnTable(DataRow row, DriverNames names)
        => DriverNames.Text(row, "TABLE_NAME") is { } table
            ? names.Own(DriverNames.Text(row, "TABLE_CATALOG"), DriverNames.Text(row, "TABLE_SCHEMA"), table)
            : null;

    private static KeyColumn? ToKeyColumn(DataRow from, DataRow to, string principal, string column)
        => DriverNames.Text(from, "CONSTRAINT_NAME") is { } name
            && DriverNames.Text(from, "TABLE_NAME") is { } table
            && DriverNames.Text(to, principal) is { } principalTable
            ? new KeyColumn(
                name,
                DriverNames.Text(from, "TABLE_CATALOG"),
                DriverNames.Text(from, "TABLE_SCHEMA") ?? DriverNames.Text(from, "CONSTRAINT_SCHEMA"),
                table,
                DriverNames.Text(from, "COLUMN_NAME") ?? "?",
                DriverNames.Text(to, ReferenceEquals(from, to) ? "REFERENCED_TABLE_SCHEMA" : "TABLE_SCHEMA"),
                principalTable,
                DriverNames.Text(to, column) ?? "?",
                Position(from, "ORDINAL_POSITION"))
            : null;

    /// <summary>
    /// As in the SQL standard: a foreign key references a unique constraint, and each of its columns a position there.
    /// </summary>
    private static List<KeyColumn> ByUniqueConstraint(List<DataRow> columns, List<DataRow> references)
    {
        ILookup<(string? Schema, string? Name), DataRow> byConstraint = columns.ToLookup(
            row => (DriverNames.Text(row, "CONSTRAINT_SCHEMA"), DriverNames.Text(row, "CONSTRAINT_NAME")));
        var found = new List<KeyColumn>();
        foreach (DataRow reference in references)
        {
            List<DataRow> principal = [
                .. byConstraint[(
                    DriverNames.Text(reference, "UNIQUE_CONSTRAINT_SCHEMA"),
                    DriverNames.Text(reference, "UNIQUE_CONSTRAINT_NAME"))]];
            foreach (DataRow from in byConstraint[(
                DriverNames.Text(reference, "CONSTRAINT_SCHEMA"),
                DriverNames.Text(reference, "CONSTRAINT_NAME"))])
            {
                found.AddRange(principal
                    .Where(to => Position(to, "ORDINAL_POSITION") == Position(from, "POSITION_IN_UNIQUE_CONSTRAINT"))
                    .Select(to => ToKeyColumn(from, to, "TABLE_NAME", "COLUMN_NAME"))
                    .OfType<KeyColumn>());
            }
        }

        return found;
    }

    private static ForeignKey? ToForeignKey(IReadOnlyList<KeyColumn> columns, List<DataRow> rules, DriverNames names)
    {
        KeyColumn first = columns[0];
        if (names.Own(first.Catalog, first.PrincipalSchema ?? first.Schema, first.Principal) is not { } principal)
        {
            return null;
        }

        // A table of another database may reference this one, and then keeps its full name.
        TableName dependent = names.Own(first.Catalog, first.Schema, first.Table) ?? new TableName(first.Schema, first.Table);
        DataRow? rule = rules.FirstOrDefault(row =>
            string.Equals(DriverNames.Text(row, "CONSTRAINT_NAME"), first.Name, StringComparison.Ordinal)
            && string.Equals(DriverNames.Text(row, "TABLE_NAME") ?? first.Table, first.Table, StringComparison.Ordinal)
            && string.Equals(
                DriverNames.Text(row, "TABLE_SCHEMA") ?? DriverNames.Text(row, "CONSTRAINT_SCHEMA") ?? first.Schema,
                first.Schema,
                StringComparison.Ordinal));
        return new ForeignKey
        {
            Name = first.Name,
            Dependent = dependent,
            DependentColumns = [.. columns.Select(column => column.From)],
            Principal = principal,
            PrincipalColumns = [.. columns.Select(column => column.To)],
            OnDelete = rule is null
                ? ReferentialAction.NoAction
                : ToAction((DriverNames.Text(rule, "DELETE_RULE") ?? string.Empty).ToUpperInvariant()),
            IsEnforced = true,
        };
    }

    private static long Position(DataRow row, string column)
        => long.TryParse(DriverNames.Text(row, column), NumberStyles.Integer, CultureInfo.InvariantCulture, out long position)
            ? position
            : 0;

    private sealed record KeyColumn(
        string Name,
        string? Catalog,
        string? Schema,
        string Table,
        string From,
        string? PrincipalSchema,
        string Principal,
        string To,
        long Position);

    internal static ReferentialAction ToAction(string text) => text switch
    {
        "CASCADE" => ReferentialAction.Cascade,
        "SET NULL" => ReferentialAction.SetNull,
        "SET DEFAULT" => ReferentialAction.SetDefault,
        "RESTRICT" => ReferentialAction.Restrict,
        _ => ReferentialAction.NoAction,
    };
}
