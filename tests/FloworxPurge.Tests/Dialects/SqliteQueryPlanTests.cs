using System.Data.Common;
using FloworxPurge.Engines;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Dialects;

/// <summary>A catalog query that walks through all tables for every foreign key takes seconds for a thousand tables.</summary>
public sealed class SqliteQueryPlanTests
{
    [Fact]
    public async Task The_principal_of_a_foreign_key_is_found_by_an_index()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.CreateInMemory();
        await database.ExecuteAsync(
            "CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER REFERENCES A (id))");

        await using DbConnection connection = await database.OpenConnectionAsync();
        await using DbCommand command = connection.CreateCommand();
        command.CommandText = "EXPLAIN QUERY PLAN " + new SqliteDialect().Catalog.ForeignKeys;
        await using DbDataReader reader = await command.ExecuteReaderAsync();
        var steps = new List<string>();
        while (await reader.ReadAsync())
        {
            steps.Add(reader.GetString(3));
        }

        // The tables (t), and the keys of each (f), have to be walked through; else nothing but the columns and indexes of one table.
        Assert.Equal(
            ["SCAN f", "SCAN t"],
            steps.Where(step => step.StartsWith("SCAN ", StringComparison.Ordinal) && step is not ['S', 'C', 'A', 'N', ' ', 'c' or 'g' or 'i' or 'k', ' ', ..]).Select(step => step[..6]).Order(StringComparer.Ordinal));
    }
}
