using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FloworxPurge.Tests.Fleets;

/// <summary>Tenants that have a schema each are targets with a search path.</summary>
public sealed class PostgreSqlFleetTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_schema_is_purged_once_and_has_its_own_receipt(bool inChunks)
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        string[] tenants = ["north", "South Sea", "o'neil\"s"];
        foreach (string tenant in tenants)
        {
            await database.ExecuteAsync(
                $"""
                CREATE SCHEMA {Name(tenant)};
                CREATE TABLE {Name(tenant)}."A" (
                    "Id" int PRIMARY KEY, "ParentId" int, "OtherId" int, "Code" text, "Marked" boolean NOT NULL);
                INSERT INTO {Name(tenant)}."A" VALUES (1, NULL, NULL, NULL, true), (2, NULL, NULL, NULL, false), (3, NULL, NULL, NULL, true)
                """,
                CancellationToken);
        }

        PurgeFleet fleet = new(
            new Purger(options =>
            {
                options.Rows<A>(a => a.Marked);
                if (inChunks)
                {
                    options.InChunks(1);
                }
            }),
            tenants,
            tenant => new ScenarioContext(
                database: null,
                model => model.Entity<A>().ToTable("A"),
                options => options.UseNpgsql(
                    new NpgsqlConnectionStringBuilder(database.ConnectionString) { SearchPath = Name(tenant) }.ConnectionString)));

        FleetReport report = await fleet.RunAsync("run", cancellationToken: CancellationToken);
        await database.ExecuteAsync("INSERT INTO north.\"A\" VALUES (9, NULL, NULL, NULL, true)", CancellationToken);
        FleetReport again = await fleet.RunAsync("run", cancellationToken: CancellationToken);

        Assert.Equal("3 targets: 3 complete. 6 rows deleted by this run.", report.Summary);
        Assert.All(again.Targets, target => Assert.True(target.IsFromReceipt));
        foreach (string tenant in tenants)
        {
            Assert.Equal(tenant == "north" ? 2 : 1, await CountAsync($"{Name(tenant)}.\"A\""));
            Assert.Equal(inChunks ? 2 : 1, await CountAsync($"{Name(tenant)}.floworxpurge_runs"));
        }

        async Task<long> CountAsync(string table)
        {
            await using var connection = await database.OpenConnectionAsync(CancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = $"SELECT COUNT(*) FROM {table}";
            return (long)(await command.ExecuteScalarAsync(CancellationToken))!;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_context_that_retries_is_purged_once(bool inChunks)
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine.PostgreSql, 1);
        var lost = new LostAnswer();
        PurgeFleet fleet = new(
            new Purger(options =>
            {
                FleetScenario.Marked(options);
                if (inChunks)
                {
                    options.InChunks(1);
                }
            }),
            ["t1"],
            _ => new ScenarioContext(
                database: null,
                FleetScenario.Model,
                options => options
                    .UseNpgsql(scenario["t1"].Database.ConnectionString, npgsql => npgsql.EnableRetryOnFailure())
                    .AddInterceptors(lost)));

        PurgeReport report = inChunks
            ? await Assert.ThrowsAsync<PurgeException>(() => fleet.RunOneAsync("run", "t1", CancellationToken)) is { Report: not null }
                ? await fleet.RunOneAsync("run", "t1", CancellationToken)
                : throw new InvalidOperationException()
            : await fleet.RunOneAsync("run", "t1", CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 4), (report.Verdict, report.RowsDeleted));
        Assert.Equal(report.ToJson(), (await fleet.RunOneAsync("run", "t1", CancellationToken)).ToJson());
        Assert.Equal("2", await scenario.KeysAsync("A"));
    }

    private static string Name(string schema) => $"\"{schema.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
