using FloworxPurge.Tests.Conformance.Models;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance;

/// <summary>What is read from a view, a query or a function is not purged; what it reads is.</summary>
public abstract class ViewConformance(Engine engine) : ModelGroup(engine)
{
    [Fact]
    public async Task Views_are_no_tables_and_are_still_there_afterwards()
    {
        await using TestDatabase database = await CreateAsync(ViewModels.ViewsQueriesAndFunctions);
        await using ScenarioContext context = ViewModels.ViewsQueriesAndFunctions.CreateContext(database);
        var plan = await Engine.Purger().PlanAsync(context, CancellationToken);
        Assert.Equal(["Deposits", "Accounts"], plan.Tables.Select(table => table.Table.Name));

        await PurgeCompletelyAsync(database, context);

        Assert.Equal(0, await context.Set<AccountName>().CountAsync(CancellationToken));
        Assert.Equal(0, await context.Set<Account>().CountAsync(CancellationToken));
    }

    [Fact]
    public async Task A_filter_by_a_type_that_is_in_no_table_says_so()
    {
        await using TestDatabase database = await CreateAsync(ViewModels.ViewsQueriesAndFunctions);
        await using ScenarioContext context = ViewModels.ViewsQueriesAndFunctions.CreateContext(database);

        var exception = await Assert.ThrowsAsync<PurgeException>(
            () => PurgeAsync(context, options => options.Exclude<AccountName>().Include<AccountTotal>()));

        Assert.Contains("Exclude<AccountName>() matches no table", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Include<AccountTotal>() matches no table", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_type_without_a_key_is_named_in_a_filter_as_any_other()
    {
        Assert.Equal(["Measurements"], await KeptByAsync(ViewModels.Keyless, options => options.Exclude<Measurement>()));
    }
}

public sealed class SqliteViewConformance() : ViewConformance(Engine.Sqlite);

public sealed class PostgreSqlViewConformance() : ViewConformance(Engine.PostgreSql);

public sealed class AnsiViewConformance() : ViewConformance(Engine.Ansi);

public sealed class MariaDbViewConformance() : ViewConformance(Engine.MariaDb);
