using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Connections;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Reading;

/// <summary>
/// Reads the live schema where neither a catalog nor scaffolding is available: what the driver lists, and each table of the model by asking
/// for no rows of it. What is not known that way is reported as a fact.
/// </summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed class ProbedSchemaReader
{
    private readonly DatabaseSession _session;
    private readonly ModelSchema _model;
    private readonly DriverMetadata _driver;
    private readonly TableProbe _probe;
    private readonly IRelationalTypeMappingSource _mappings;
    private readonly StoreTypeComparer _types;
    private readonly Dictionary<TableName, TableSchema> _tables = [];
    private readonly HashSet<string> _defaultSchemas = new(StringComparer.Ordinal);
    private readonly List<IdentityCounter> _identities = [];
    private bool _tellsIdentities;

    private ProbedSchemaReader(DatabaseSession session, ModelSchema model, DriverMetadata driver)
    {
        _session = session;
        _model = model;
        _driver = driver;
        _probe = new TableProbe(session);
        _mappings = session.Context.GetService<IRelationalTypeMappingSource>();
        _types = new StoreTypeComparer(_mappings, session.Dialect);
    }

    private PurgeDialect Dialect => _session.Dialect;

    /// <summary>Reads the live schema as far as the driver reports it.</summary>
    public static async Task<DatabaseSchema> ReadAsync(DatabaseSession session, ModelSchema model, CancellationToken cancellationToken)
    {
        DriverMetadata driver = await DriverMetadata.ReadAsync(session, cancellationToken).ConfigureAwait(false);
        return await new ProbedSchemaReader(session, model, driver).ReadAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads the constraints alone that the driver lists.</summary>
    public static async Task<List<SchemaObject>> ReadObjectsAsync(DatabaseSession session, CancellationToken cancellationToken)
        => Objects(await DriverMetadata.ReadAsync(session, cancellationToken).ConfigureAwait(false));

    private async Task<DatabaseSchema> ReadAsync(CancellationToken cancellationToken)
    {
        // Models may spell one table in several ways where the engine ignores case.
        foreach (TableName name in _model.Tables
            .Select(table => table.Name)
            .Order()
            .DistinctBy(name => name.Schema + "\0" + name.Name, Dialect.Identifiers))
        {
            await ProbeAsync(name, cancellationToken).ConfigureAwait(false);
        }

        string? defaultSchema = _defaultSchemas.Count == 1 ? _defaultSchemas.Single() : null;
        foreach (TableSchema table in _driver.Tables ?? [])
        {
            _tables.TryAdd(
                table.Name,
                table with
                {
                    IsVisible = table.Name.Schema is null
                        || string.Equals(table.Name.Schema, defaultSchema, StringComparison.Ordinal),
                });
        }

        // A dialect without schemas cannot name a table of another database, so its rows are treated as rows that reference the table.
        foreach (TableName elsewhere in _driver.ForeignKeys.Keys
            .Select(key => key.Dependent)
            .Where(name => !_tables.ContainsKey(name))
            .Distinct()
            .ToList())
        {
            _tables.Add(
                elsewhere,
                new TableSchema(elsewhere, TableKind.Table, [])
                {
                    IsVisible = false,
                    CanDelete = false,
                    CanSelect = Dialect.HasSchemas || elsewhere.Schema is null,
                });
        }

        return new DatabaseSchema(
            ScaffoldedSchemaReader.ReadIdentity(_session, defaultSchema),
            [.. _tables.Values.OrderBy(table => table.Name)],
            [.. _driver.ForeignKeys.Keys.Select(WithNullableColumns)],
            [.. _identities.Distinct().OrderBy(counter => counter.Table).ThenBy(counter => counter.Column, StringComparer.Ordinal)],
            Objects(_driver))
        {
            SchemaNames = (_driver.Tables ?? []).Select(table => table.Name.Schema).OfType<string>().ToHashSet(Dialect.Identifiers),
            ProbedThrough = _session.Connection.GetType().Name,
            ReportsForeignKeys = _driver.ForeignKeys.AreListed,
            Facts = [.. Facts()],
        };
    }

    private async Task ProbeAsync(TableName name, CancellationToken cancellationToken)
    {
        List<TableSchema>? listed = _driver.Tables?
            .Where(table =>
                Dialect.Identifiers.Equals(table.Name.Name, name.Name)
                    && (name.Schema is null
                        || table.Name.Schema is null
                        || Dialect.Identifiers.Equals(table.Name.Schema, name.Schema)))
            .ToList();
        if (listed is [])
        {
            return;
        }

        // An unqualified name finds what the session's search path says, which may be none of those that are listed.
        bool exists = listed is [var only] && (name.Schema is not null || only.Name.Schema is null);
        if (exists && listed![0].Kind == TableKind.View)
        {
            _tables[listed[0].Name] = listed[0];
            return;
        }

        if (await _probe.ReadAsync(name, exists, cancellationToken).ConfigureAwait(false) is not { } columns)
        {
            return;
        }

        TableSchema found = listed is null ? new TableSchema(name, TableKind.Table, []) : Choose(name, listed, columns);
        if (name.Schema is null && found.Name.Schema is { } schema)
        {
            _defaultSchemas.Add(schema);
        }

        ILookup<string, Column> modelColumns = _model.Tables.Where(
            table => Dialect.Identifiers.Equals(table.Name.Name, name.Name)
                && Dialect.Identifiers.Equals(table.Name.Schema, name.Schema))
            .SelectMany(table => table.Columns)
            .ToLookup(column => column.Name, Dialect.ColumnIdentifiers);
        _tables[found.Name] = found with
        {
            Columns = [.. columns.Select(column => ToColumn(column, modelColumns[column.Name].FirstOrDefault()))],
        };
        _tellsIdentities |= columns.Any(column => column.IsIdentity is not null);
        _identities.AddRange(
            columns
                .Where(column => column.IsIdentity == true)
                .Select(column => new IdentityCounter(found.Name, column.Name, Sequence: null)));
    }

    private TableSchema Choose(TableName name, List<TableSchema> listed, IReadOnlyList<ProbedColumn> columns)
    {
        string? reported = columns.Select(column => column.TableSchema).FirstOrDefault(schema => !string.IsNullOrEmpty(schema));
        List<TableSchema> inSchema = [.. listed
            .Where(table => reported is null || table.Name.Schema is null || Dialect.Identifiers.Equals(table.Name.Schema, reported))];
        List<TableSchema> chosen = inSchema.Count == 1
            ? inSchema
            : [.. inSchema.Where(table => string.Equals(table.Name.Name, name.Name, StringComparison.Ordinal))];
        return chosen is [var one] ? one : throw new PurgeException(
            $"Table {name.ToQuotedString()} may be any of {string.Join(", ", listed.Select(table => table.Name.ToQuotedString()))}: the "
                + $"model names no schema, and the driver does not report which of them that is. Name the schema in the model.");
    }

    /// <summary>
    /// Drivers call types by their own names, without lengths, and often several by one name. Where model and driver do not agree on the
    /// name, but read the same .NET type, the type is not known to differ, and stays empty; so does one that a computed column need not
    /// declare.
    /// </summary>
    private Column ToColumn(ProbedColumn column, Column? expected)
    {
        if (expected is null)
        {
            return new Column(column.Name, column.TypeName, column.IsNullable ?? true);
        }

        bool isKnown = _types.Compare(expected.StoreType, column.TypeName) switch
        {
            StoreTypeMatch.Same => true,
            StoreTypeMatch.OtherFacets => column.TypeName.Contains('(', StringComparison.Ordinal),
            _ => !expected.IsComputed && (column.ClrType is null || _mappings.FindMapping(expected.StoreType)?.ClrType != column.ClrType),
        };
        return new Column(column.Name, isKnown ? column.TypeName : string.Empty, column.IsNullable ?? expected.IsNullable);
    }

    private ForeignKey WithNullableColumns(ForeignKey key) => key with
    {
        NullableColumns = [.. key.DependentColumns
            .Where(name => _tables[key.Dependent].Columns.Any(
                column => column.IsNullable
                    && Dialect.ColumnIdentifiers.Equals(column.Name, name)))],
    };

    private static List<SchemaObject> Objects(DriverMetadata driver)
        => [.. driver.ForeignKeys.Keys
            .Select(key => new SchemaObject("constraint", key.Dependent, key.Name ?? string.Empty, key.ToString()))
            .OrderBy(o => o.Table)
            .ThenBy(o => o.Name, StringComparer.Ordinal)];

    private IEnumerable<SchemaFact> Facts()
    {
        var connection = new TableName(null, string.Empty);
        if (_driver.Tables is null)
        {
            yield return new SchemaFact(SchemaFact.TablesUnknown, connection, string.Empty, Detail: null);
        }

        if (!_driver.ForeignKeys.AreListed)
        {
            yield return new SchemaFact(SchemaFact.KeysUnknown, connection, string.Empty, Detail: null);
        }

        if (_driver.DatabaseIsSchema)
        {
            yield return new SchemaFact(SchemaFact.OtherDatabasesUnknown, connection, string.Empty, Detail: null);
        }

        if (!_tellsIdentities)
        {
            yield return new SchemaFact(SchemaFact.IdentitiesUnknown, connection, string.Empty, Detail: null);
        }

        var known = _model.ForeignKeys.Select(key => key.Name).OfType<string>().ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (KeyWithoutPrincipal key in _driver.ForeignKeys.WithoutPrincipal.Where(key => !known.Contains(key.Name)))
        {
            yield return new SchemaFact(SchemaFact.PrincipalUnknown, key.Dependent, key.Name, Detail: null);
        }
    }
}
