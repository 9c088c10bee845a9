using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Engines;
using FloworxPurge.Reading;
using FloworxPurge.Schema;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Tests.Conformance;

/// <summary>A statement that names some rows of a table concerns those rows and no others.</summary>
public abstract class RowSetConformance(Engine engine) : ConformanceGroup(engine)
{
    private static readonly Action<ModelBuilder> Model = model =>
    {
        model.Entity<Sample>(sample =>
        {
            sample.ToTable(SamplesName);
            sample.Property(row => row.Id).ValueGeneratedNever();
            sample.Property(row => row.Text).HasMaxLength(40);
            sample.Property(row => row.Price).HasPrecision(20, 6);
            sample.Property(row => row.Data).HasMaxLength(40);
        });
        model.Entity<Dependent>().ToTable("Dependents").Property(row => row.Id).ValueGeneratedNever();
    };

    private const string SamplesName = "it's @p0 \"samples\"";

    public static TheoryData<string> Properties
        => [.. typeof(Sample)
            .GetProperties(System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.Instance)
            .Select(property => property.Name)];

    [Theory]
    [MemberData(nameof(Properties))]
    public async Task A_filter_by_a_typed_value_finds_the_row_that_has_it(string property)
    {
        await RunAsync(async (context, session) =>
        {
            RowSet rows = Samples(context, property);

            IReadOnlyList<long> counts = [.. (await CountAsync(session, [rows, Samples(context)])).Values];

            Assert.Equal([1, 3], counts);
        });
    }

    [Fact]
    public async Task A_delete_leaves_the_rows_that_the_filter_does_not_name()
    {
        await RunAsync(async (context, session) =>
        {
            RowSet rows = Dependents(context, 1);

            int deleted = await session.ExecuteAsync(session.Dialect.Delete(session.Sql, rows), rows.Parameters, CancellationToken);

            Assert.Equal(1, deleted);
            Assert.Equal(
                [2, 3],
                await context.Set<Dependent>().OrderBy(row => row.Id).Select(row => row.Id).ToListAsync(CancellationToken));
        });
    }

    [Fact]
    public async Task One_delete_of_several_tables_takes_the_rows_of_each_filter()
    {
        await RunAsync(async (context, session) =>
        {
            RowSet[] sets = [
                Samples(context, nameof(Sample.Text)),
                Dependents(context, 2),
                Dependents(context, 1) with { Table = new(Name("x").Schema, "Others") }];
            Assert.SkipWhen(session.Dialect.DeleteTogether(session.Sql, sets) is null, $"{Engine} has no such statement.");
            await session.ExecuteAsync("CREATE TABLE \"Others\" (\"Id\" int)", [], CancellationToken);
            await session.ExecuteAsync("INSERT INTO \"Others\" VALUES (1), (2)", [], CancellationToken);

            IReadOnlyList<long> deleted = await session.QueryNumbersAsync(
                session.Dialect.DeleteTogether(session.Sql, sets)!,
                RowSet.ParametersOf(sets),
                CancellationToken);

            Assert.Equal([1, 1, 1], deleted);
            Assert.Equal([1, 3], await context.Set<Sample>().OrderBy(row => row.Id).Select(row => row.Id).ToListAsync(CancellationToken));
            Assert.Equal(
                [1, 3],
                await context.Set<Dependent>().OrderBy(row => row.Id).Select(row => row.Id).ToListAsync(CancellationToken));
        });
    }

    [Fact]
    public async Task Columns_of_other_rows_are_not_set_to_NULL()
    {
        await RunAsync(async (context, session) =>
        {
            RowSet rows = Dependents(context, 1);

            await session.ExecuteAsync(
                session.Dialect.SetNull(session.Sql, rows, [Column<Dependent>(context, nameof(Dependent.SampleId))]),
                rows.Parameters,
                CancellationToken);

            Assert.Equal(
                [null, 2, null],
                await context.Set<Dependent>().OrderBy(row => row.Id).Select(row => row.SampleId).ToListAsync(CancellationToken));
        });
    }

