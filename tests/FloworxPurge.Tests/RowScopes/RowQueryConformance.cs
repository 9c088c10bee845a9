using FloworxPurge.Planning;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Conformance.Models;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.RowScopes;

/// <summary>A predicate or a query names the keys of the rows that EF Core would return.</summary>
public abstract class RowQueryConformance(Engine engine) : ModelGroup(engine)
{
    private static readonly string[] Hidden = ["hidden"];

    [Fact]
    public async Task A_captured_text_with_a_quote_stays_a_parameter()
    {
        string name = "O'Hara";
        await WithPeopleAsync(async (database, context) =>
        {
            RowQuery query = Assert.Single(await QueriesAsync(context, options => options.Rows<Person>(p => p.Name == name)));

            Assert.DoesNotContain("Hara", query.Command.Sql, StringComparison.Ordinal);
            Assert.Equal("O'Hara", Assert.Single(query.Command.Parameters).Value);
            Assert.Equal("Rows<Person>(p => p.Name == name)", query.Text);
            Assert.Equal((Name("People"), "Id", nameof(Person)), (query.Table, Assert.Single(query.KeyColumns), query.EntityType));
            Assert.Equal(64, query.Command.ParametersHash!.Length);
            Assert.Equal(["2"], await query.Command.KeysAsync(database));
            Assert.Equal(["2"], await query.Command.KeysAsync(database));
            Assert.Equal(["2"], await query.Command.KeysOfScriptAsync(database));
        });
    }

    [Fact]
    public async Task A_list_of_values_stays_parameters()
    {
        int[] ids = [2, 1, 77];
        await WithPeopleAsync(async (database, context) =>
        {
            RowQuery query = Assert.Single(await QueriesAsync(context, options => options.Rows<Person>(p => ids.Contains(p.Id))));

            Assert.NotEmpty(query.Command.Parameters);
            Assert.DoesNotContain("77", query.Command.Sql, StringComparison.Ordinal);
            Assert.Contains("77", query.Command.Script, StringComparison.Ordinal);
            Assert.Equal(["1", "2"], await query.Command.KeysAsync(database));
            Assert.Equal(["1", "2"], await query.Command.KeysAsync(database));
            Assert.Equal(["1", "2"], await query.Command.KeysOfScriptAsync(database));
        });
    }

    [Fact]
    public async Task Query_filters_hide_rows_from_a_delete_and_not_from_a_keep()
        => await WithPeopleAsync(async (database, context) =>
        {
            IReadOnlyList<RowQuery> queries = await QueriesAsync(
                context,
                options => options.Rows<Person>(p => p.IsTest).Keep<Person>(p => p.IsTest));

            Assert.Equal(["1"], await queries[0].Command.KeysAsync(database));
            Assert.Equal(["1", "3", "4", "5"], await queries[0].Unfiltered!.KeysAsync(database));
            Assert.Equal(["1", "3", "4", "5"], await queries[1].Command.KeysAsync(database));
            Assert.Null(queries[1].Unfiltered);
            Assert.Equal([false, true], queries.Select(query => query.Keeps));
        });

    [Fact]
    public async Task One_named_filter_is_ignored_and_the_other_applies()
        => await WithPeopleAsync(async (database, context) =>
        {
            IReadOnlyList<RowQuery> queries = await QueriesAsync(
                context,
                options => options
                    .Rows<Person>(people => people.IgnoreQueryFilters(Hidden).Where(p => p.IsTest))
                    .Rows<Person>(people => people.IgnoreQueryFilters().Where(p => p.IsTest))
                    .Rows<Position>(p => p.Number == 1));

            Assert.Equal(["1", "3"], await queries[0].Command.KeysAsync(database));
            Assert.Equal(["1", "3", "4", "5"], await queries[0].Unfiltered!.KeysAsync(database));
            Assert.Equal(["1", "3", "4", "5"], await queries[1].Command.KeysAsync(database));
            Assert.Null(queries[1].Unfiltered);
            Assert.Null(queries[2].Unfiltered);
        });

    [Fact]
    public async Task A_keep_ignores_a_filter_that_its_query_names()
        => await WithPeopleAsync(async (database, context) =>
        {
            RowQuery keep = (await QueriesAsync(
                context,
                options => options
                    .Rows<Person>(p => p.IsTest)
                    .Keep<Person>(people => people.IgnoreQueryFilters(Hidden).Where(p => p.IsTest))))[1];

            Assert.Equal(["1", "3", "4", "5"], await keep.Command.KeysAsync(database));
        });

