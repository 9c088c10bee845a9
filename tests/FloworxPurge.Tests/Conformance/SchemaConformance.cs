using FloworxPurge.Tests.Conformance.Models;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Conformance;

/// <summary>Tables in schemas, also with one name in several of them.</summary>
public abstract class SchemaConformance(Engine engine) : ModelGroup(engine)
{
    [Fact]
    public async Task Tables_with_one_name_are_distinguished_by_their_schema()
    {
        Assert.Equal(["auth.users"], await KeptByAsync(SchemaModels.OneNameInThreeSchemas, options => options.Exclude("auth.users")));
        Assert.Equal(["auth.users"], await KeptByAsync(SchemaModels.OneNameInThreeSchemas, options => options.Exclude("auth.*")));
        Assert.Equal(
            ["auth.users", "users"],
            await KeptByAsync(SchemaModels.OneNameInThreeSchemas, options => options.Exclude<ProfileUser>().Exclude<LoginUser>()));
    }

    [Fact]
    public async Task A_name_alone_means_the_table_in_every_schema()
    {
        Assert.Equal(
            ["auth.users", "pgaudit.users", "users"],
            await KeptByAsync(SchemaModels.OneNameInThreeSchemas, options => options.Exclude("users")));
    }

    [Fact]
    public async Task A_table_of_that_name_in_a_schema_of_nobody_is_not_touched()
    {
        await using TestDatabase database = await CreateAsync(SchemaModels.OneNameInThreeSchemas);
        await database.ExecuteAsync(
            "CREATE SCHEMA other; CREATE TABLE other.users (\"Id\" integer); INSERT INTO other.users VALUES (1)",
            CancellationToken);
        await using ScenarioContext context = SchemaModels.OneNameInThreeSchemas.CreateContext(database);

        var report = await PurgeAsync(context);

        Assert.Equal(
            ["other.users"],
            report.Kept.Where(table => table.Reason == PlanReason.Unmapped).Select(table => table.Table.ToString()));
        Assert.Equal(1, await database.CountAsync("users", "other", CancellationToken));
        Assert.Equal(0, await database.CountAsync("users", "auth", CancellationToken));
    }
}

public sealed class SqliteSchemaConformance() : SchemaConformance(Engine.Sqlite);

public sealed class PostgreSqlSchemaConformance() : SchemaConformance(Engine.PostgreSql);

public sealed class AnsiSchemaConformance() : SchemaConformance(Engine.Ansi);

public sealed class MariaDbSchemaConformance() : SchemaConformance(Engine.MariaDb);