    [Fact]
    public async Task Only_rows_of_the_filter_are_counted_as_referencing()
    {
        await RunAsync(async (context, session) =>
        {
            string[] columns = [Column<Dependent>(context, nameof(Dependent.SampleId))];

            async Task<long> ReferencingAsync(RowSet rows)
                => (
                    await session.QueryNumbersAsync(session.Dialect.CountReferencing(session.Sql, rows, columns), rows.Parameters, CancellationToken))[0];

            Assert.Equal(2, await ReferencingAsync(Dependents(context)));
            Assert.Equal(1, await ReferencingAsync(Dependents(context, 2)));
            Assert.Equal(0, await ReferencingAsync(Dependents(context, 3)));
        });
    }

    [Fact]
    public async Task A_look_sees_the_rows_of_each_filter()
    {
        await RunAsync(async (context, session) =>
        {
            RowSet[] sets = [Dependents(context, 7), Dependents(context, 1), Dependents(context)];
            string look = session.Dialect.Look(session.Sql, [(sets[0], false), (sets[1], false), (sets[2], true)]);

            var found = await session.QueryAsync(
                look,
                RowSet.ParametersOf(sets),
                reader => Convert.ToInt64(reader.GetValue(1), CultureInfo.InvariantCulture),
                CancellationToken);

            Assert.Equal([0, 1, 3], found.Order());
        });
    }

    [Fact]
    public async Task The_digest_of_a_filter_ignores_other_rows()
    {
        await RunAsync(async (context, session) =>
        {
            TableSchema table = (
                await LiveSchemaReader.ReadAsync(session, CancellationToken)).Tables.Single(table => table.Name == Name("Dependents"));
            RowSet rows = Dependents(context, 1);
            RowSet other = Dependents(context, 2);

            async Task<string> DigestAsync()
            {
                if (session.Dialect.RowDigest(session.Sql, table.Columns) is { } row)
                {
                    var each = await session.QueryAsync(
                        session.Dialect.SelectDigests(session.Sql, rows, row),
                        rows.Parameters,
                        Text,
                        CancellationToken);
                    return Assert.Single(each)
                        + " "
                        + string.Join(
                            ' ',
                            await session.QueryAsync(session.Dialect.SumDigests(session.Sql, rows, row), rows.Parameters, Text, CancellationToken));
                }

                return string.Join(
                    ' ',
                    await session.QueryAsync(session.Dialect.SelectExactly(session.Sql, rows, table), rows.Parameters, Text, CancellationToken));
            }

            string before = await DigestAsync();
            await session.ExecuteAsync(session.Dialect.Delete(session.Sql, other), other.Parameters, CancellationToken);
            Assert.Equal(before, await DigestAsync());
            await session.ExecuteAsync(
                session.Dialect.SetNull(session.Sql, rows, [Column<Dependent>(context, nameof(Dependent.SampleId))]),
                rows.Parameters,
                CancellationToken);
            Assert.NotEqual(before, await DigestAsync());
        });
    }