    [Fact]
    public async Task An_interface_stands_for_every_entity_type_that_implements_it()
        => await WithPeopleAsync(async (database, context) =>
        {
            IReadOnlyList<RowQuery> queries = await QueriesAsync(
                context,
                options => options.Rows<IHasTenant>(x => x.TenantKey == 1).Rows<IHasTenant>(rows => rows.Where(x => x.TenantKey == 2)));

            Assert.Equal(["Badge", "Visit", "Badge", "Visit"], queries.Select(query => query.EntityType));
            Assert.Equal(["1"], await queries[0].Command.KeysAsync(database));
            Assert.Equal(["1", "2"], await queries[1].Command.KeysAsync(database));
            Assert.Equal(["2"], await queries[2].Command.KeysAsync(database));
            Assert.Equal(["3"], await queries[3].Command.KeysAsync(database));
        }, RowShop.Tenants);

    [Fact]
    public async Task An_excluded_table_is_no_part_of_an_interface()
        => await WithPeopleAsync(async (database, context) =>
        {
            RowQuery query = Assert.Single(await QueriesAsync(
                context,
                options => options.Rows<IHasTenant>(x => x.TenantKey == 1).Exclude<Visit>()));

            Assert.Equal("Badge", query.EntityType);
        }, RowShop.Tenants);

    [Fact]
    public async Task Of_several_contexts_the_first_one_with_the_table_has_the_query()
    {
        await using TestDatabase database = await CreateAsync(RowShop.People);
        await using ScenarioContext first = RowShop.People.CreateContext(database);
        await using ScenarioContext second = RowShop.WithoutFilters.CreateContext(database);

        RowScope scope = await ScopeReading.ReadAsync(Engine, options => options.Rows<Person>(p => p.IsTest), first, second);

        Assert.Equal(["1"], await Assert.Single(scope.Queries).Command.KeysAsync(database));

        scope = await ScopeReading.ReadAsync(Engine, options => options.Rows<Person>(p => p.IsTest), second, first);

        Assert.Equal(["1", "3", "4", "5"], await Assert.Single(scope.Queries).Command.KeysAsync(database));
        Assert.Null(scope.Queries[0].Unfiltered);
    }

    [Fact]
    public async Task Values_of_every_usual_type_are_parameters_and_literals_of_the_script()
        => await WithPeopleAsync(async (database, context) =>
        {
            DateTime day = new(2019, 2, 3, 4, 5, 6, DateTimeKind.Utc);
            DateTime local = new(2019, 2, 3, 4, 5, 6, DateTimeKind.Unspecified);
            DateOnly date = new(2019, 2, 3);
            Guid id = new("8d0b8a3e-2f60-4b6f-9a53-0a8a8ba6c001");
            decimal price = 12.5m;
            string? none = null;
            string odd = "it's @id -- \\ \"x\"";
            byte[] bytes = [1, 2, 255];
            void First(PurgeOptions options) => options.Rows<Sample>(
                s => s.Day == day && s.Date == date && s.Id == id && s.Price == price && s.Text == odd && s.Bytes == bytes);
            List<RowQuery> queries = [.. await QueriesAsync(context, First)];
            queries.AddRange(await QueriesAsync(context, options => options
                .Rows<Sample>(s => s.Local == local && s.None == none && s.Flag && s.Kind == SampleKind.Second)));

            foreach (RowQuery query in queries)
            {
                Assert.Equal([id.ToString()], (await query.Command.KeysAsync(database)).Select(key => key.ToLowerInvariant()));
                Assert.Equal([id.ToString()], (await query.Command.KeysOfScriptAsync(database)).Select(key => key.ToLowerInvariant()));
            }

            price = 13m;
            RowQuery other = Assert.Single(await QueriesAsync(context, First));
            Assert.Equal(queries[0].Command.Sql, other.Command.Sql);
            Assert.NotEqual(queries[0].Command.ParametersHash, other.Command.ParametersHash);
        }, RowShop.Samples);

    [Fact]
    public async Task A_composite_key_is_read_in_its_order_and_may_come_twice()
        => await WithPeopleAsync(async (database, context) =>
        {
            RowQuery query = Assert.Single(await QueriesAsync(
                context,
                options => options.Rows<Position>(all => all.Where(p => p.PurchaseId == 1).SelectMany(p => p.Purchase!.Positions))));

            Assert.Equal(["PurchaseId", "Number"], query.KeyColumns);
            Assert.Equal(["1/1", "1/1", "1/2", "1/2"], await query.Command.KeysAsync(database));
        });

