using System.Globalization;
using FloworxPurge.Schema;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace FloworxPurge.Tests.Dialects;

/// <summary>Reads SQL as SQL Server's own parser does.</summary>
internal static class TransactSql
{
    /// <summary>Parses one text, which the driver sends with QUOTED_IDENTIFIER ON.</summary>
    public static TSqlFragment Parse(string sql, TSqlParser? parser = null)
    {
        using var reader = new StringReader(sql);
        TSqlFragment fragment = (parser ?? new TSql160Parser(initialQuotedIdentifiers: true)).Parse(reader, out IList<ParseError> errors);
        Assert.True(
            errors.Count == 0,
            string.Join("; ", errors.Select(error => string.Create(CultureInfo.InvariantCulture, $"line {error.Line}, column {error.Column}: {error.Message}"))) + "\n" + sql);
        return fragment;
    }

    /// <summary>Parses every statement of a plan, each of which must be one batch, and its script.</summary>
    public static void AssertParses(PurgePlan plan)
    {
        foreach (PlanStep step in plan.Steps)
        {
            Assert.Single(Assert.IsType<TSqlScript>(Parse(step.Sql)).Batches);
        }

        // What begins with a colon is sqlcmd's own.
        var script = (TSqlScript)Parse(string.Join('\n', plan.ToSqlScript().Split('\n').Where(line => !line.StartsWith(':'))));
        Assert.Equal((2 * plan.Steps.Count) + 4 + plan.ScriptCounts.Count, script.Batches.Count);
    }

    /// <summary>The tables that a statement names, those in the text that DBCC gets included, in their order.</summary>
    public static IReadOnlyList<TableName> TablesOf(string sql)
    {
        var names = new Names();
        Parse(sql).Accept(names);
        return names.Found;
    }

    private sealed class Names : TSqlFragmentVisitor
    {
        public List<TableName> Found { get; } = [];

        public override void Visit(NamedTableReference node) => Add(node.SchemaObject);

        public override void Visit(AlterTableStatement node) => Add(node.SchemaObjectName);

        public override void Visit(TruncateTableStatement node) => Add(node.TableName);

        public override void Visit(SystemVersioningTableOption node)
        {
            if (node.HistoryTable is { } history)
            {
                Add(history);
            }
        }

        public override void Visit(DbccStatement node)
            => Found.AddRange(TablesOf("SELECT 1 FROM " + ((StringLiteral)node.Literals[0].Value).Value));

        private void Add(SchemaObjectName name)
        {
            if (name.SchemaIdentifier?.Value is not "sys")
            {
                Found.Add(new TableName(name.SchemaIdentifier?.Value, name.BaseIdentifier.Value));
            }
        }
    }
}
