using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using MySql.Data.MySqlClient;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>
/// What a role or a session of MariaDB does not see is not taken for what is not there: InnoDB cascades into it all the same.
/// </summary>
public sealed class MariaDbRightsTests
{
    private static readonly GraphScenario Both = GraphScenario.Parse("child->parent:cascade");

    private static readonly GraphScenario Parent = GraphScenario.Parse("parent");

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(".parent", PlanReason.PrivilegeMissing)]
    [InlineData(".*", PlanReason.Blocked)]
    public async Task A_role_that_does_not_see_a_dependent_does_not_cascade_into_it(string granted, PlanReason reason)
    {
        await using MariaDbTestDatabase database = await CreateAsync();
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync($"GRANT SELECT, DELETE, TRIGGER ON \"{database.Name}\"{granted} TO '{role}'@'%'", CancellationToken);
        await using var context = new ScenarioContext(null, Parent.BuildModel, options => options.UseMySQL(login));

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        Assert.Equal(reason, Assert.Single(report.Skips).Reason);
        Assert.Equal(
            (3, 3),
            (await database.CountAsync("child", cancellationToken: CancellationToken), await database.CountAsync("parent", cancellationToken: CancellationToken)));
    }

    [Fact]
    public async Task The_plan_of_a_role_that_sees_one_database_says_that_others_may_reference_it()
    {
        await using MariaDbTestDatabase database = await CreateAsync();
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync($"GRANT SELECT, DELETE, TRIGGER ON \"{database.Name}\".* TO '{role}'@'%'", CancellationToken);
        await using ScenarioContext administrator = Both.CreateContext(database);
        await using var context = new ScenarioContext(null, Both.BuildModel, options => options.UseMySQL(login));

        Assert.Contains(
            (await new Purger().PlanAsync(context, CancellationToken)).Notes,
            note => note.Grade == LogLevel.Warning && note.Text.Contains("no right on all databases", StringComparison.Ordinal));
        Assert.DoesNotContain(
            (await new Purger().PlanAsync(administrator, CancellationToken)).Notes,
            note => note.Text.Contains("whole catalog", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Keys_of_other_databases_that_the_role_may_not_see_refuse_the_run_until_it_may_see_them_or_it_is_allowed()
    {
        await using MariaDbTestDatabase database = await CreateAsync();
        await database.ExecuteAsync("DROP TABLE child", CancellationToken);
        string other = database.Name + "_theirs";
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync(
            $"GRANT SELECT, DELETE ON \"{database.Name}\".* TO '{role}'@'%'; CREATE DATABASE \"{other}\"; "
                + $"CREATE TABLE \"{other}\".theirs (n int, FOREIGN KEY (n) REFERENCES \"{database.Name}\".parent (\"Id\") ON DELETE "
                + $"CASCADE); INSERT INTO \"{other}\".theirs VALUES (1)",
            CancellationToken);
        try
        {
            await using var context = new ScenarioContext(null, Parent.BuildModel, options => options.UseMySQL(login));
            PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);
            PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
                () => context.PurgeAsync(cancellationToken: CancellationToken));

            Assert.Contains(plan.Notes, note => note.Text.Contains("refused unless AllowUnverified is set", StringComparison.Ordinal));
            Assert.Contains("Grant REFERENCES ON *.* to the user", string.Concat(plan.Notes), StringComparison.Ordinal);
            Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
            Assert.Contains("grant REFERENCES ON *.* to the user", refused.Message, StringComparison.Ordinal);
            Assert.Equal(3, await database.CountAsync("parent", cancellationToken: CancellationToken));

            await database.ExecuteAsync($"GRANT REFERENCES ON *.* TO '{role}'@'%'", CancellationToken);
            await using var seeing = new ScenarioContext(
                null,
                Parent.BuildModel,
                options => options.UseMySQL(new MySqlConnectionStringBuilder(login) { Pooling = false }.ConnectionString));
            PurgeReport blocked = await seeing.PurgeAsync(cancellationToken: CancellationToken);
            Assert.Equal((PurgeVerdict.NothingMatched, PlanReason.Blocked), (blocked.Verdict, Assert.Single(blocked.Skips).Reason));
            Assert.Equal(1, await database.ScalarAsync<int>($"SELECT COUNT(*) FROM \"{other}\".theirs", CancellationToken));

            await database.ExecuteAsync($"REVOKE REFERENCES ON *.* FROM '{role}'@'%'", CancellationToken);
            await using var blind = new ScenarioContext(
                null,
                Parent.BuildModel,
                options => options.UseMySQL(new MySqlConnectionStringBuilder(login) { Pooling = false }.ConnectionString));
            PurgeException partial = await Assert.ThrowsAsync<PurgeException>(
                () => blind.PurgeAsync(options => options.AllowUnverified = true, cancellationToken: CancellationToken));
            Assert.Equal((PurgeVerdict.Partial, true), (partial.Report!.Verdict, partial.Report!.IsCommitted));
            Assert.Contains(
                partial.Report!.Verifications,
                verification => verification.Outcome == Outcome.Unknown
                    && verification.Name.StartsWith("rows that foreign keys which this role may not see", StringComparison.Ordinal));
        }
        finally
        {
            await database.ExecuteAsync($"DROP DATABASE \"{other}\"", CancellationToken);
        }
    }

    [Fact]
    public async Task Triggers_that_the_role_may_not_see_cannot_change_a_kept_table_unseen()
    {
        await using MariaDbTestDatabase database = await CreateAsync();
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync(
            "CREATE TABLE kept (n int); INSERT INTO kept VALUES (1); CREATE TRIGGER unseen AFTER DELETE ON parent FOR EACH ROW UPDATE kept "
                + $"SET n = n + 1; GRANT SELECT, DELETE ON \"{database.Name}\".* TO '{role}'@'%'; GRANT REFERENCES ON *.* TO '{role}'@'%'",
            CancellationToken);
        await using var context = new ScenarioContext(null, Both.BuildModel, options => options.UseMySQL(login));

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.Contains("content of kept table kept", exception.Message, StringComparison.Ordinal);
        Assert.Equal(3, await database.CountAsync("parent", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_connection_to_no_database_is_reported()
    {
        await using MariaDbTestDatabase database = await CreateAsync();
        await using var context = new ScenarioContext(
            null,
            Both.BuildModel,
            options => options.UseMySQL(new MySqlConnectionStringBuilder(database.ConnectionString) { Database = string.Empty }.ConnectionString));
        await context.Database.OpenConnectionAsync(CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: CancellationToken));

        Assert.Contains("is open to no database", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_limit_of_rows_in_the_session_hides_no_key_and_no_count(int limit)
    {
        await using MariaDbTestDatabase database = await CreateAsync();
        await using ScenarioContext context = Parent.CreateContext(database);
        await context.Database.OpenConnectionAsync(CancellationToken);
        await context.Database.ExecuteSqlAsync($"SET SESSION sql_select_limit = {limit}", CancellationToken);

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        Assert.Equal(PlanReason.Blocked, Assert.Single(report.Skips).Reason);
        Assert.Equal(3, await database.CountAsync("child", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_table_of_a_database_whose_name_differs_by_its_case_alone_blocks_and_keeps_its_rows()
    {
        await using MariaDbTestDatabase database = await CreateAsync();
        string other = database.Name.ToUpperInvariant();
        Assert.SkipUnless(
            await database.ScalarAsync<int>("SELECT @@lower_case_table_names", CancellationToken) == 0,
            "Names of databases have no case here.");
        await database.ExecuteAsync("DROP TABLE child", CancellationToken);
        await database.ExecuteAsync($"CREATE DATABASE \"{other}\"", CancellationToken);
        try
        {
            await database.ExecuteAsync(
                $"CREATE TABLE \"{other}\".theirs (n int, FOREIGN KEY (n) REFERENCES \"{database.Name}\".parent (\"Id\") ON DELETE "
                    + $"CASCADE); INSERT INTO \"{other}\".theirs VALUES (1)",
                CancellationToken);
            await using ScenarioContext context = Parent.CreateContext(database);

            PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

            Assert.Contains($"\"{other}\".\"theirs\"", Assert.Single(report.Skips).Explanation, StringComparison.Ordinal);
            Assert.Equal(1, await database.ScalarAsync<int>($"SELECT COUNT(*) FROM \"{other}\".theirs", CancellationToken));
        }
        finally
        {
            await database.ExecuteAsync($"DROP DATABASE \"{other}\"", CancellationToken);
        }
    }

    private static async Task<MariaDbTestDatabase> CreateAsync()
    {
        MariaDbTestDatabase database = await MariaDbTestDatabase.CreateAsync(cancellationToken: CancellationToken);
        await Both.CreateAsync(database, rows: 3, CancellationToken);
        return database;
    }
}
