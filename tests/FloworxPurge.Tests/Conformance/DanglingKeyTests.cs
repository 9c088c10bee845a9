using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance;

/// <summary>Drift that only SQLite allows: a foreign key to a table that is not there.</summary>
public sealed class SqliteDanglingKeyTests() : ConformanceGroup(Engine.Sqlite)
{
    [Theory]
    [InlineData(DriftTolerance.Standard, "")]
    [InlineData(DriftTolerance.Lenient, "")]
    [InlineData(DriftTolerance.Standard, "CREATE VIEW countries AS SELECT 1 AS \"Id\", 'x' AS \"Name\";")]
    public async Task A_table_whose_foreign_key_points_at_no_table_is_skipped_since_the_engine_refuses_to_delete_its_rows(
        DriftTolerance tolerance,
        string countries)
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Shop.CreateAsync(database, CancellationToken, ("countries", countries));
        await using ScenarioContext context = Shop.CreateContext(database);
        string before = await Shop.ContentAsync(database, CancellationToken, "customers");

        PurgeReport report = await PurgeAsync(context, options => options.DriftTolerance = tolerance);

        PlanTable skip = Skip(report, "customers");
        Assert.Equal(PlanReason.PrincipalMissing, skip.Reason);
        Assert.Contains(
            "foreign key customers(CountryId) -> countries(Id) references a table that does not exist",
            skip.Explanation,
            StringComparison.Ordinal);
        Assert.Equal(PurgeVerdict.CompleteWithSkips, report.Verdict);
        Assert.Equal(before, await Shop.ContentAsync(database, CancellationToken, "customers"));
        await AssertEmptyAsync(database, "orders", "logs");
    }

    [Fact]
    public async Task A_foreign_key_to_a_missing_table_does_not_matter_where_foreign_keys_are_not_enforced()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Shop.CreateAsync(database, CancellationToken, ("countries", ""));
        await using ScenarioContext context = Shop.CreateContext(database);
        await context.Database.OpenConnectionAsync(CancellationToken);
        await context.Database.ExecuteSqlRawAsync("PRAGMA foreign_keys = OFF", CancellationToken);

        PurgeReport report = await PurgeAsync(context);

        Assert.Equal(PlanReason.TableMissing, Assert.Single(report.Skips).Reason);
        await AssertEmptyAsync(database, "customers", "orders", "logs");
    }
}

/// <summary>
/// SQLite accepts a foreign key to columns that are no key, and then refuses every delete on both of its sides, rows or no rows.
/// </summary>
public sealed class SqliteMismatchedKeyTests() : ConformanceGroup(Engine.Sqlite)
{
    [Theory]
    [InlineData("INSERT INTO p VALUES (1, 'x', 'y')")]
    [InlineData("")]
    [InlineData("CREATE UNIQUE INDEX u ON p (code) WHERE part IS NULL")]
    [InlineData("CREATE UNIQUE INDEX u ON p (code, part)")]
    [InlineData("CREATE INDEX u ON p (code)")]
    public async Task Both_tables_of_a_foreign_key_to_columns_that_are_no_key_are_skipped(string more)
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await database.ExecuteAsync(
            Tables("FOREIGN KEY (code) REFERENCES p (code)") + "INSERT INTO z VALUES (1);" + more,
            CancellationToken);
        await using ScenarioContext context = CreateContext(database);

        PurgeReport report = await PurgeAsync(context);

