using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>The two tables most tests of this folder work on: <c>child.parent_id</c> points at <c>parent</c>, three rows each.</summary>
internal static class TwoTables
{
    public static readonly GraphScenario Graph = GraphScenario.Parse("child->parent");

    public static async Task<PostgreSqlTestDatabase> CreateAsync(CancellationToken cancellationToken)
    {
        PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(cancellationToken);
        await Graph.CreateAsync(database, rows: 3, cancellationToken);
        return database;
    }

    /// <summary>A context of the same model as another login.</summary>
    public static ScenarioContext As(PostgreSqlTestDatabase database, string connectionString)
        => Graph.CreateContext(database, options => options.UseNpgsql(connectionString));
}
