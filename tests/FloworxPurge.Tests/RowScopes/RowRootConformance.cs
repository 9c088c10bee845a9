using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Conformance.Models;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.RowScopes;

/// <summary>The rows that a query names are those that EF Core would return, and they are deleted whole.</summary>
public abstract class RowRootConformance(Engine engine) : ModelGroup(engine)
{
    [Theory]
    [InlineData("O'Hara", "1 3 4 5", 1)]
    [InlineData("' OR 1 = 1 --", "1 2 3 4 5", 0)]
    public async Task Scenario_1_a_captured_text_with_a_quote_stays_a_parameter(string name, string left, int rows)
    {
        (PurgeReport report, string people) = await PurgeAsync(RowShop.People, "People", options => options.Rows<Person>(p => p.Name == name));

        Assert.Equal((left, rows), (people, report.Scope!.Matched));
        Assert.DoesNotContain(name, report.Scope.Queries[0].Sql, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scenario_2_a_list_of_values_names_rows()
    {
        int[] ids = [2, 77];

        (PurgeReport report, string people) = await PurgeAsync(
            RowShop.People,
            "People",
            options => options.Rows<Person>(p => ids.Contains(p.Id)));

        Assert.Equal(("1 3 4 5", 4), (people, report.RowsDeleted));
    }

    [Fact]
    public async Task Scenario_3_a_query_filter_hides_rows_and_the_plan_says_how_many()
    {
        (PurgeReport report, string people) = await PurgeAsync(RowShop.People, "People", options => options.Rows<Person>(p => p.IsTest));

        Assert.Equal(("2 3 4 5", 1, 3), (people, report.Scope!.Matched, report.Scope.Queries[0].Hidden));
    }

    [Fact]
    public async Task Scenario_4_one_named_filter_is_ignored_and_the_other_applies()
    {
        (PurgeReport report, string people) = await PurgeAsync(
            RowShop.People,
            "People",
            options => options.Rows<Person>(rows => rows.IgnoreQueryFilters(["tenant"]).Where(p => p.IsTest)));

        Assert.Equal(("2 3 5", 2, 2), (people, report.Scope!.Matched, report.Scope.Queries[0].Hidden));
    }

    [Fact]
    public async Task Scenario_5_a_type_of_a_hierarchy_in_one_table_leaves_its_siblings()
    {
        (PurgeReport report, string animals) = await PurgeAsync(
            InheritanceModels.TablePerHierarchy,
            "Animals",
            options => options.Rows<Dog>(dog => dog.Breed == "Boxer"));

        Assert.Equal(("3 4", 2, 4), (animals, report.Scope!.Matched, report.RowsDeleted));
    }

    [Fact]
    public async Task Scenario_6_a_derived_type_is_deleted_with_its_row_in_the_base_table()
    {
        (PurgeReport report, string animals) = await PurgeAsync(
            InheritanceModels.TablePerType,
            "Animals",
            options => options.Rows<Puppy>(puppy => puppy.Weeks == 9),
            ("Dogs", "1"),
            ("Puppies", ""),
            ("Cats", "3 4"));

        Assert.Equal(("1 3 4", 1, 4), (animals, report.Scope!.Matched, report.RowsDeleted));
    }

    [Fact]
    public async Task Scenario_7_a_base_type_with_a_table_for_each_concrete_type_is_deleted_from_each()
    {
        (PurgeReport report, string dogs) = await PurgeAsync(
            InheritanceModels.TablePerConcreteType,
            "Dogs",
            options => options.Rows<Animal>(animal => animal.Id == 1 || animal.Id == 2 || animal.Id == 4),
            ("Puppies", ""),
            ("Cats", "3"),
            ("Walks", ""));

        Assert.Equal(("", 3, 5), (dogs, report.Scope!.Matched, report.RowsDeleted));
    }

    [Fact]
    public async Task Scenario_8_an_entity_that_is_split_over_two_tables_is_deleted_from_both()
    {
        ModelCase split = new(RowReferenceModels.SplitEntity.Build)
        {
            Rows = () => [new Split { Id = 1, Second = "x" }, new Split { Id = 2, Second = "y" }],
        };

        (PurgeReport report, string firsts) = await PurgeAsync(
            split,
            "Firsts",
            options => options.Rows<Split>(row => row.Second == "x"),
            ("Seconds", "2"));

        Assert.Equal(("2", 1, 2), (firsts, report.Scope!.Matched, report.RowsDeleted));
    }

    [Fact]
    public async Task Scenario_9_a_composite_key_that_a_query_returns_several_times_is_deleted_once()
    {
        await using TestDatabase database = await CreateAsync(RowShop.People);
        await using ScenarioContext context = RowShop.People.CreateContext(database);

        PurgeReport report = await PurgeAsync(
            context,
            options => options.Rows<Position>(rows => rows.SelectMany(position => position.Purchase!.Positions)));

        Assert.Equal((6, 6, 6), (report.Scope!.Matched, report.Scope.Queries[0].Rows, report.RowsDeleted));
        await AssertEmptyAsync(database, "Positions");
    }

    [Fact]
    public async Task Scenario_10_the_first_rows_of_an_order_are_the_same_in_the_plan_and_in_the_run()
    {
        await using TestDatabase database = await CreateAsync(RowShop.People);
        await using ScenarioContext context = RowShop.People.CreateContext(database);
        Purger purger = Engine.Purger(options => options.Rows<Purchase>(rows => rows.OrderByDescending(row => row.Id).Take(2)));

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Equal((2, 2, 6), (plan.Scope!.Matched, report.Scope!.Matched, report.RowsDeleted));
        Assert.Equal("1", await KeysAsync(database, "Purchases"));
    }

    [Fact]
    public async Task Scenario_11_a_query_that_returns_other_things_than_rows_is_refused_by_name()
    {
        await using TestDatabase database = await CreateAsync(RowShop.People);
        await using ScenarioContext context = RowShop.People.CreateContext(database);
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => PurgeAsync(
            context,
            options => options
                .Rows<Person>(people => people.Select(p => new Person { Id = p.Id }))
                .Rows<Person>(p => p.Name.GetHashCode(StringComparison.Ordinal) == 7)
                .Rows<IDisposable>(row => true)));

        Assert.Equal(3, refused.Message.Split(Environment.NewLine).Length);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    private async Task<(PurgeReport Report, string Keys)> PurgeAsync(
        ModelCase model,
        string table,
        Action<PurgeOptions> configure,
        params (string Table, string Keys)[] others)
    {
        await using TestDatabase database = await CreateAsync(model);
        await using ScenarioContext context = model.CreateContext(database);
        PurgeReport report = await PurgeAsync(context, configure);
        foreach ((string other, string keys) in others)
        {
            Assert.Equal((other, keys), (other, await KeysAsync(database, other)));
        }

        return (report, await KeysAsync(database, table));
    }

    private static async Task<string> KeysAsync(TestDatabase database, string table)
    {
        List<string> keys = [];
        await using var connection = await database.OpenConnectionAsync(CancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT \"Id\" FROM \"{table}\" ORDER BY \"Id\"";
        await using var reader = await command.ExecuteReaderAsync(CancellationToken);
        while (await reader.ReadAsync(CancellationToken))
        {
            keys.Add(Convert.ToString(reader.GetValue(0), System.Globalization.CultureInfo.InvariantCulture)!);
        }

        return string.Join(" ", keys);
    }
}

public sealed class SqliteRowRootConformance() : RowRootConformance(Engine.Sqlite);

public sealed class PostgreSqlRowRootConformance() : RowRootConformance(Engine.PostgreSql);

public sealed class MariaDbRowRootConformance() : RowRootConformance(Engine.MariaDb);
