using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.RowScopes;

/// <summary>A row of any table of these tests; what its columns reference is up to the model.</summary>
public abstract class Row
{
    public int Id { get; set; }

    public int? ParentId { get; set; }

    public int? OtherId { get; set; }

    public string? Code { get; set; }

    public bool Marked { get; set; }
}

public sealed class A : Row;

public sealed class B : Row;

public sealed class C : Row;

public sealed class D : Row;

/// <summary>A database with tables A to D, whose references a test declares.</summary>
public sealed class RowScenario : IAsyncDisposable
{
    private readonly Engine _engine;

    private readonly Action<ModelBuilder> _model;

    private RowScenario(Engine engine, TestDatabase database, Action<ModelBuilder> model)
        => (_engine, _model, Database, Context) = (engine, model, database, new ScenarioContext(database, model));

    public TestDatabase Database { get; }

    public ScenarioContext Context { get; }

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public static async Task<RowScenario> CreateAsync(Engine engine, Action<ModelBuilder> references, string rows)
    {
        TestDatabase database = await engine.CreateDatabaseAsync();
        var scenario = new RowScenario(engine, database, model =>
        {
            Tables(model);
            references(model);
        });
        await scenario.Context.CreateTablesAsync(CancellationToken);
        await scenario.InsertAsync(rows);
        return scenario;
    }

    /// <summary>Maps the tables, without references.</summary>
    public static void Tables(ModelBuilder model)
    {
        Table<A>(model);
        Table<B>(model);
        Table<C>(model);
        Table<D>(model);
    }

    /// <summary>Adds rows in any order, such as <c>A 1! 2 B 1>1/7</c>: table, key and mark, parent, other.</summary>
    public Task InsertAsync(string rows) => Database.ExecuteUncheckedAsync(Insert(Database, rows), CancellationToken);

    /// <summary>Deletes all rows.</summary>
    public Task ClearAsync()
        => Database.ExecuteUncheckedAsync("DELETE FROM \"D\"; DELETE FROM \"C\"; DELETE FROM \"B\"; DELETE FROM \"A\"", CancellationToken);

    /// <summary>A further context, which a hook listens to.</summary>
    public ScenarioContext CreateContext(CommandHook hook, Action<DbContextOptionsBuilder>? configure = null)
        => new(Database, _model, options =>
        {
            options.AddInterceptors(hook);
            configure?.Invoke(options);
        });

    /// <summary>A required reference of a column that the model does not let be NULL.</summary>
    public static void Required<TRow, TPrincipal>(ModelBuilder model, string column, DeleteBehavior behavior)
        where TRow : Row
        where TPrincipal : Row
    {
        model.Entity<TRow>().HasOne<TPrincipal>().WithMany().HasForeignKey(column).OnDelete(behavior).IsRequired();
        model.Entity<TRow>().Property(column).IsRequired();
    }

    /// <summary>A reference of a column that accepts NULL.</summary>
    public static void Optional<TRow, TPrincipal>(ModelBuilder model, string column, DeleteBehavior behavior)
        where TRow : Row
        where TPrincipal : Row
        => model.Entity<TRow>().HasOne<TPrincipal>().WithMany().HasForeignKey(column).OnDelete(behavior).IsRequired(false);

    /// <summary>Plans and runs; the plan is written as JSON in between, and must change nothing.</summary>
    public async Task<(PurgePlan Plan, PurgeReport Report)> PurgeAsync(Action<PurgeOptions> configure)
    {
        Purger purger = _engine.Purger(configure);
        string before = await Database.ChecksumAsync(CancellationToken);
        PurgePlan plan = await purger.PlanAsync(Context, CancellationToken);
        Assert.Equal(before, await Database.ChecksumAsync(CancellationToken));
        PurgeReport report = await purger.ExecuteAsync(Context, PurgePlan.FromJson(plan.ToJson()), cancellationToken: CancellationToken);
        Assert.Equal(report.ToJson(), PurgeReport.FromJson(report.ToJson()).ToJson());
        foreach (PlanTable table in plan.Tables)
        {
            Assert.Equal(table.Rows, report.Tables.Single(other => other.Table == table.Table).RowsDeleted);
        }

        return (plan, report);
    }

    /// <summary>The keys that are left in a table, in order.</summary>
    public Task<string> KeysAsync(string table) => ValuesAsync($"SELECT \"Id\" FROM \"{table}\" ORDER BY \"Id\"");

    /// <summary>The values of a query's first column, in order.</summary>
    public async Task<string> ValuesAsync(string query)
    {
        List<string> values = [];
        await using var connection = await Database.OpenConnectionAsync(CancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = query;
        await using var reader = await command.ExecuteReaderAsync(CancellationToken);
        while (await reader.ReadAsync(CancellationToken))
        {
            values.Add(reader.IsDBNull(0) ? "-" : Convert.ToString(reader.GetValue(0), System.Globalization.CultureInfo.InvariantCulture)!);
        }

        return string.Join(" ", values);
    }

    public async ValueTask DisposeAsync()
    {
        await Context.DisposeAsync();
        await Database.DisposeAsync();
    }

    private static string Insert(TestDatabase database, string rows)
    {
        List<string> statements = [];
        string table = string.Empty;
        foreach (string word in rows.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (char.IsLetter(word[0]))
            {
                table = word;
                continue;
            }

            string[] other = word.Split('/');
            string[] parent = other[0].Split('>');
            string key = parent[0].TrimEnd('!');
            string marked = database.Pick(sqlite: "1", postgreSql: "TRUE", mariaDb: "1", sqlServer: "1");
            string unmarked = database.Pick(sqlite: "0", postgreSql: "FALSE", mariaDb: "0", sqlServer: "0");
            statements.Add(
                $"INSERT INTO \"{table}\" (\"Id\", \"ParentId\", \"OtherId\", \"Code\", \"Marked\") VALUES ({key}, "
                    + $"{(parent.Length > 1 ? parent[1] : "NULL")}, {(other.Length > 1 ? other[1] : "NULL")}, 'c{key}', "
                    + $"{(parent[0].EndsWith('!') ? marked : unmarked)})");
        }

        return string.Join(";\n", statements);
    }

    private static void Table<T>(ModelBuilder model)
        where T : Row
        => model.Entity<T>(entity =>
        {
            entity.ToTable(typeof(T).Name);
            entity.Property(row => row.Id).ValueGeneratedNever();
            entity.Property(row => row.Code).HasMaxLength(40);
        });
}
