using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.KitTests;

/// <summary>The lines about this kit that contributors are shown.</summary>
public sealed class KitSnippet
{
    [Fact]
    public async Task A_database_is_made_filled_and_compared()
    {
        #region readme-kit
        await using var database = SqliteTestDatabase.Create();                    // or await PostgreSqlTestDatabase.CreateAsync()
        var graph = GraphScenario.Parse("a->b, b->c?:setnull, c->a, c->c?");       // dependent->principal, ? for a nullable key
        await graph.CreateAsync(database, rows: 3);                                // rows that reference each other along every key
        var before = await database.ChecksumAsync();                               // every row and every schema object
        await using var context = graph.CreateContext(database);
        #endregion

        Assert.Equal(3, await context.Set<Dictionary<string, object>>("a").CountAsync());
        Assert.Equal(before, await database.ChecksumAsync());
    }
}
