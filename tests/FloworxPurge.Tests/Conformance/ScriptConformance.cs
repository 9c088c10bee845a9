using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance;

/// <summary>A plan's SQL script, run by the engine's own shell, does what a run of the plan does.</summary>
public abstract class ScriptConformance(Engine engine) : ConformanceGroup(engine)
{
    private const string NoShell = "ANSI SQL has no shell.";

    private static readonly string[] HostileNames =
    [
        "select",
        "two words",
        "MixedCase",
        "semi;colon -- no comment",
        "dou\"ble",
        "sin'gle",
        "brace{0}",
        "back\\slash",
        "co:lon :'x'",
        "dot.ted",
        "line\nbreak",
        "shell\n.quit\n\\q",
        "dollar$$quote",
        "parameter @p0",
        "größe",
    ];

    [Theory]
    [InlineData("a")]
    [InlineData("a->b->c, a->c, d->b")]
    [InlineData(RunScenario.ChainAndCycle)]
    [InlineData("a->a?, b->c, c->b, c->d:restrict")]
    [InlineData("a->b:cascade, b->c:cascade, c->a?:setnull")]
    public async Task A_graph_is_emptied_as_by_a_run(string notation)
    {
        Assert.SkipUnless(Engine.HasDialect, NoShell);
        await AssertSameAsync(
            async database => await GraphScenario.Parse(notation).CreateAsync(database, 3, CancellationToken),
            GraphScenario.Parse(notation).BuildModel,
            HowMany(notation));
    }

    [Fact]
    public async Task Hostile_names_and_restarted_numbers_survive_the_shell()
    {
        Assert.SkipUnless(Engine.HasDialect, NoShell);
        await AssertSameAsync(FillHostileAsync, BuildHostile, HostileNames.Length);
    }

    [Fact]
    public async Task Nothing_is_deleted_when_a_statement_of_the_script_fails()
    {
        Assert.SkipUnless(Engine.HasDialect, NoShell);
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine);
        await scenario.Database.RaiseOnDeleteAsync("c", "not this one", CancellationToken);
        string rows = await scenario.ChecksumAsync();

        var (exitCode, _, errors) = await Shell.RunScriptAsync(
            scenario.Database,
            (await scenario.PlanAsync()).ToSqlScript(),
            CancellationToken);

        Assert.NotEqual(0, exitCode);
        Assert.Contains("not this one", errors, StringComparison.Ordinal);
        Assert.Equal(rows, await scenario.ChecksumAsync());
    }

    private static int HowMany(string notation) => GraphScenario.Parse(notation).Tables.Count;

    private async Task AssertSameAsync(Func<TestDatabase, Task> fill, Action<ModelBuilder> buildModel, int tables)
    {
        await using TestDatabase byShell = await Engine.CreateDatabaseAsync();
        await using TestDatabase byRun = await Engine.CreateDatabaseAsync();
        await fill(byShell);
        await fill(byRun);
        Assert.Equal(await byRun.ChecksumAsync(CancellationToken), await byShell.ChecksumAsync(CancellationToken));
        await using var shellContext = new ScenarioContext(byShell, buildModel);
        await using var runContext = new ScenarioContext(byRun, buildModel);

        PurgePlan plan = await Engine.Purger(options => options.ResetIdentity = true).PlanAsync(shellContext, CancellationToken);
        Assert.Equal(tables, plan.Tables.Count);
        var (exitCode, output, errors) = await Shell.RunScriptAsync(byShell, plan.ToSqlScript(), CancellationToken);
        await PurgeAsync(runContext, options => options.ResetIdentity = true);

        Assert.Equal((0, ""), (exitCode, errors.Trim()));
        Assert.Equal(await byRun.ChecksumAsync(CancellationToken), await byShell.ChecksumAsync(CancellationToken));

        // A component that is deleted in one statement prints its counts, too; the last lines are the script's own check, save for sqlcmd's
        // "(1 rows affected)".
        List<string> counts = [.. output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.EndsWith(" affected)", StringComparison.Ordinal))
            .TakeLast(tables)];
        Assert.Equal(Enumerable.Range(0, tables).Select(i => $"{i}|0"), counts.Select(line => line.Replace('\t', '|')));
    }

    private static async Task FillHostileAsync(TestDatabase database)
    {
        await using var context = new ScenarioContext(database, BuildHostile);
        await context.CreateTablesAsync(CancellationToken);
        for (int i = 0; i < 3; i++)
        {
            foreach (string name in HostileNames)
            {
                context.Set<Named>(name).Add(new Named { Text = "row" });
            }
        }

        await context.SaveChangesAsync(CancellationToken);
    }

    private static void BuildHostile(ModelBuilder model)
    {
        foreach (string name in HostileNames)
        {
            model.SharedTypeEntity<Named>(name, entity =>
            {
                entity.ToTable(name);
                entity.HasKey(row => row.Id).HasName("PK " + name);
                entity.Property(row => row.Text).HasColumnName("column of " + name);
            });
        }
    }

    private sealed class Named
    {
        public int Id { get; set; }

        public string Text { get; set; } = "";
    }
}

public sealed class SqliteScriptConformance() : ScriptConformance(Engine.Sqlite);

public sealed class PostgreSqlScriptConformance() : ScriptConformance(Engine.PostgreSql);

public sealed class AnsiScriptConformance() : ScriptConformance(Engine.Ansi);

public sealed class MariaDbScriptConformance() : ScriptConformance(Engine.MariaDb);
