using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.RowScopes;

/// <summary>Rows that only deleted rows referenced go with them, where that is asked for.</summary>
public abstract class RowOrphanConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task Scenario_26_an_orphan_that_is_shared_stays_and_one_that_is_not_is_deleted_two_levels_up()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model =>
            {
                Optional<A, B>(model, nameof(Row.ParentId), DeleteBehavior.Restrict);
                Optional<B, C>(model, nameof(Row.ParentId), DeleteBehavior.Restrict);
            },
            "A 1!>1 2!>2 3>2 4!>3 B 1>1 2>2 3>3 4>3 C 1 2 3");

        (PurgePlan plan, PurgeReport report) = await scenario.PurgeAsync(
            options => options.Rows<A>(a => a.Marked).RemoveOrphans<B>().RemoveOrphans<C>());

        Assert.Equal("3 | 2 4 | 2 3", await KeysAsync(scenario, "A", "B", "C"));
        Assert.Equal((3, 6), (plan.Scope!.Matched, report.RowsDeleted));
    }

    [Fact]
    public async Task An_orphan_that_is_deleted_blocks_nothing()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model =>
            {
                Optional<A, B>(model, nameof(Row.ParentId), DeleteBehavior.Restrict);
                Optional<B, C>(model, nameof(Row.ParentId), DeleteBehavior.Restrict);
            },
            "A 1!>1 2>2 B 1>1 2>2 C 1! 2!");

        (PurgePlan plan, PurgeReport report) = await scenario.PurgeAsync(
            options => options.Rows<A>(a => a.Marked).Rows<C>(c => c.Marked).RemoveOrphans<B>());

        Assert.Equal("2 | 2 | 2", await KeysAsync(scenario, "A", "B", "C"));
        Assert.Equal((3, 1, 3), (plan.Scope!.Matched, plan.Scope.BlockedRows, report.RowsDeleted));
    }

    [Fact]
    public async Task Orphans_that_reference_each_other_stay_and_are_reported()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model =>
            {
                Optional<A, B>(model, nameof(Row.ParentId), DeleteBehavior.Restrict);
                Optional<B, B>(model, nameof(Row.OtherId), DeleteBehavior.Restrict);
            },
            "A 1!>1 2!>3 3!>5 4>6 B 1/2 2/1 3/4 4 5 6/6");

        (PurgePlan plan, PurgeReport report) = await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked).RemoveOrphans<B>());

        Assert.Equal("4 | 1 2 6", await KeysAsync(scenario, "A", "B"));
        Assert.Equal(6, report.RowsDeleted);
        PlanNote note = Assert.Single(plan.Notes, note => note.Text.Contains("orphans", StringComparison.Ordinal));
        Assert.Equal(("B", LogLevel.Information), (note.Table?.Name, note.Grade));
        Assert.StartsWith(
            "1 row that deleted rows reference stays, since rows that stay reference it. Some of these may be orphans, too",
            note.Text,
            StringComparison.Ordinal);
        Assert.Contains("B(OtherId)", note.Text, StringComparison.Ordinal);
        Assert.Contains(note.Text, report.Notes.Select(other => other.Text));
    }

    [Fact]
    public async Task An_orphan_goes_with_the_rows_that_it_owns()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using ScenarioContext context = await CreateOwnersAsync(database);
        context.Add(new Customer { Id = 4, AddressId = 2 });
        await context.SaveChangesAsync(CancellationToken);

        Purger purger = Engine.Purger(options => options.Rows<Customer>(customer => customer.Id <= 2).RemoveOrphans<Address>());
        PurgeReport report = await purger.ExecuteAsync(
            context,
            await purger.PlanAsync(context, CancellationToken),
            cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 7), (report.Verdict, report.RowsDeleted));
        context.ChangeTracker.Clear();
        List<Address> left = await context.Set<Address>().OrderBy(address => address.Id).ToListAsync(CancellationToken);
        Assert.Equal([2, 3], left.Select(address => address.Id));
        Assert.Equal([2, 2], left.Select(address => address.Lines.Sum(line => line.Words.Count)));
    }

    [Theory]
    [InlineData("Lines", "CASCADE")]
    [InlineData("Words", "CASCADE")]
    [InlineData("Words", "NO ACTION")]
    public async Task An_orphan_stays_while_a_row_that_it_owns_is_referenced(string table, string action)
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using ScenarioContext context = await CreateOwnersAsync(database);
        await database.ExecuteAsync(
            $"CREATE TABLE \"Notes\" (\"Id\" int NOT NULL PRIMARY KEY, \"Of\" int NOT NULL, "
                + $"FOREIGN KEY (\"Of\") REFERENCES \"{table}\" (\"Id\") ON DELETE {action}); INSERT INTO \"Notes\" VALUES (1, 1)",
            CancellationToken);
        context.ChangeTracker.Clear();

        Purger purger = Engine.Purger(options => options.Rows<Customer>(customer => customer.Id <= 2).RemoveOrphans<Address>());
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 7), (report.Verdict, report.RowsDeleted));
        Assert.Equal([1, 3], await context.Set<Address>().Select(address => address.Id).OrderBy(id => id).ToListAsync(CancellationToken));
        Assert.Equal(1, await database.CountAsync("Notes", cancellationToken: CancellationToken));
    }

    // Three customers with an address of two lines each, of which the first has two words.
    private static async Task<ScenarioContext> CreateOwnersAsync(TestDatabase database)
    {
        var context = new ScenarioContext(database, model =>
        {
            model.Entity<Customer>().ToTable("Customers").Property(one => one.Id).ValueGeneratedNever();
            model.Entity<Address>(address =>
            {
                address.ToTable("Addresses").Property(one => one.Id).ValueGeneratedNever();
                address.OwnsMany(one => one.Lines, line =>
                {
                    line.ToTable("Lines").HasKey(one => one.Id);
                    line.Property(one => one.Id).ValueGeneratedNever();
                    line.OwnsMany(one => one.Words, word =>
                    {
                        word.ToTable("Words").HasKey(one => one.Id);
                        word.Property(one => one.Id).ValueGeneratedNever();
                    });
                });
            });
        });
        await context.CreateTablesAsync(CancellationToken);
        foreach (int number in Enumerable.Range(1, 3))
        {
            var words = new Line { Id = number, Words = [new Word { Id = number }, new Word { Id = 10 + number }] };
            var address = new Address { Id = number, Lines = [words, new Line { Id = 10 + number }] };
            context.Add(new Customer { Id = number, Address = address });
        }

        await context.SaveChangesAsync(CancellationToken);
        return context;
    }

    private static async Task<string> KeysAsync(RowScenario scenario, params string[] tables)
    {
        List<string> keys = [];
        foreach (string table in tables)
        {
            keys.Add(await scenario.KeysAsync(table));
        }

        return string.Join(" | ", keys);
    }

    private sealed class Customer
    {
        public int Id { get; set; }

        public int AddressId { get; set; }

        public Address? Address { get; set; }
    }

    private sealed class Address
    {
        public int Id { get; set; }

        public List<Line> Lines { get; set; } = [];
    }

    private sealed class Line
    {
        public int Id { get; set; }

        public List<Word> Words { get; set; } = [];
    }

    private sealed class Word
    {
        public int Id { get; set; }
    }
}

public sealed class SqliteRowOrphanConformance() : RowOrphanConformance(Engine.Sqlite);

public sealed class PostgreSqlRowOrphanConformance() : RowOrphanConformance(Engine.PostgreSql);

public sealed class MariaDbRowOrphanConformance() : RowOrphanConformance(Engine.MariaDb);
