using System.Data.Common;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;

namespace FloworxPurge.Tests.Archives;

/// <summary>
/// A statement that compares each row with all keys takes minutes for 30,000 rows, where one that looks them up takes a second.
/// </summary>
public sealed class ArchiveQueryPlanTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_row_that_gets_a_reference_back_is_looked_up_in_an_index_of_SQLite()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(
            Engine.Sqlite,
            rows: "A 1! 2 B 1>1 2>2 C 1>1/1 2>2/1 3>2/1");
        List<string> steps = [];
        var hook = new CommandHook
        {
            Before = async (command, _) =>
            {
                if (command.CommandText.StartsWith("UPDATE \"C\"", StringComparison.Ordinal))
                {
                    steps.AddRange(await ExplainAsync(command, "EXPLAIN QUERY PLAN ", "detail"));
                }
            },
        };
        await using ScenarioContext context = scenario.Rows.CreateContext(hook);

        await PurgeArchive.RestoreAsync(scenario.Folder, context, cancellationToken: CancellationToken);

        Assert.Equal(2, steps.Count(step => step.StartsWith("SEARCH s USING ", StringComparison.Ordinal)));
        Assert.DoesNotContain(steps, step => step.StartsWith("SCAN s", StringComparison.Ordinal));
        await scenario.AssertOriginalAsync();
    }

    [Fact]
    public async Task A_row_that_a_query_did_not_find_again_is_looked_up_in_an_index_of_MariaDB()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine.MariaDb,
            RestoreScenario.Model,
            $"A {string.Join(' ', Enumerable.Range(1, 50).Select(id => $"{id}!"))}");
        List<string> keys = [];
        var hook = new CommandHook
        {
            Before = async (command, _) =>
            {
                if (command.CommandText.StartsWith("DELETE FROM `floworxpurge_roots_", StringComparison.Ordinal)
                    && command.CommandText.Contains(" WHERE NOT (", StringComparison.Ordinal))
                {
                    keys.AddRange(await ExplainAsync(command, "EXPLAIN ", "key", "s"));
                }
            },
        };
        await using ScenarioContext context = scenario.CreateContext(hook);
        Purger purger = Engine.MariaDb.Purger(options => options.Rows<A>(a => a.Marked));

        await purger.ExecuteAsync(
            context,
            await purger.PlanAsync(context, CancellationToken),
            cancellationToken: CancellationToken);

        Assert.Equal(["floworxpurge_0"], keys);
        Assert.Equal(string.Empty, await scenario.KeysAsync("A"));
    }

    private static async Task<List<string>> ExplainAsync(DbCommand command, string explain, string column, string? table = null)
    {
        List<string> values = [];
        await using DbCommand query = command.Connection!.CreateCommand();
        query.Transaction = command.Transaction;
        query.CommandText = explain + command.CommandText;
        await using DbDataReader reader = await query.ExecuteReaderAsync(CancellationToken);
        while (await reader.ReadAsync(CancellationToken))
        {
            if (table is null || string.Equals(reader["table"] as string, table, StringComparison.Ordinal))
            {
                values.Add(reader[column] as string ?? string.Empty);
            }
        }

        return values;
    }
}
