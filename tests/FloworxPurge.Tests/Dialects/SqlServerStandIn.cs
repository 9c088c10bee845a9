using System.Collections.Immutable;
using System.Data.Common;
using System.Globalization;
using System.Text;
using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace FloworxPurge.Tests.Dialects;

/// <summary>
/// Stands in for a SQL Server that nobody has here: writes down what it is sent, and answers from a model as far as a purge asks. It proves
/// the order and the texts of the commands, and nothing about the server: what it makes of them is this class's own idea. What it does not
/// know fails the test.
/// </summary>
internal sealed class SqlServerStandIn
{
    private const long LockTimeoutBefore = 30_000;
    private static readonly PurgeDialect Dialect = SqlServerLive.Dialect;
    private static readonly CatalogQueries Catalog = Dialect.Catalog!;

    private readonly DatabaseSchema _schema;
    private readonly Dictionary<string, Func<IEnumerable<object?[]>>> _answers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Number, string Message)> _refusals = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Content> _savepoints = new(StringComparer.Ordinal);
    private readonly List<string> _log = [];
    private long _lockTimeout = LockTimeoutBefore;
    private Content _content;

    public SqlServerStandIn(DatabaseSchema schema, long rows = 3)
    {
        _schema = schema;
        _content = new Content(
            schema.Tables.ToImmutableDictionary(table => table.Name, _ => rows),
            schema.ForeignKeys.ToImmutableDictionary(key => key.Name!, StateOf, StringComparer.Ordinal),
            [],
            []);
        Before = _content;
        AddCatalog();
        _answers[Queries["server"]] = () => [[SqlServerLive.Newest]];
        _answers[Dialect.AcquirePurgeLock!] = () => [[GivesPurgeLock ? 1 : 0]];
        _answers[Dialect.WaitForPurgeLock!] = () => [[0]];
        _answers[Dialect.IsolationState!] = () => [["other"]];
        _answers[Dialect.LockTimeoutState!] = () => [[_lockTimeout]];
        foreach (ForeignKey key in schema.ForeignKeys)
        {
            string sql = Dialect.CountReferencing(SqlServerLive.Quoting, Rows(key.Dependent), key.DependentColumns);
            _answers[sql] = _answers[Dialect.ReadCurrent(sql)] = () => [[IsSet(key) ? _content.Rows[key.Dependent] : 0]];
        }

        foreach (RowHistory history in schema.Histories)
        {
            _answers[Dialect.CountHistory(SqlServerLive.Quoting, history.Table, history.Store)!] = () => [[_content.Rows[history.Store!]]];
        }
    }

    /// <summary>The catalog's queries by their names, each of which stands in the log for its text.</summary>
    public static IReadOnlyDictionary<string, string> Queries { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["server"] = new SqlServerDialect().ServerQuery!,
        ["identity"] = Catalog.Identity,
        ["schemas"] = Catalog.Schemas!,
        ["tables"] = Catalog.Tables,
        ["columns"] = Catalog.Columns,
        ["foreign keys"] = Catalog.ForeignKeys,
        ["histories"] = Catalog.Histories!,
        ["identities"] = Catalog.Identities,
        ["objects"] = Catalog.Objects,
        ["facts"] = Catalog.Facts!,
    };

    public bool GivesPurgeLock { get; set; } = true;

    /// <summary>What the database had at first.</summary>
    public Content Before { get; private set; }

    /// <summary>What it has now.</summary>
    public Content Now => _content;

    public bool LockTimeoutIsAsBefore => _lockTimeout == LockTimeoutBefore;

    /// <summary>How many transactions the driver has begun and not ended.</summary>
    public int OpenTransactions { get; private set; }

    /// <summary>What was sent, in its order; a line that begins with two dashes was not sent as text, or is what came back.</summary>
    public string Log => string.Join('\n', _log) + "\n";

    public void Forget() => _log.Clear();

    /// <summary>No row of the table has a value in the column.</summary>
    public void Unset(string table, string column)
        => Before = _content = _content with { Unset = _content.Unset.Add((new TableName("dbo", table), column)) };

    /// <summary>Answers a command with an error.</summary>
    public void Refuse(string sql, int number, string message) => _refusals[sql] = (number, message);

    public Content Begin(System.Data.IsolationLevel level)
    {
        _log.Add($"-- the driver begins a transaction, {level}");
        OpenTransactions++;
        return _content;
    }

    public void End(string how, Content? content)
    {
        _log.Add($"-- the driver {how}");
        OpenTransactions--;
        _savepoints.Clear();
        _content = content ?? _content;
    }

    /// <summary>Answers a question.</summary>
    public IReadOnlyList<object?[]> Ask(string sql, DbParameterCollection parameters)
    {
        Write(sql, parameters);
        if (_answers.TryGetValue(sql, out Func<IEnumerable<object?[]>>? answer))
        {
            return [.. answer()];
        }

        IReadOnlyList<TableName> tables = TransactSql.TablesOf(sql);
        if (string.Equals(sql, Dialect.Look(SqlServerLive.Quoting, [.. tables.Select(table => (Rows(table), false))]), StringComparison.Ordinal))
        {
            return [.. tables.Select((table, i) => new object?[] { i, _content.Rows[table] > 0 ? 1 : 0 })];
        }

        Assert.Equal(Dialect.Count(SqlServerLive.Quoting, [.. tables.Select(Rows)]), sql);
        return [.. tables.Select((table, i) => new object?[] { i, _content.Rows[table] })];
    }

    /// <summary>Executes the statements.</summary>
    /// <returns>The number of rows; -1 where there is none.</returns>
    public int Do(string sql, DbParameterCollection parameters)
    {
        Write(sql, parameters);
        int rows = -1;
        foreach (TSqlStatement statement in Assert.Single(((TSqlScript)TransactSql.Parse(sql)).Batches).Statements)
        {
            rows = Math.Max(rows, Do(statement));
        }

        return rows;
    }

    private static RowSet Rows(TableName table) => new() { Table = table };

    private static TableName NameOf(SchemaObjectName name) => new(name.SchemaIdentifier?.Value ?? "dbo", name.BaseIdentifier.Value);

    private static TableName NameOf(TableReference table) => NameOf(((NamedTableReference)table).SchemaObject);

    private static string StateOf(ForeignKey key) => key.IsOff ? "off" : key.IsTrusted ? "on" : "untrusted";

    private static string Word(ReferentialAction action) => action switch
    {
        ReferentialAction.Cascade => "CASCADE",
        ReferentialAction.SetNull => "SET NULL",
        ReferentialAction.SetDefault => "SET DEFAULT",
        _ => "NO ACTION",
    };

    private void AddCatalog()
    {
        DatabaseIdentity identity = _schema.Identity;
        _answers[Catalog.Identity] = () => [
            [identity.ServerVersion, identity.Server, identity.Database, identity.DatabaseId, identity.Role, identity.DefaultSchema, 1]];
        _answers[Catalog.Schemas!] = () => _schema.SchemaNames.Select(name => new object?[] { name });
        _answers[Catalog.Tables] = () => _schema.Tables.Select(table => new object?[]
            { table.Name.Schema, table.Name.Name, table.Kind == TableKind.History ? "history" : "table", null, null, table.IsVisible, false, _content.Rows[table.Name], table.MayTruncate, 1, 1, 0, table.ObjectId });
        _answers[Catalog.Columns] = () => _schema.Tables.SelectMany(table => table.Columns.Select(column => new object?[]
            { table.Name.Schema, table.Name.Name, column.Name, column.StoreType, column.IsNullable, column.IsSystem }));
        _answers[Catalog.ForeignKeys] = () => _schema.ForeignKeys.SelectMany(key => key.DependentColumns.Zip(key.PrincipalColumns, (from, to) => new object?[]
        {
            key.Name, key.Name, key.Dependent.Schema, key.Dependent.Name, from, key.Principal.Schema, key.Principal.Name, to,
            Word(key.OnDelete), 1, _content.Keys[key.Name!], key.MayBeTurnedOff,
        }));
        _answers[Catalog.Histories!] = () => _schema.Histories.Select(history => new object?[]
            { history.Table.Schema, history.Table.Name, history.Store!.Schema, history.Store.Name, history.Retention, history.MayBePurged });
        _answers[Catalog.Identities] = () => _schema.Identities.Select(
            counter => new object?[] { counter.Table.Schema, counter.Table.Name, counter.Column, null, null });
        _answers[Catalog.Objects] = () =>
        [
            .. _schema.ForeignKeys.Select(
                key => new object?[] { "constraint", key.Dependent.Schema, key.Dependent.Name, key.Name, _content.Keys[key.Name!], 0 }),
            .. _schema.Histories.Where(IsVersioned).Select(history =>
                new object?[] { "versioning", history.Table.Schema, history.Table.Name, history.Store!.Name, history.Retention, 0 }),
        ];
        _answers[Catalog.Facts!] = () => _schema.Facts.Select(
            fact => new object?[] { fact.Kind, fact.Table.Schema, fact.Table.Name, fact.Name, fact.Detail });
    }

    private void Write(string sql, DbParameterCollection parameters)
    {
        TransactSql.Parse(sql);
        string name = Queries.FirstOrDefault(query => query.Value == sql).Key;
        var text = new StringBuilder(name is null ? sql : $"-- catalog: {name}");
        foreach (DbParameter parameter in parameters)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n-- {parameter.ParameterName} = {parameter.Value}");
        }

        _log.Add(text.ToString());
        if (_refusals.TryGetValue(sql, out (int Number, string Message) refusal))
        {
            throw Error(refusal.Number, refusal.Message);
        }
    }

    private int Do(TSqlStatement statement)
    {
        switch (statement)
        {
            case DeleteStatement { DeleteSpecification: { } delete }:
                return Delete(NameOf(delete.Target));
            case TruncateTableStatement truncate:
                Assert.Contains(_schema.Tables, table => table.Name == NameOf(truncate.TableName) && table.MayTruncate);
                _content = _content with { Rows = _content.Rows.SetItem(NameOf(truncate.TableName), 0) };
                return -1;
            case UpdateStatement { UpdateSpecification: { } update }:
                TableName updated = NameOf(update.Target);
                _content = _content with
                {
                    Unset = _content.Unset.Union(
                        update.SetClauses.Cast<AssignmentSetClause>().Select(set => (updated, set.Column.MultiPartIdentifier.Identifiers[^1].Value))),
                };
                return (int)_content.Rows[updated];
            case AlterTableConstraintModificationStatement { ConstraintEnforcement: var on, ExistingRowsCheckEnforcement: var rows } alter:
                string state = on == ConstraintEnforcement.NoCheck ? "off" : rows == ConstraintEnforcement.Check ? "on" : "untrusted";
                _content = _content with
                {
                    Keys = _content.Keys.SetItems(alter.ConstraintNames.Select(name => KeyValuePair.Create(name.Value, state))),
                };
                return -1;
            case AlterTableSetStatement { Options: [SystemVersioningTableOption option] } alter:
                TableName versioned = NameOf(alter.SchemaObjectName);
                _content = _content with
                {
                    Unversioned = option.OptionState == OptionState.On
                        ? _content.Unversioned.Remove(versioned)
                        : _content.Unversioned.Add(versioned),
                };
                return -1;
            case SaveTransactionStatement save:
                _savepoints[save.Name.Value] = _content;
                return -1;
            case RollbackTransactionStatement { Name: { } savepoint }:
                _content = _savepoints[savepoint.Value];
                return -1;
            case SetCommandStatement
            {
                Commands: [GeneralSetCommand { CommandType: GeneralSetCommandType.LockTimeout, Parameter: var parameter }],
            }:
                _lockTimeout = long.Parse(
                    parameter is UnaryExpression minus ? "-" + ((Literal)minus.Expression).Value : ((Literal)parameter).Value,
                    CultureInfo.InvariantCulture);
                return -1;
            case DeclareVariableStatement or SelectStatement { QueryExpression: QuerySpecification { SelectElements: [SelectSetVariable] } } or IfStatement { ThenStatement: DbccStatement { Command: DbccCommand.CheckIdent } }:
                return -1;
            default:
                Assert.Fail($"The stand-in does not know what a server makes of {statement.GetType().Name}.");
                return 0;
        }
    }

    private int Delete(TableName table)
    {
        long rows = _content.Rows[table];
        if (_schema.Histories.Any(history => history.Store == table && IsVersioned(history)))
        {
            throw Error(13560, $"Cannot delete rows from a temporal history table '{table}'.");
        }

        if (_schema.ForeignKeys.FirstOrDefault(key =>
            key.Principal == table && !key.IsSelfReference && rows > 0 && IsSet(key) && _content.Keys[key.Name!] != "off" && _content.Rows[key.Dependent] > 0) is { } key)
        {
            throw Error(547, $"The DELETE statement conflicted with the REFERENCE constraint \"{key.Name}\".");
        }

        _content = _content with { Rows = _content.Rows.SetItem(table, 0) };
        if (_schema.Histories.FirstOrDefault(history => history.Table == table && IsVersioned(history))?.Store is { } store)
        {
            _content = _content with { Rows = _content.Rows.SetItem(store, _content.Rows[store] + rows) };
        }

        return (int)rows;
    }

    private bool IsSet(ForeignKey key) => !key.DependentColumns.Any(column => _content.Unset.Contains((key.Dependent, column)));

    private bool IsVersioned(RowHistory history) => !_content.Unversioned.Contains(history.Table);

    private RefusedException Error(int number, string message)
    {
        _log.Add(string.Create(CultureInfo.InvariantCulture, $"-- error {number}: {message}"));
        var exception = new RefusedException(message);

        // Where the driver puts it.
        exception.Data["HelpLink.EvtID"] = number.ToString(CultureInfo.InvariantCulture);
        return exception;
    }

    /// <summary>What a rollback gives back.</summary>
    /// <param name="Rows">The number of rows of each table.</param>
    /// <param name="Keys">Each foreign key's state, in the catalog's words.</param>
    /// <param name="Unset">The columns that are NULL in every row.</param>
    /// <param name="Unversioned">The temporal tables whose versioning is off.</param>
    internal sealed record Content(
        ImmutableDictionary<TableName, long> Rows,
        ImmutableDictionary<string, string> Keys,
        ImmutableHashSet<(TableName Table, string Column)> Unset,
        ImmutableHashSet<TableName> Unversioned);

    private sealed class RefusedException(string message) : DbException(message);
}
