using System.Globalization;
using System.Text;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Kit;

/// <summary>
/// A foreign key graph with its tables and rows, written as <c>a->b, b->c?, c->a:cascade</c>: dependent -> principal; <c>?</c> for a
/// nullable key; <c>:restrict</c>, <c>:cascade</c> or <c>:setnull</c> for the action in the database (none is NO ACTION). <c>a->b->c</c> is
/// a chain, <c>a&lt;->b</c> both directions, a lone name a table of its own, <c>a->b, a->b</c> two keys, <c>a->a?</c> a self reference.
/// </summary>
public sealed class GraphScenario
{
    private GraphScenario(string notation, List<string> tables, List<GraphEdge> edges)
    {
        Notation = notation;
        Tables = tables;
        Edges = edges;
    }

    /// <summary>The graph as it was written.</summary>
    public string Notation { get; }

    /// <summary>The tables, in the order in which they are first named.</summary>
    public IReadOnlyList<string> Tables { get; }

    /// <summary>The foreign keys, in the order in which they are written.</summary>
    public IReadOnlyList<GraphEdge> Edges { get; }

    /// <summary>Reads a graph.</summary>
    /// <exception cref="FormatException">The notation is wrong; the message shows the part.</exception>
    public static GraphScenario Parse(string notation)
    {
        var (tables, edges) = GraphNotation.Read(notation);
        return new(notation, tables, edges);
    }

    /// <summary>Builds the model: every table with an <c>Id</c> and a column for every foreign key, no CLR types.</summary>
    public void BuildModel(ModelBuilder modelBuilder)
    {
        foreach (var table in Tables)
        {
            modelBuilder.SharedTypeEntity<Dictionary<string, object>>(table, entity =>
            {
                entity.ToTable(table);
                entity.IndexerProperty<int>("Id").ValueGeneratedNever();
                entity.HasKey("Id");
                foreach (var edge in Edges.Where(edge => edge.Dependent == table))
                {
                    entity.IndexerProperty(edge.IsNullable ? typeof(int?) : typeof(int), edge.Column);
                }
            });
        }

        foreach (var edge in Edges)
        {
            var dependent = modelBuilder.Model.FindEntityType(edge.Dependent)!;
            var principal = modelBuilder.Model.FindEntityType(edge.Principal)!;
            var key = dependent.AddForeignKey(dependent.FindProperty(edge.Column)!, principal.FindPrimaryKey()!, principal);
            key.DeleteBehavior = edge.OnDelete;
        }
    }

    /// <summary>A context with this graph's model.</summary>
    public ScenarioContext CreateContext(TestDatabase database, Action<DbContextOptionsBuilder>? configure = null)
        => new(database, BuildModel, configure);

    /// <summary>Creates the tables and fills them.</summary>
    public async Task CreateAsync(TestDatabase database, int rows = 3, CancellationToken cancellationToken = default)
    {
        await using (var context = CreateContext(database))
        {
            await context.CreateTablesAsync(cancellationToken);
        }

        await FillAsync(database, rows, cancellationToken);
    }

    /// <summary>
    /// Writes rows 1 to <paramref name="rows"/> into every table, each of which references a row along every foreign key.
    /// A self reference is a chain: row 2 references row 1, and so on; row 1 references nothing, or itself where the key is NOT NULL.
    /// </summary>
    public Task FillAsync(TestDatabase database, int rows = 3, CancellationToken cancellationToken = default)
    {
        var count = rows.ToString(CultureInfo.InvariantCulture);
        var sql = new StringBuilder();
        foreach (var table in Tables)
        {
            var edges = Edges.Where(edge => edge.Dependent == table).ToList();
            var columns = string.Join(", ", edges.Select(edge => edge.Column).Prepend("Id").Select(TestDatabase.Quote));
            var values = string.Join(", ", edges.Select((edge, index) => Value(edge, index, count)).Prepend("i"));
            string insert = $"INSERT INTO {database.Quote(null, table)} ({columns})";
            string numbers = $"n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})";
            string recursive = $"{insert} WITH RECURSIVE {numbers} SELECT {values} FROM n;\n";
            sql.Append(
                database.Pick(recursive, recursive, recursive, $"WITH {numbers} {insert} SELECT {values} FROM n OPTION (MAXRECURSION "
                    + $"0);\n"));
        }

        return rows > 0 ? database.ExecuteUncheckedAsync(sql.ToString(), cancellationToken) : Task.CompletedTask;
    }

    /// <summary>The number of rows of every table.</summary>
    public async Task<SortedDictionary<string, long>> CountAsync(TestDatabase database, CancellationToken cancellationToken = default)
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        foreach (var table in Tables)
        {
            command.CommandText = $"SELECT COUNT(*) FROM {database.Quote(null, table)}";
            counts[table] = Convert.ToInt64(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
        }

        return counts;
    }

    /// <summary>The number of rows that reference an existing row along a foreign key.</summary>
    public static Task<long> CountReferencesAsync(TestDatabase database, GraphEdge edge, CancellationToken cancellationToken = default)
    {
        var column = TestDatabase.Quote(edge.Column);
        return database.ScalarAsync<long>(
            $"SELECT COUNT(*) FROM {database.Quote(null, edge.Dependent)} d JOIN {database.Quote(null, edge.Principal)} p ON d.{column} = "
                + $"p.\"Id\"",
            cancellationToken);
    }

    /// <summary>The notation, so that it is seen in test output.</summary>
    public override string ToString() => Notation;

    // Shifted by the key's index, so that two keys to one principal reference different rows and rows of a cycle do not only come in pairs.
    private static string Value(GraphEdge edge, int index, string count) => edge switch
    {
        { IsSelfReference: true, IsNullable: true } => "NULLIF(i - 1, 0)",
        { IsSelfReference: true } => "CASE WHEN i = 1 THEN 1 ELSE i - 1 END",
        _ => string.Create(CultureInfo.InvariantCulture, $"(i + {index}) % {count} + 1"),
    };
}
