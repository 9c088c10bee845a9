using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.KitTests;

public abstract class GraphScenarioTests
{
    protected abstract Task<TestDatabase> CreateDatabaseAsync();

    [Theory]
    [InlineData("a")]
    [InlineData("a->b->c->d->e")]
    [InlineData("a->b, a->b, a->b?")]
    [InlineData("a<->b")]
    [InlineData("a<->b?:cascade")]
    [InlineData("a->b, b->c?, c->a:restrict")]
    [InlineData("a<->b, b->c->d, b->d, e->a, f->b")]
    [InlineData("a->a?, a->b:cascade, b->c?:setnull, c->a?:restrict, c->c")]
    public async Task Every_row_references_a_row_along_every_foreign_key(string notation)
    {
        await using var database = await CreateDatabaseAsync();
        var graph = GraphScenario.Parse(notation);

        await graph.CreateAsync(database, rows: 7);

        Assert.All(await graph.CountAsync(database), table => Assert.Equal(7, table.Value));
        foreach (var edge in graph.Edges)
        {
            var rootsWithoutReference = edge is { IsSelfReference: true, IsNullable: true } ? 1 : 0;
            Assert.Equal(7 - rootsWithoutReference, await GraphScenario.CountReferencesAsync(database, edge));
        }
    }

    [Fact]
    public async Task Two_foreign_keys_to_one_principal_reference_different_rows()
    {
        await using var database = await CreateDatabaseAsync();
        var graph = GraphScenario.Parse("a->b, a->b");

        await graph.CreateAsync(database);

        Assert.Equal(3, await database.ScalarAsync<int>("SELECT COUNT(*) FROM a WHERE b_id <> b_id2"));
    }

    [Fact]
    public async Task A_self_reference_is_a_chain_as_long_as_the_rows()
    {
        await using var database = await CreateDatabaseAsync();

        await GraphScenario.Parse("a->a?").CreateAsync(database, rows: 100);

        const string depth = """
            WITH RECURSIVE chain(id, depth) AS (
                SELECT "Id", 1 FROM a WHERE a_id IS NULL UNION ALL SELECT a."Id", depth + 1 FROM a JOIN chain ON a.a_id = chain.id)
            SELECT MAX(depth) FROM chain
            """;
        Assert.Equal(100, await database.ScalarAsync<int>(depth));
    }

    [Theory]
    [InlineData("a->b", "a")]
    [InlineData("a->b:restrict", "a")]
    [InlineData("a->b:cascade", "")]
    [InlineData("a->b?:setnull", "a without b")]
    public async Task The_database_has_the_delete_action_of_the_notation(string notation, string left)
    {
        await using var database = await CreateDatabaseAsync();
        await GraphScenario.Parse(notation).CreateAsync(database, rows: 1);

        var failure = await Record.ExceptionAsync(() => database.ExecuteAsync("DELETE FROM b"));

        Assert.Equal(left == "a", failure is not null);
        Assert.Equal(left.Length > 0 ? 1 : 0, await database.CountAsync("a"));
        Assert.Equal(left == "a" ? 1 : 0, await database.ScalarAsync<long>("SELECT COUNT(b_id) FROM a"));
    }

    [Theory]
    [InlineData("a<->b")]
    [InlineData("a->b, b->c?, c->a:restrict, c->c?")]
    public async Task Foreign_keys_are_enforced_again_after_the_rows_are_written(string notation)
    {
        await using var database = await CreateDatabaseAsync();
        await GraphScenario.Parse(notation).CreateAsync(database);

        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => database.ExecuteAsync("DELETE FROM a"));

        Assert.Equal(3, await database.CountAsync("a"));
    }

    [Fact]
    public async Task A_context_reads_the_rows_and_has_one_foreign_key_for_every_edge()
    {
        await using var database = await CreateDatabaseAsync();
        var graph = GraphScenario.Parse("a->b, a->b?, b->a?:setnull, a->a?:cascade");
        await graph.CreateAsync(database);

        await using var context = graph.CreateContext(database);

        Assert.Equal(3, await context.Set<Dictionary<string, object>>("a").CountAsync());
        var names = context.Model.GetRelationalModel().Tables.SelectMany(table => table.ForeignKeyConstraints).Select(key => key.Name);
        Assert.Equal(graph.Edges.Select(edge => edge.ConstraintName).Order(StringComparer.Ordinal), names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Two_contexts_can_create_their_tables_in_one_database()
    {
        await using var database = await CreateDatabaseAsync();

        await GraphScenario.Parse("a->b").CreateAsync(database);
        await GraphScenario.Parse("c->d").CreateAsync(database, rows: 5);

        Assert.Equal(3, await database.CountAsync("a"));
        Assert.Equal(5, await database.CountAsync("c"));
    }
}

public sealed class SqliteGraphScenarioTests : GraphScenarioTests
{
    protected override Task<TestDatabase> CreateDatabaseAsync() => Task.FromResult<TestDatabase>(SqliteTestDatabase.Create());
}

public sealed class SqliteInMemoryGraphScenarioTests : GraphScenarioTests
{
    protected override Task<TestDatabase> CreateDatabaseAsync() => Task.FromResult<TestDatabase>(SqliteTestDatabase.CreateInMemory());
}

public sealed class PostgreSqlGraphScenarioTests : GraphScenarioTests
{
    protected override async Task<TestDatabase> CreateDatabaseAsync() => await PostgreSqlTestDatabase.CreateAsync();
}