    [Fact]
    public async Task A_navigation_that_is_null_names_no_row()
        => await WithPeopleAsync(async (database, context) =>
        {
            RowQuery query = Assert.Single(await QueriesAsync(
                context,
                options => options.Rows<Person>(people => people.Select(p => p.Manager!))));

            Assert.Equal(["1"], await query.Command.KeysAsync(database));
            Assert.Equal(["1", "2"], await query.Unfiltered!.KeysAsync(database));
        });

    [Fact]
    public async Task The_first_rows_of_an_order()
        => await WithPeopleAsync(async (database, context) =>
        {
            int count = 2;
            RowQuery query = Assert.Single(await QueriesAsync(
                context,
                options => options.Rows<Purchase>(all => all.OrderByDescending(p => p.Id).Take(count))));

            Assert.Equal(["2", "3"], await query.Command.KeysAsync(database));
            Assert.Equal(["2", "3"], await query.Command.KeysOfScriptAsync(database));
        });

    [Fact]
    public async Task A_type_of_a_hierarchy_in_one_table_leaves_its_siblings()
        => await WithPeopleAsync(async (database, context) =>
        {
            RowQuery query = Assert.Single(await QueriesAsync(context, options => options.Rows<Dog>(dog => dog.Breed == "Boxer")));

            Assert.Equal((Name("Animals"), "Dog"), (query.Table, query.EntityType));
            Assert.Equal(["1", "2"], await query.Command.KeysAsync(database));
        }, InheritanceModels.TablePerHierarchy);

    [Fact]
    public async Task A_type_of_a_hierarchy_with_a_table_for_each_type_begins_in_the_base_table()
        => await WithPeopleAsync(async (database, context) =>
        {
            RowQuery query = Assert.Single(await QueriesAsync(context, options => options.Rows<Dog>(dog => dog.Breed == "Boxer")));

            Assert.Equal(Name("Animals"), query.Table);
            Assert.Equal(["1", "2"], await query.Command.KeysAsync(database));
        }, InheritanceModels.TablePerType);

    [Fact]
    public async Task A_hierarchy_with_a_table_for_each_concrete_type_has_a_query_for_each()
        => await WithPeopleAsync(async (database, context) =>
        {
            IReadOnlyList<RowQuery> queries = await QueriesAsync(context, options => options.Rows<Animal>(animal => animal.Id > 1));

            Assert.Equal([Name("Cats"), Name("Dogs"), Name("Puppies")], queries.Select(query => query.Table).Order());
            foreach (RowQuery query in queries)
            {
                string[] expected = query.EntityType switch { "Cat" => ["3", "4"], "Puppy" => ["2"], _ => [] };
                Assert.Equal(expected, await query.Command.KeysAsync(database));
            }
        }, InheritanceModels.TablePerConcreteType);

    [Fact]
    public async Task A_query_over_an_entity_type_that_shares_its_class()
        => await WithPeopleAsync(async (database, context) =>
        {
            RowQuery query = Assert.Single(await QueriesAsync(
                context,
                options => options.Rows<Dictionary<string, object>>("Left", rows => rows.Where(row => EF.Property<int>(row, "Id") > 1))));

            Assert.Equal(Name("Lefts"), query.Table);
            Assert.Equal(["2"], await query.Command.KeysAsync(database));
        }, RowShop.Shared);

    private async Task WithPeopleAsync(Func<TestDatabase, DbContext, Task> test, ModelCase? model = null)
    {
        model ??= RowShop.People;
        await using TestDatabase database = await CreateAsync(model);
        await using ScenarioContext context = model.CreateContext(database);
        await test(database, context);
    }

    private async Task<IReadOnlyList<RowQuery>> QueriesAsync(DbContext context, Action<PurgeOptions> configure)
        => (await ScopeReading.ReadAsync(Engine, configure, context)).Queries;
}

public sealed class SqliteRowQueryConformance() : RowQueryConformance(Engine.Sqlite);

public sealed class PostgreSqlRowQueryConformance() : RowQueryConformance(Engine.PostgreSql);

public sealed class MariaDbRowQueryConformance() : RowQueryConformance(Engine.MariaDb);
