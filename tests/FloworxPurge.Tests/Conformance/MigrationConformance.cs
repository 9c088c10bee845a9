using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance.Models;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FloworxPurge.Tests.Conformance;

/// <summary>Tables that migrations leave to somebody else, the history of migrations, and the rows that they bring.</summary>
public abstract class MigrationConformance(Engine engine) : ModelGroup(engine)
{
    [Fact]
    public async Task Tables_excluded_from_migrations_are_kept()
    {
        Assert.Equal(["Legacy", "LegacyLog"], await KeptByAsync(MigrationModels.ExcludedTables, _ => { }));
        Assert.Equal(["Legacy", "LegacyLog"], await KeptByAsync(MigrationModels.ExcludedTables, options => options.Include("*")));
    }

    [Fact]
    public async Task Tables_excluded_from_migrations_are_purged_when_asked_for_by_name_or_type()
    {
        Assert.Equal(["LegacyLog"], await KeptByAsync(MigrationModels.ExcludedTables, options => options.Include("*").Include("Legacy")));
        Assert.Equal(["Legacy"], await KeptByAsync(MigrationModels.ExcludedTables, options => options.Include("*").Include<LegacyLog>()));
        Assert.Empty(
            await KeptByAsync(MigrationModels.ExcludedTables, options => options.Include("Orders").Include("Legacy").Include("LegacyLog")));
    }

    [Fact]
    public async Task The_plan_says_why_a_table_excluded_from_migrations_is_kept()
    {
        await using TestDatabase database = await CreateAsync(MigrationModels.ExcludedTables);
        await using ScenarioContext context = MigrationModels.ExcludedTables.CreateContext(database);

        PurgePlan plan = await Engine.Purger().PlanAsync(context, CancellationToken);

        Assert.Equal(["Legacy", "LegacyLog"], plan.Kept.Select(table => table.Table.Name));
        Assert.All(plan.Kept, table => Assert.Equal(PlanReason.ExcludedFromMigrations, table.Reason));
    }

    [Fact]
    public async Task The_history_of_migrations_is_kept()
    {
        await using TestDatabase database = await CreateAsync(MigrationModels.SeededRows);
        await using ScenarioContext context = MigrationModels.SeededRows.CreateContext(database);
        await MigrateAsync(context, database);

        PurgeReport report = await PurgeAsync(context, options => options.Include("*"));

        AssertClean(report.Skips, report.Notes);
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(1, await database.CountAsync("__EFMigrationsHistory", cancellationToken: CancellationToken));
        Assert.SkipWhen(IsScaffolded, "The provider's scaffolding leaves the history out, so that a report cannot name it.");
        PlanTable history = Assert.Single(report.Kept);
        Assert.Equal(("__EFMigrationsHistory", PlanReason.MigrationsHistory), (history.Table.Name, history.Reason));
    }

    [Fact]
    public async Task The_history_of_migrations_is_known_under_another_name()
    {
        await using TestDatabase database = await CreateAsync(MigrationModels.SeededRows);
        await using ScenarioContext context = new(database, MigrationModels.SeededRows.Build, options =>
        {
            database.ConfigureRelational(
                options,
                relational => relational.WithMigrationsHistoryTableName("My History").WithMigrationsHistoryTableSchema(Engine.HasSchemas ? "meta" : null));
        });
        await MigrateAsync(context, database);

        PurgeReport report = await PurgeAsync(context);

        PlanTable history = Assert.Single(report.Kept);
        Assert.Equal(("My History", PlanReason.MigrationsHistory), (history.Table.Name, history.Reason));
        Assert.Equal(1, await database.CountAsync("My History", "meta", CancellationToken));
    }

    [Fact]
    public async Task The_history_of_migrations_is_purged_when_asked_for_by_name()
    {
        await using TestDatabase database = await CreateAsync(MigrationModels.SeededRows);
        await using ScenarioContext context = MigrationModels.SeededRows.CreateContext(database);
        await MigrateAsync(context, database);
        Assert.SkipWhen(IsScaffolded, "The provider's scaffolding leaves the history out.");

        await PurgeCompletelyAsync(database, context, options => options.Include("*").Include("__EFMigrationsHistory"));
    }

    [Fact]
    public async Task A_history_of_migrations_that_cannot_be_seen_cannot_be_asked_for()
    {
        await using TestDatabase database = await CreateAsync(MigrationModels.SeededRows);
        await using ScenarioContext context = MigrationModels.SeededRows.CreateContext(database);
        if (IsScaffolded)
        {
            await MigrateAsync(context, database);
        }

        var exception = await Assert.ThrowsAsync<PurgeException>(
            () => PurgeAsync(context, options => options.Include("*").Include("__EFMigrationsHistory")));

        Assert.Contains("Include(\"__EFMigrationsHistory\") matches no table", exception.Message, StringComparison.Ordinal);
        await PurgeAsync(context, options => options.Exclude("__EFMigrationsHistory"));
    }

    [Fact]
    public async Task Rows_that_the_model_brings_go_as_any_other()
    {
        await using TestDatabase database = await CreateAsync(MigrationModels.SeededRows);
        await using ScenarioContext context = MigrationModels.SeededRows.CreateContext(database);

        PurgeReport report = await PurgeCompletelyAsync(database, context);

        Assert.Equal(3, report.RowsDeleted);
        Assert.Equal(["Countries"], await KeptByAsync(MigrationModels.SeededRows, options => options.Exclude<Models.Country>()));
    }

    private static async Task MigrateAsync(ScenarioContext context, TestDatabase database)
    {
        var history = context.GetService<IHistoryRepository>();
        await database.ExecuteAsync(history.GetCreateIfNotExistsScript(), CancellationToken);
        await database.ExecuteAsync(history.GetInsertScript(new HistoryRow("20260101000000_Initial", "10.0.0")), CancellationToken);
    }
}

public sealed class SqliteMigrationConformance() : MigrationConformance(Engine.Sqlite);

public sealed class PostgreSqlMigrationConformance() : MigrationConformance(Engine.PostgreSql);

public sealed class AnsiMigrationConformance() : MigrationConformance(Engine.Ansi);

public sealed class MariaDbMigrationConformance() : MigrationConformance(Engine.MariaDb);
