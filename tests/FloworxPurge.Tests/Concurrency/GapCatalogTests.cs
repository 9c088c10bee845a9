namespace FloworxPurge.Tests.Concurrency;

/// <summary>The statements that other sessions run do what they say: a misspelt one would make every case of its own pass.</summary>
public abstract class GapCatalogTests<TDatabase>(Func<CancellationToken, Task<TDatabase>> create)
    where TDatabase : GapDatabase
{
    private const int LeastStatements = 40;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_statement_changes_something_where_no_purge_runs()
    {
        await using TDatabase database = await create(CancellationToken);
        List<string> problems = [];
        foreach (GapStatement statement in database.Statements)
        {
            if (await database.WhyNotAsync(statement, CancellationToken) is not null)
            {
                continue;
            }

            await database.RebuildAsync(statement, CancellationToken);
            string before = await database.DescribeAsync(statement, CancellationToken);
            GapOutcome outcome = await database.RunAloneAsync(statement, CancellationToken);
            if (outcome.Failure is not null && !statement.EndsSession)
            {
                problems.Add($"\"{statement}\" {outcome}");
            }
            else if (before == await database.DescribeAsync(statement, CancellationToken) != (statement.ChangesNothing is not null))
            {
                problems.Add(
                    $"\"{statement}\" {(statement.ChangesNothing is null ? "changes nothing" : "changes something, and is said not to")}");
            }
        }

        Assert.Empty(problems);
    }

    [Fact]
    public async Task Every_statement_has_a_name_of_its_own()
    {
        await using TDatabase database = await create(CancellationToken);

        Assert.True(database.Statements.Count >= LeastStatements);
        Assert.Equal(
            database.Statements.Count,
            database.Statements.Select(statement => statement.Name).Distinct(StringComparer.Ordinal).Count());
    }
}

public sealed class PostgreSqlGapCatalogTests() : GapCatalogTests<PostgreSqlGapDatabase>(PostgreSqlGapDatabase.CreateAsync);

public sealed class MariaDbGapCatalogTests() : GapCatalogTests<MariaDbGapDatabase>(MariaDbGapDatabase.CreateAsync);