        Assert.Equal(PurgeVerdict.CompleteWithSkips, report.Verdict);
        Assert.Equal(["c", "p"], report.Skips.Select(skip => skip.Table.Name));
        Assert.All(report.Skips, skip =>
        {
            Assert.Equal(PlanReason.PrincipalKeyMissing, skip.Reason);
            Assert.Equal(
                $"\"{skip.Table.Name}\" cannot be emptied: foreign key c(code) -> p(code) references columns that are neither the primary "
                    + $"key nor unique, so the engine refuses to delete rows. Create the table or the unique index that is missing there, "
                    + $"or drop that foreign key.",
                skip.Explanation);
        });
        await AssertEmptyAsync(database, "z");
    }

    [Theory]
    [InlineData("FOREIGN KEY (code) REFERENCES p (code)", "CREATE UNIQUE INDEX u ON p (code)")]
    [InlineData("FOREIGN KEY (code, part) REFERENCES P (part, CODE)", "CREATE UNIQUE INDEX u ON p (code, part)")]
    [InlineData("FOREIGN KEY (code) REFERENCES p (Id)", "")]
    [InlineData("FOREIGN KEY (code) REFERENCES p", "")]
    public async Task A_foreign_key_to_any_key_of_its_principal_is_no_matter(string key, string index)
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await database.ExecuteAsync(Tables(key) + index, CancellationToken);
        await using ScenarioContext context = CreateContext(database);

        PurgeReport report = await PurgeAsync(context);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
    }

    [Theory]
    [InlineData("z INT NULL REFERENCES z (Id) ON DELETE CASCADE, FOREIGN KEY (code) REFERENCES p (code)", true)]
    [InlineData("z INT NULL REFERENCES z (Id) ON DELETE SET NULL, FOREIGN KEY (z) REFERENCES p (code)", true)]
    [InlineData("z INT NULL REFERENCES z (Id) ON DELETE SET NULL, FOREIGN KEY (code) REFERENCES p (code)", false)]
    [InlineData("z INT NULL REFERENCES z (Id) ON DELETE SET NULL, FOREIGN KEY (code) REFERENCES c (part)", true)]
    [InlineData("z INT NULL REFERENCES z (Id), FOREIGN KEY (code) REFERENCES p (code)", false)]
    public async Task A_table_is_skipped_when_its_delete_would_change_rows_that_the_engine_refuses_to_change(string keys, bool isSkipped)
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await database.ExecuteAsync(Tables(keys), CancellationToken);
        await using ScenarioContext context = CreateContext(database);

        PurgeReport report = await PurgeAsync(context);

        Assert.Equal(isSkipped, report.Skips.Any(skip => skip is { Table.Name: "z", Reason: PlanReason.PrincipalKeyMissing }));
        Assert.DoesNotContain(report.Tables, table => table.Table.Name is "c");
    }

    [Fact]
    public async Task A_dependent_with_such_a_foreign_key_is_not_included()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await database.ExecuteAsync(
            Tables("FOREIGN KEY (code) REFERENCES p (Id)") + "CREATE TABLE u (p INT REFERENCES p (Id), q TEXT REFERENCES c (code))",
            CancellationToken);
        await database.ExecuteUncheckedAsync(
            "INSERT INTO p VALUES (1, NULL, NULL); INSERT INTO z VALUES (1); INSERT INTO u VALUES (1, NULL)",
            CancellationToken);
        await using ScenarioContext context = CreateContext(database);

        PurgeReport report = await PurgeAsync(context, options => options.OnBlocked = OnBlocked.IncludeDependents);

        Assert.Equal(["c PrincipalKeyMissing", "p Blocked"], report.Skips.Select(skip => $"{skip.Table.Name} {skip.Reason}"));
        Assert.Equal(["u"], report.Kept.Select(kept => kept.Table.Name));
        await AssertEmptyAsync(database, "z");
    }

    private static string Tables(string keys)
        => $"CREATE TABLE p (Id INTEGER PRIMARY KEY, code TEXT NULL, part TEXT NULL); CREATE TABLE c (Id INTEGER PRIMARY KEY, code TEXT "
            + $"NULL, part TEXT NULL, {keys}); CREATE TABLE z (Id INTEGER PRIMARY KEY);";

    private static ScenarioContext CreateContext(TestDatabase database) => new(database, model =>
    {
        foreach (string table in (string[])["p", "c", "z"])
        {
            model.SharedTypeEntity<Dictionary<string, object>>(table, entity =>
            {
                entity.ToTable(table).IndexerProperty<int>("Id").ValueGeneratedNever();
                entity.HasKey("Id");
            });
        }
    });
}

/// <summary>The provider's scaffolding leaves a foreign key to a missing table out, so nothing is known about it before the run.</summary>
public sealed class AnsiDanglingKeyTests() : ConformanceGroup(Engine.Ansi)
{
    [Fact]
    public async Task A_foreign_key_to_a_missing_table_fails_the_run_and_nothing_is_written()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Shop.CreateAsync(database, CancellationToken, ("countries", ""));
        await using ScenarioContext context = Shop.CreateContext(database);
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => PurgeAsync(context));

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.Contains("countries", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }
}
