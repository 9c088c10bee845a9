using System.Globalization;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.RowScopes;

/// <summary>What names no rows that can be deleted is refused by name, before anything is read.</summary>
public sealed class RowRefusalTests
{
    private static readonly string[] Misspelt = ["softdelete"];

    private interface INowhere;

    [Fact]
    public async Task A_class_that_is_no_entity_type_is_refused_with_a_similar_one()
    {
        Assert.Equal(
            "Rows<Costumer>(c => true) names Costumer, which is not an entity type of the model. Did you mean \"Customer\"?",
            await RefusalAsync(options => options.Rows<Costumer>(c => true)));
    }

    [Fact]
    public async Task Types_without_rows_of_their_own_are_refused()
    {
        Assert.Equal(
            [
                "Rows<LogLine>(x => true) names LogLine, which has no primary key, so that single rows cannot be identified. Name an "
                    + "entity type with a primary key.",
                "Rows<CustomerName>(x => true) names CustomerName, which is mapped to the view \"CustomerNames\". Name the entity type of "
                    + "a table.",
                "Rows<CustomerQuery>(x => true) names CustomerQuery, which is mapped to an SQL query. Name the entity type of a table.",
                "Rows<HomeAddress>(x => true) names HomeAddress, which is owned: its rows are deleted with their owners. Name the owner "
                    + "(Customer).",
                "Keep<CustomerNotes>(x => true) names CustomerNotes, whose rows are parts of rows of Customer: they share one table. Name "
                    + "Customer.",
                "Rows<INowhere>(x => true) names the interface INowhere, which no entity type with a table implements.",
                "Rows<IOnlyOwned>(x => true) names the interface IOnlyOwned, which HomeAddress implements and its owner does not: owned "
                    + "rows are deleted with their owners. Implement the interface in the owner, or name the entity types one by one.",
            ],
            Lines(await RefusalAsync(options => options
                .Rows<LogLine>(x => true)
                .Rows<CustomerName>(x => true)
                .Rows<CustomerQuery>(x => true)
                .Rows<HomeAddress>(x => true)
                .Keep<CustomerNotes>(x => true)
                .Rows<INowhere>(x => true)
                .Rows<IOnlyOwned>(x => true))));
    }

    [Fact]
    public async Task A_projection_is_refused()
    {
        Assert.Equal(
            "Rows<Customer>(all => all.Select(c => new Customer { Id = c.Id + 1 })) is a projection: it makes new objects of Customer. "
                + "Return the entities themselves.",
            await RefusalAsync(options => options.Rows<Customer>(all => all.Select(c => new Customer { Id = c.Id + 1 }))));
    }

