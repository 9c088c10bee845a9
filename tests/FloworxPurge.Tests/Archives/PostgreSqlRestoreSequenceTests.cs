using FloworxPurge.Archiving;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Resetting;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Archives;

/// <summary>Sequences of PostgreSQL from which restored rows had their numbers in other ways than by a default of their column.</summary>
public sealed class PostgreSqlRestoreSequenceTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sequence_from_which_the_application_reserves_blocks_moves_behind_the_last_block()
    {
        await using SequenceScenario scenario = await SequenceScenario.CreateAsync(
            Engine.PostgreSql,
            "CREATE SEQUENCE blocks INCREMENT BY 10; CREATE TABLE h (\"Id\" int PRIMARY KEY); "
                + "INSERT INTO h SELECT nextval('blocks'); INSERT INTO h SELECT nextval('blocks'); "
                + "INSERT INTO h VALUES (12)",
            Blocks);

        PurgeReport purge = await scenario.PurgeAsync();
        await scenario.RestoreAsync();

        Assert.NotEmpty(purge.IdentitiesReset);
        Assert.Equal("1 11 12", await scenario.IdsAsync("h"));
        Assert.Equal(21, await scenario.Database.ScalarAsync<long>("SELECT nextval('blocks')", CancellationToken));
    }

    [Theory]
    [InlineData("nextval('late'::text)")]
    [InlineData(null)]
    public async Task A_sequence_whose_name_the_default_looks_up_moves_too(string? ofModel)
    {
        await using SequenceScenario scenario = await SequenceScenario.CreateAsync(
            Engine.PostgreSql,
            "CREATE SEQUENCE late; CREATE TABLE a (\"Id\" int PRIMARY KEY DEFAULT nextval('late'::text)); "
                + "INSERT INTO a VALUES (DEFAULT), (DEFAULT)",
            model =>
            {
                IdTables.Model("a")(model);
                model.HasSequence("late");
                if (ofModel is not null)
                {
                    model.SharedTypeEntity<Dictionary<string, object>>(
                        "a",
                        entity => entity.IndexerProperty<int>("Id").HasDefaultValueSql(ofModel));
                }
            });

        PurgeReport purge = await scenario.PurgeAsync();
        await scenario.RestoreAsync();
        await scenario.InsertAsync("a");

        Assert.NotEmpty(purge.IdentitiesReset);
        Assert.Equal("1 2 3", await scenario.IdsAsync("a"));
    }

    [Fact]
    public async Task Numbers_of_rows_that_were_gone_before_are_not_given_again()
    {
        await using SequenceScenario scenario = await SequenceScenario.CreateAsync(Engine.PostgreSql, "a");
        await scenario.Database.ExecuteAsync("SELECT setval('came_back', 30)", CancellationToken);
        await scenario.PurgeAsync();

        await scenario.RestoreAsync();

        Assert.Equal(31, await scenario.NextAsync());
    }

    [Fact]
    public async Task A_sequence_that_the_default_of_a_partition_draws_from_moves_too()
    {
        await using SequenceScenario scenario = await SequenceScenario.CreateAsync(
            Engine.PostgreSql,
            "CREATE SEQUENCE parts; CREATE TABLE a (\"Id\" int PRIMARY KEY) PARTITION BY RANGE (\"Id\"); "
                + "CREATE TABLE a_1 PARTITION OF a DEFAULT; ALTER TABLE a_1 ALTER \"Id\" SET DEFAULT nextval('parts'); "
                + "INSERT INTO a_1 VALUES (DEFAULT), (DEFAULT)",
            model =>
            {
                IdTables.Model("a")(model);
                model.HasSequence("parts");
            });

        PurgeReport purge = await scenario.PurgeAsync();
        await scenario.RestoreAsync();
        await scenario.InsertAsync("a_1");

        Assert.NotEmpty(purge.IdentitiesReset);
        Assert.Equal("1 2 3", await scenario.IdsAsync("a"));
    }

    [Theory]
    [InlineData("USAGE", "public")]
    [InlineData("SELECT", "public")]
    [InlineData("UPDATE", "public")]
    [InlineData("ALL", "closed")]
    public async Task A_role_that_may_not_read_the_sequence_purges_into_an_archive(string right, string schema)
    {
        await using SequenceScenario scenario = await SequenceScenario.CreateAsync(
            Engine.PostgreSql,
            $"CREATE SCHEMA closed; CREATE SEQUENCE {schema}.s; CREATE TABLE a (\"Id\" int PRIMARY KEY DEFAULT nextval('{schema}.s')); "
                + "INSERT INTO a VALUES (DEFAULT), (DEFAULT)",
            IdTables.Model("a"));
        var database = (PostgreSqlTestDatabase)scenario.Database;
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync(
            $"GRANT ALL ON SCHEMA public TO {role}; GRANT SELECT, DELETE ON a TO {role}; GRANT {right} ON SEQUENCE {schema}.s TO {role}",
            CancellationToken);
        await using ScenarioContext context = new(null, IdTables.Model("a"), options => options.UseNpgsql(login));

        PurgeReport report = await scenario.PurgeAsync(context);
        await database.ExecuteAsync($"ALTER SEQUENCE {schema}.s RESTART", CancellationToken);
        await scenario.RestoreAsync();
        await scenario.InsertAsync("a");

        Assert.Equal(2, report.RowsDeleted);
        Assert.Equal("1 2 3", await scenario.IdsAsync("a"));
    }

    [Theory]
    [InlineData("CREATE SEQUENCE s", "USAGE", true, "This role lacks SELECT for sequence \"public\".\"s\", which numbers rows of")]
    [InlineData("CREATE SEQUENCE s", "USAGE, SELECT", true, "This role lacks UPDATE for sequence \"public\".\"s\", which has to move")]
    [InlineData("CREATE SEQUENCE s", "USAGE, SELECT", false, null)]
    [InlineData("CREATE SEQUENCE s", "SELECT, UPDATE", true, null)]
    [InlineData("CREATE SEQUENCE s OWNED BY a.\"Id\"", "USAGE", true, "This role lacks SELECT for sequence \"public\".\"s\"")]
    public async Task A_role_that_may_not_move_the_sequence_is_refused(string sql, string rights, bool restarts, string? refusal)
    {
        await using SequenceScenario scenario = await SequenceScenario.CreateAsync(
            Engine.PostgreSql,
            "CREATE TABLE a (\"Id\" int PRIMARY KEY); " + sql + "; ALTER TABLE a ALTER \"Id\" SET DEFAULT nextval('s'); "
                + "INSERT INTO a VALUES (DEFAULT), (DEFAULT)",
            model =>
            {
                IdTables.Model("a")(model);
                model.HasSequence("s");
            });
        var database = (PostgreSqlTestDatabase)scenario.Database;
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await scenario.PurgeAsync(restarts);
        await database.ExecuteAsync(
            $"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}; GRANT {rights} ON SEQUENCE s TO {role}",
            CancellationToken);
        await using ScenarioContext context = new(null, IdTables.Model("a"), options => options.UseNpgsql(login));

        if (refusal is not null)
        {
            PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => scenario.RestoreAsync(context));
            Assert.StartsWith(refusal, Assert.Single(refused.RestoreReport!.Refusals).Text, StringComparison.Ordinal);
            Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM a", CancellationToken));
            return;
        }

        await scenario.RestoreAsync(context);
        await scenario.InsertAsync("a");
        Assert.Equal("1 2 3", await scenario.IdsAsync("a"));
    }

    private static void Blocks(ModelBuilder model) => model.SharedTypeEntity<Dictionary<string, object>>("h", h =>
    {
        NpgsqlPropertyBuilderExtensions.UseHiLo(h.IndexerProperty<int>("Id"), "blocks");
        h.HasKey("Id");
        h.ToTable("h");
    });
}
