using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Conformance;

/// <summary>A table that is not what the model says is skipped with the reason; its rows stay, and all other tables are purged.</summary>
public abstract class DriftConformance(Engine engine) : ConformanceGroup(engine)
{
    private const string UnboundOrders =
        "CREATE TABLE orders (\"Id\" integer NOT NULL PRIMARY KEY, \"CustomerId\" integer NOT NULL); INSERT INTO orders VALUES (1, 3), "
            + "(2, 1), (3, 2);";

    [Fact]
    public async Task A_missing_table_is_skipped_and_named()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Shop.CreateAsync(database, CancellationToken, ("logs", ""));

        PurgeReport report = await PurgeShopAsync(database);

        PlanTable skip = Assert.Single(report.Skips);
        Assert.Equal(PlanReason.TableMissing, skip.Reason);
        Assert.Equal(Name("logs"), skip.Table);
        Assert.Equal($"Table {Name("logs").ToQuotedString()} does not exist in the database.", skip.Explanation);
        Assert.Equal(["Log"], skip.EntityTypes);
        Assert.Equal(PurgeVerdict.CompleteWithSkips, report.Verdict);
        Assert.Equal(9, report.RowsDeleted);
        await AssertEmptyAsync(database, "countries", "customers", "orders");
    }

    [Fact]
    public async Task A_missing_dependent_does_not_stop_the_purge_of_its_principals()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Shop.CreateAsync(database, CancellationToken, ("orders", ""));

        PurgeReport report = await PurgeShopAsync(database);

        Assert.Equal(PlanReason.TableMissing, Assert.Single(report.Skips).Reason);
        await AssertEmptyAsync(database, "countries", "customers", "logs");
    }

    [Fact]
    public async Task A_missing_principal_does_not_stop_the_purge_of_its_dependents()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Shop.CreateAsync(
            database,
            CancellationToken,
            ("countries", ""),
            ("customers", Shop.Customers(country: "\"CountryId\" integer NULL")));

        PurgeReport report = await PurgeShopAsync(database);

        Assert.Equal(PlanReason.TableMissing, Assert.Single(report.Skips).Reason);
        Assert.Equal(PurgeVerdict.CompleteWithSkips, report.Verdict);
        await AssertEmptyAsync(database, "customers", "orders", "logs");
    }

    [Fact]
    public async Task A_view_under_the_name_of_a_table_is_skipped_and_its_source_keeps_its_rows()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Shop.CreateAsync(database, CancellationToken, ("logs", """
            CREATE TABLE real_logs ("Id" integer NOT NULL PRIMARY KEY, "Text" text NULL);
            INSERT INTO real_logs VALUES (1, 'one'), (2, 'two');
            CREATE VIEW logs AS SELECT * FROM real_logs;
            """));
        string before = await Shop.ContentAsync(database, CancellationToken, "real_logs");

        PurgeReport report = await PurgeShopAsync(database);

        PlanTable skip = Assert.Single(report.Skips);
        Assert.Equal(PlanReason.NotATable, skip.Reason);
        Assert.Equal($"{Name("logs").ToQuotedString()} is a view in the database, and a table in the model.", skip.Explanation);
        Assert.Equal(before, await Shop.ContentAsync(database, CancellationToken, "real_logs"));
        await AssertEmptyAsync(database, "countries", "customers", "orders");
    }

    [Fact]
    public Task A_table_without_a_mapped_column_is_skipped()
        => AssertCustomersAreSkippedAsync(
            Drift.ColumnMissing,
            PlanReason.ColumnMissing,
            $"column \"Email\" ({Engine.TextType}) is missing");

    [Fact]
    public Task A_table_with_a_renamed_column_is_skipped_and_both_names_are_reported()
        => AssertCustomersAreSkippedAsync(
            Drift.ColumnRenamed,
            PlanReason.ColumnMissing,
            $"column \"Email\" ({Engine.TextType}) is missing",
            "\"Mail\"");

    [Fact]
    public Task A_table_with_a_renamed_foreign_key_column_is_skipped_and_its_principal_is_blocked()
        => AssertCustomersAreSkippedAsync(
            Drift.ForeignKeyColumnRenamed,
            PlanReason.ColumnMissing,
            $"column \"CountryId\" ({Engine.IntegerType}) is missing");

    [Fact]
    public Task A_table_whose_key_has_another_type_is_skipped()
        => AssertCustomersAreSkippedAsync(
            Drift.KeyTypeDiffers,
            PlanReason.KeyTypeDiffers,
            $"key column \"Id\": expected {Engine.IntegerType}, found {Wide}");

    [Fact]
    public Task A_table_whose_foreign_key_column_has_another_type_is_skipped()
        => AssertCustomersAreSkippedAsync(
            Drift.ForeignKeyTypeDiffers,
            PlanReason.ForeignKeyTypeDiffers,
            $"foreign key column \"CountryId\": expected {Engine.IntegerType}, found {Wide}");

    [Fact]
    public async Task A_skip_names_every_difference_of_the_table_at_once()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Shop.CreateAsync(
            database,
            CancellationToken,
            [.. Tables(Drift.KeyTypeDiffers).Skip(1), ("customers", Shop.Customers(id: $"\"Id\" {Wide} NOT NULL PRIMARY KEY", email: null))]);

        PlanTable skip = Skip(await PurgeShopAsync(database), "customers");

        Assert.Equal(PlanReason.ColumnMissing, skip.Reason);
        Assert.Contains("\"Email\"", skip.Explanation, StringComparison.Ordinal);
        Assert.Contains("key column \"Id\"", skip.Explanation, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(AllDrifts))]
    public async Task A_strict_tolerance_skips_a_table_with_any_difference(Drift drift)
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Shop.CreateAsync(database, CancellationToken, Tables(drift));
        string before = await Shop.ContentAsync(database, CancellationToken, "customers", "countries");

        PurgeReport report = await PurgeShopAsync(database, options => options.DriftTolerance = DriftTolerance.Strict);

        PlanReason expected = drift switch
        {
            Drift.ColumnMissing or Drift.ColumnRenamed or Drift.ForeignKeyColumnRenamed => PlanReason.ColumnMissing,
            Drift.KeyTypeDiffers => PlanReason.KeyTypeDiffers,
            Drift.ForeignKeyTypeDiffers => PlanReason.ForeignKeyTypeDiffers,
            _ => PlanReason.OtherDrift,
        };
        Assert.Equal(expected, Skip(report, "customers").Reason);
        Assert.Equal(before, await Shop.ContentAsync(database, CancellationToken, "customers", "countries"));
        await AssertEmptyAsync(database, "logs");
        if (Engine.JoinsTypes || drift is not Drift.KeyTypeDiffers)
        {
            await AssertEmptyAsync(database, "orders");
        }
    }

    [Theory]
    [MemberData(nameof(AllDrifts))]
    public async Task A_lenient_tolerance_purges_a_table_with_any_difference_and_notes_it(Drift drift)
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Shop.CreateAsync(database, CancellationToken, Tables(drift));

        PurgeReport report = await PurgeShopAsync(database, options => options.DriftTolerance = DriftTolerance.Lenient);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Contains(
            report.Notes,
            note => note.Table == Name("customers") && note.Text.StartsWith("Differs from the model", StringComparison.Ordinal));
        await AssertEmptyAsync(database, "countries", "customers", "orders", "logs");
    }

    [Theory]
    [InlineData(DriftTolerance.Strict)]
    [InlineData(DriftTolerance.Lenient)]
    public async Task No_tolerance_makes_a_missing_table_or_a_view_anything_but_a_skip(DriftTolerance tolerance)
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Shop.CreateAsync(
            database,
            CancellationToken,
            ("orders", ""),
            ("logs", "CREATE VIEW logs AS SELECT 1 AS \"Id\", 'x' AS \"Text\";"));

        PurgeReport report = await PurgeShopAsync(database, options => options.DriftTolerance = tolerance);

        Assert.Equal([PlanReason.NotATable, PlanReason.TableMissing], report.Skips.Select(skip => skip.Reason));
        await AssertEmptyAsync(database, "countries", "customers");
    }

    public static TheoryData<Drift> AllDrifts() => [.. Enum.GetValues<Drift>()];

    // Any two types that a foreign key may join, and that are not one to the engine.
    private string Wide => Engine.ChecksTypesOfKeys ? "bigint" : "text";

    // Where a foreign key joins one type only, the database has none of those that would join two.
    private (string Table, string Sql)[] Tables(Drift drift)
        => Engine.JoinsTypes || drift is not Drift.KeyTypeDiffers
            ? [("customers", Sql(drift))]
            : [("customers", Sql(drift)), ("orders", UnboundOrders)];

    private string Sql(Drift drift) => drift switch
    {
        Drift.ColumnMissing => Shop.Customers(email: null),
        Drift.ColumnRenamed => Shop.Customers(email: "\"Mail\" text NULL"),
        Drift.ForeignKeyColumnRenamed => Shop.Customers(country: "\"HomeId\" integer NULL REFERENCES countries (\"Id\")"),
        Drift.KeyTypeDiffers => Shop.Customers(id: $"\"Id\" {Wide} NOT NULL PRIMARY KEY"),
        Drift.ForeignKeyTypeDiffers => Shop.Customers(
            country: $"\"CountryId\" {Wide} NULL{(Engine.JoinsTypes ? " REFERENCES countries (\"Id\")" : "")}"),
        Drift.TypeDiffers => Shop.Customers(age: "\"Age\" text NOT NULL"),
        Drift.ExtraColumn => Shop.Customers(more: "\"Nick\" text NULL"),
        Drift.NullabilityDiffers => Shop.Customers(age: "\"Age\" integer NULL"),
        _ => throw new ArgumentOutOfRangeException(nameof(drift)),
    };

    private async Task AssertCustomersAreSkippedAsync(Drift drift, PlanReason reason, params string[] words)
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Shop.CreateAsync(database, CancellationToken, Tables(drift));
        string before = await Shop.ContentAsync(database, CancellationToken, "customers", "countries");

        PurgeReport report = await PurgeShopAsync(database);

        PlanTable skip = Skip(report, "customers");
        Assert.Equal(reason, skip.Reason);
        Assert.StartsWith($"{Name("customers").ToQuotedString()} differs from the model: ", skip.Explanation, StringComparison.Ordinal);
        Assert.EndsWith(
            "Bring model and database together (a migration), or delete its rows by hand.",
            skip.Explanation,
            StringComparison.Ordinal);
        Assert.All(words, word => Assert.Contains(word, skip.Explanation, StringComparison.OrdinalIgnoreCase));

        // The rows that stay need theirs of the countries.
        PlanTable blocked = Skip(report, "countries");
        Assert.Equal(PlanReason.Blocked, blocked.Reason);
        Assert.Contains(
            $"3 rows of {Name("customers").ToQuotedString()}, which is skipped ({reason})",
            blocked.Explanation,
            StringComparison.Ordinal);
        Assert.Equal(PurgeVerdict.CompleteWithSkips, report.Verdict);
        Assert.Equal(6, report.RowsDeleted);
        Assert.Equal(before, await Shop.ContentAsync(database, CancellationToken, "customers", "countries"));
        await AssertEmptyAsync(database, "orders", "logs");
    }

    private async Task<PurgeReport> PurgeShopAsync(TestDatabase database, Action<PurgeOptions>? configure = null)
    {
        await using ScenarioContext context = Shop.CreateContext(database);
        return await PurgeAsync(context, configure);
    }

    /// <summary>How the table of the customers differs from the model.</summary>
    public enum Drift
    {
        ColumnMissing,
        ColumnRenamed,
        ForeignKeyColumnRenamed,
        KeyTypeDiffers,
        ForeignKeyTypeDiffers,
        TypeDiffers,
        ExtraColumn,
        NullabilityDiffers,
    }
}

public sealed class SqliteDriftConformance() : DriftConformance(Engine.Sqlite);

public sealed class PostgreSqlDriftConformance() : DriftConformance(Engine.PostgreSql);

public sealed class AnsiDriftConformance() : DriftConformance(Engine.Ansi);

public sealed class MariaDbDriftConformance() : DriftConformance(Engine.MariaDb);
