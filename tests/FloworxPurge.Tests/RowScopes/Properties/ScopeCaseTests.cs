using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.RowScopes.Properties;

/// <summary>The generator of the property suite: its cases are valid, differ, and are about what the suite is about.</summary>
public sealed class ScopeCaseTests
{
    private const int Cases = 500;
    private const int FewRoots = 8;

    private static readonly ScopeCase[] All = [.. Enumerable.Range(1, Cases).Select(ScopeCaseGenerator.Create)];

    [Fact]
    public void The_same_seed_gives_the_same_case()
        => Assert.Equal($"{ScopeCaseGenerator.Create(7)}", $"{ScopeCaseGenerator.Create(7)}");

    [Fact]
    public void Many_cases_have_rows_that_go_stay_change_and_become_orphans()
    {
        ScopeExpectation[] expectations = [.. All.Select(it => new ScopeExpectation(it))];
        var counts = new Dictionary<string, int>
        {
            ["dependents go"] = expectations.Count(it => it.Result.Deleted.Count > it.Matched - it.Result.Blocked.Count),
            ["all roots are blocked"] = expectations.Count(it => it.Matched > 0 && it.Matched == it.Result.Blocked.Count),
            ["some roots are blocked"] = expectations.Count(it => it.Result.Blocked.Count > 0 && it.Matched > it.Result.Blocked.Count),
            ["no root is blocked"] = expectations.Count(it => it.Matched > 0 && it.Result.Blocked.Count == 0),
            ["nothing matches"] = expectations.Count(it => it.Matched == 0),
            ["rows are detached"] = expectations.Count(it => it.Result.Detached.Any(rows => rows.Count > 0)),
            ["orphans go"] = expectations.Count(it => it.Result.Orphans.Count > 0),
        };
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', counts));
        Assert.All(counts, count => Assert.True(count.Value >= Cases / 50, $"Only {count.Value} of {Cases}: {count.Key}"));
    }

    [Fact]
    public void The_fixpoint_is_the_union_of_all_valid_sets_of_roots()
    {
        OracleInput[] few = [.. All.Select(it => new ScopeExpectation(it).Input).Where(it => it.Roots.Count <= FewRoots)];
        Assert.True(few.Length > Cases / 10, $"Only {few.Length} cases have so few roots.");
        Assert.All(few, it => Assert.Equal(new ScopeOracle(it).LargestSetOfAllSubsets().Order(), new ScopeOracle(it).LargestSet().Order()));
    }

    [Fact]
    public async Task Ef_reads_every_row_of_a_generated_database()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.CreateInMemory();
        foreach (ScopeCase it in All.Take(Cases / 10))
        {
            await SqliteScopePropertyTests.ClearAsync(database);
            var sql = new ScopeSql(it, database);
            await database.ExecuteAsync(sql.Tables());
            await database.ExecuteUncheckedAsync(sql.Rows() + "SELECT 1");
            await using var context = new ScenarioContext(database, new ScopeModel(it).Build);
            var rows = new ScopeRows(it);
            foreach (ScopeTable table in it.Tables.Where(table => table.Place is TablePlace.Mapped or TablePlace.Excluded))
            {
                Assert.Equal(rows.All.Count(row => row.Table == table.Number), ScopeClass.Of(table).Count(context));
            }

            Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM pragma_foreign_key_check"));
        }
    }
}