    [Fact]
    public async Task Client_evaluation_is_refused()
    {
        string[] lines = Lines(await RefusalAsync(options => options
            .Rows<Customer>(c => IsOdd(c.Name))
            .Rows<Customer>(all => all.Select(c => Same(c)))
            .Rows<Customer>(all => all.Where(c => c.Id > 1).OrderBy(c => Same(c).Name).Take(1))
            .Rows<Customer>(_ => new List<Customer>().AsQueryable())
            .Rows<Customer>(_ => null!)));

        Assert.StartsWith("Rows<Customer>(c => IsOdd(c.Name)) cannot be translated to SQL for ", lines[0], StringComparison.Ordinal);
        Assert.Contains("IsOdd", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("Use mapped properties only, and return entities of this type.", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("Rows<Customer>(all => all.Select(c => Same(c))) cannot be translated", lines[1], StringComparison.Ordinal);
        Assert.Contains("cannot be translated to SQL", lines[2], StringComparison.Ordinal);
        Assert.Equal(
            "Rows<Customer>(_ => new List<Customer>().AsQueryable()) is not an EF Core query: it would be evaluated in memory. Build "
                + "it from the query that it receives.",
            lines[3]);
        Assert.Contains("the query is null", lines[4], StringComparison.Ordinal);
        Assert.Equal(5, lines.Length);
    }

    [Fact]
    public async Task A_query_filter_that_the_entity_type_does_not_have_is_refused_by_name()
    {
        Assert.Equal(
            "Rows<Customer>(all => all.IgnoreQueryFilters(Misspelt)) ignores the query filter \"softdelete\", which none of "
                + "its entity types has. EF Core would ignore nothing. Their filters are \"soft delete\".",
            await RefusalAsync(options => options.Rows<Customer>(all => all.IgnoreQueryFilters(Misspelt))));
    }

    [Fact]
    public async Task A_class_that_several_entity_types_share_needs_the_name_of_one()
    {
        await using TestDatabase database = SqliteTestDatabase.Create();
        await RowShop.Shared.CreateAsync(database, TestContext.Current.CancellationToken);
        await using ScenarioContext context = RowShop.Shared.CreateContext(database);

        Assert.Equal(
            [
                "Rows<Dictionary`2>(rows => rows) names Dictionary<string, object>, the class of several entity types: \"Left\", "
                    + "\"Right\". Rows and Keep accept the name of one of them as the first argument; no other rule does.",
                "Rows<Dictionary`2>(rows => rows) names the entity type \"Lift\", which is not in the model. Did you mean \"Left\"?",
                "Rows<Dictionary`2>(_ => context.Set<Dictionary<string, object>>(\"Right\")) returns other rows than those of Left "
                    + "(Dictionary<string, object>) that it receives. Use operators that select from these rows, such as Where, OrderBy "
                    + "and Take.",
            ],
            Lines(await ScopeReading.RefusalAsync(
                Engine.Sqlite,
                options => options
                    .Rows<Dictionary<string, object>>(rows => rows)
                    .Rows<Dictionary<string, object>>("Lift", rows => rows)
                    .Rows<Dictionary<string, object>>("Left", _ => context.Set<Dictionary<string, object>>("Right")),
                context)));
    }

    [Fact]
    public async Task Rows_of_a_table_that_is_excluded_or_differs_from_the_model_are_refused()
    {
        string[] lines = Lines(await RefusalAsync(
            options => options.Exclude<Topic>().Rows<Topic>(t => t.Id > 1).Rows<Customer>(c => c.Id > 1),
            "ALTER TABLE \"Customers\" DROP COLUMN \"Name\""));

        Assert.Equal(
            "Rows<Topic>(t => t.Id > 1) names rows of \"Topics\" (entity type Topic), but the table is excluded, so all of its rows stay. "
                + "Remove the exclusion or this call.",
            lines[0]);
        Assert.StartsWith(
            "Rows<Customer>(c => c.Id > 1) names rows of \"Customers\" (entity type Customer), but the table is skipped: \"Customers\" "
                + "differs from the model: column \"Name\" (TEXT) is missing.",
            lines[1],
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task References_that_are_none_are_refused_with_advice()
    {
        Assert.Equal(
            [
                "OnReference<Customer>(c => c.Topics, Block): \"Topics\" of Customer is a many-to-many relationship, whose rows are those "
                    + "of the join entity type CustomerTopic. Name the reference of that type.",
                "OnReference<Customer>(c => c.Notes, Block): \"Notes\" of Customer is on the principal side. Name the reference from the "
                    + "dependent side: OnReference<CustomerNotes>(row => row.Id, ...).",
                "OnReference<Customer>(c => c.Name, Block): \"Name\" of Customer is part of no foreign key. Name the navigation to the "
                    + "principal, or a property of the foreign key.",
                "OnReference<Customer>(c => c.Name.Length, Block) names no property of Customer. Name the navigation to the principal, or "
                    + "a property of the foreign key.",
                "Reference<Customer, Topic>(c => c.Name): \"Name\" is stored as TEXT and the key of Topic as INTEGER, so that the two "
                    + "cannot be compared. Name a property of the same type.",
                "RemoveOrphans<HomeAddress>() names HomeAddress, which is owned: its rows are deleted with their owners. Name the owner "
                    + "(Customer).",
            ],
            Lines(await RefusalAsync(options => options
                .Rows<Topic>(t => t.Id > 1)
                .OnReference<Customer>(c => c.Topics, ReferenceAction.Block)
                .OnReference<Customer>(c => c.Notes, ReferenceAction.Block)
                .OnReference<Customer>(c => c.Name, ReferenceAction.Block)
                .OnReference<Customer>(c => c.Name.Length, ReferenceAction.Block)
                .RemoveOrphans<HomeAddress>()
                .Reference<Customer, Topic>(c => c.Name))));
    }

    [Fact]
    public async Task A_query_for_an_interface_returns_the_rows_that_it_receives()
    {
        await using TestDatabase database = SqliteTestDatabase.Create();
        await RowShop.Tenants.CreateAsync(database, TestContext.Current.CancellationToken);
        await using ScenarioContext context = RowShop.Tenants.CreateContext(database);

        string[] lines = Lines(await ScopeReading.RefusalAsync(
            Engine.Sqlite,
            options => options
                .Rows<IHasTenant>(_ => context.Set<Visit>())
                .Rows<IHasTenant>(rows => rows.Where(row => row.TenantKey == 1).Union(rows).OrderBy(row => row.TenantKey)),
            context));

        Assert.Equal(
            "Rows<IHasTenant>(_ => context.Set<Visit>()) returns other rows than those of Badge that it receives. Use operators that "
                + "select from these rows, such as Where, OrderBy and Take.",
            Assert.Single(lines));
    }

    [Fact]
    public async Task A_value_that_fails_is_not_called_a_query_that_cannot_be_translated_and_is_not_shown()
    {
        string value = "jane@example.com";

        string message = await RefusalAsync(options => options.Rows<Customer>(c => c.Id == int.Parse(value, CultureInfo.InvariantCulture)));

        Assert.Contains(
            "cannot be evaluated: its code failed with FormatException. Check the values that it uses.",
            message,
            StringComparison.Ordinal);
        Assert.DoesNotContain("jane", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_query_of_another_context_is_refused()
    {
        await using TestDatabase database = SqliteTestDatabase.Create();
        await RowShop.Tenants.CreateAsync(database, TestContext.Current.CancellationToken);
        await using ScenarioContext context = RowShop.Tenants.CreateContext(database);
        await using ScenarioContext other = RowShop.Tenants.CreateContext(database);

        string message = await ScopeReading.RefusalAsync(
            Engine.Sqlite,
            options => options.Rows<Badge>(badges => badges.Where(badge => other.Set<Visit>().Any(visit => visit.Id == badge.Id))),
            context);

        Assert.Contains("cannot be translated to SQL for Badge: Cannot use multiple context instances", message, StringComparison.Ordinal);
    }

    private static bool IsOdd(string name) => name.Length % 2 == 1;

    private static Customer Same(Customer customer) => customer;

    private static string[] Lines(string message) => message.Split(Environment.NewLine);

    private static async Task<string> RefusalAsync(Action<PurgeOptions> configure, string? sql = null)
    {
        await using TestDatabase database = SqliteTestDatabase.Create();
        await RowRefusalModels.Model.CreateAsync(database, TestContext.Current.CancellationToken);
        await database.ExecuteAsync(
            "CREATE VIEW \"CustomerNames\" AS SELECT \"Id\" FROM \"Customers\"",
            TestContext.Current.CancellationToken);
        if (sql is not null)
        {
            await database.ExecuteAsync(sql, TestContext.Current.CancellationToken);
        }

        await using ScenarioContext context = RowRefusalModels.Model.CreateContext(database);
        return await ScopeReading.RefusalAsync(Engine.Sqlite, configure, context);
    }

    private sealed class Costumer;
}