    private static string Text(System.Data.Common.DbDataReader reader)
        => string.Join(
            ' ',
            Enumerable.Range(0, reader.FieldCount).Select(i => Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture)));

    private static async Task<Dictionary<long, long>> CountAsync(DatabaseSession session, IReadOnlyList<RowSet> sets)
        => (await session.QueryAsync(
            session.Dialect.Count(session.Sql, sets),
            RowSet.ParametersOf(sets),
            reader => (
                Position: Convert.ToInt64(reader.GetValue(0), CultureInfo.InvariantCulture),
                Rows: Convert.ToInt64(reader.GetValue(1), CultureInfo.InvariantCulture)),
            CancellationToken))
            .OrderBy(row => row.Position)
            .ToDictionary(row => row.Position, row => row.Rows);

    private static string Column<TEntity>(DbContext context, string property)
        => context.Model.FindEntityType(typeof(TEntity))!.FindProperty(property)!.GetColumnName();

    // As a planner makes it: a delimited column, and the value that the provider stores.
    private RowSet Samples(ScenarioContext context, string property) => Rows(context, SamplesName, property, Sample.Second);

    private RowSet Samples(ScenarioContext context)
        => new() { Table = Name(context.Model.FindEntityType(typeof(Sample))!.GetTableName()!), OnlyOwnRows = true };

    private RowSet Dependents(ScenarioContext context)
        => new() { Table = Name(context.Model.FindEntityType(typeof(Dependent))!.GetTableName()!), OnlyOwnRows = true };

    private RowSet Dependents(ScenarioContext context, int id)
        => Rows(context, "Dependents", nameof(Dependent.Id), new Dependent { Id = id });

    private RowSet Rows<TEntity>(ScenarioContext context, string table, string name, TEntity row)
        where TEntity : class
    {
        IProperty property = context.Model.FindEntityType(typeof(TEntity))!.FindProperty(name)!;
        object? value = property.PropertyInfo!.GetValue(row);
        string column = context.GetService<ISqlGenerationHelper>().DelimitIdentifier(property.GetColumnName());
        var parameter = PlanParameter.Of(property.GetTypeMapping().Converter?.ConvertToProvider(value) ?? value);
        return new RowSet
        {
            Table = Name(table),
            OnlyOwnRows = true,
            Filter = $"{column} = @p0 OR {column} = @p1",
            Parameters = [parameter, parameter],
        };
    }

    private async Task RunAsync(Func<ScenarioContext, DatabaseSession, Task> act)
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using var context = new ScenarioContext(database, Model);
        await context.CreateTablesAsync(CancellationToken);
        context.AddRange(Sample.All());
        context.AddRange(new Dependent { Id = 1, SampleId = 1 }, new Dependent { Id = 2, SampleId = 2 }, new Dependent { Id = 3 });
        await context.SaveChangesAsync(CancellationToken);
        context.ChangeTracker.Clear();
        await using DatabaseSession session = await DatabaseSession.OpenAsync(
            context,
            Engine.Dialect ?? EngineRegistry.Select(context.Database.ProviderName!),
            CancellationToken);
        await act(context, session);
    }

    private sealed class Sample
    {
        public int Id { get; set; }

        public required string Text { get; set; }

        public bool IsSecond { get; set; }

        public long Number { get; set; }

        public decimal Price { get; set; }

        public double Rate { get; set; }

        public Guid Key { get; set; }

        public DateTime At { get; set; }

        public DayOfWeek Day { get; set; }

        public required byte[] Data { get; set; }

        public static Sample Second { get; } = Numbered(2);

        public static IEnumerable<Sample> All() => [Numbered(1), Numbered(2), Numbered(3)];

        private static Sample Numbered(int number) => new()
        {
            Id = number,
            Text = $"it's {number}",
            IsSecond = number == 2,
            Number = long.MaxValue - number,
            Price = 1.000001m * number,
            Rate = 0.1 * number,
            Key = new Guid(number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
            At = new DateTime(2026, 11, 28, 1, 2, 3, 456, DateTimeKind.Utc).AddMicroseconds(number),
            Day = (DayOfWeek)number,
            Data = [0, (byte)number, 255],
        };
    }

    private sealed class Dependent
    {
        public int Id { get; set; }

        public int? SampleId { get; set; }
    }
}

public sealed class SqliteRowSetConformance() : RowSetConformance(Engine.Sqlite);

public sealed class PostgreSqlRowSetConformance() : RowSetConformance(Engine.PostgreSql);

public sealed class AnsiRowSetConformance() : RowSetConformance(Engine.Ansi);

public sealed class MariaDbRowSetConformance() : RowSetConformance(Engine.MariaDb);
