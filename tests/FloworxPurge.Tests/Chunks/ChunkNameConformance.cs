using FloworxPurge.Tests.Conformance;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Chunks;

/// <summary>Any name and any key can be that of a table whose rows are deleted in several transactions, and come back.</summary>
public abstract class ChunkNameConformance(Engine engine) : ConformanceGroup(engine)
{
    [Theory]
    [InlineData(Trip.Folder)]
    [InlineData(Trip.FolderInParts)]
    [InlineData(Trip.SchemaInParts)]
    public async Task Names_with_quotes_blanks_and_letters_of_any_script(Trip trip)
    {
        await using RoundTrip scenario = await CreateAsync(trip, model => Build(model, "Ünï \"q\" `b` 'x' 表; --", "from", null, null));

        await scenario.AssertAsync(
            options => options.Rows<Parent>(parent => parent.IsMarked),
            check: report => Assert.Equal(16, report.RowsDeleted));
    }

    [Theory]
    [InlineData(Trip.Folder)]
    [InlineData(Trip.FolderInParts)]
    [InlineData(Trip.SchemaInParts)]
    public async Task Tables_of_one_name_in_two_schemas(Trip trip)
    {
        Assert.SkipUnless(Engine.HasSchemas, "The engine has no schemas.");
        await using RoundTrip scenario = await CreateAsync(trip, model => Build(model, "same", "same", "first one", "second.one"));

        await scenario.AssertAsync(
            options => options.Rows<Parent>(parent => parent.IsMarked),
            check: report => Assert.Equal(16, report.RowsDeleted));
    }

    [Theory]
    [InlineData(Trip.Folder)]
    [InlineData(Trip.FolderInParts)]
    [InlineData(Trip.SchemaInParts)]
    public async Task Whole_tables_with_such_names(Trip trip)
    {
        await using RoundTrip scenario = await CreateAsync(trip, model => Build(model, "Ünï \"q\" `b` 'x' 表; --", "from", null, null));

        await scenario.AssertAsync(_ => { }, check: report => Assert.Equal(24, report.RowsDeleted), roots: 3);
    }

    [Theory]
    [InlineData(Trip.Folder)]
    [InlineData(Trip.FolderInParts)]
    [InlineData(Trip.SchemaInParts)]
    public async Task Dependents_without_a_primary_key(Trip trip)
    {
        await using RoundTrip scenario = await RoundTrip.CreateAsync(
            Engine,
            trip,
            BuildKeyless,
            () => Enumerable.Range(1, 6).Select(i => new Parent { Id = i, IsMarked = i % 3 != 0 }),
            database => string.Join(
                "; ",
                Enumerable.Range(1, 6).SelectMany(i => Enumerable.Repeat(
                    FormattableString.Invariant($"INSERT INTO \"logs\" (\"ParentId\", \"Text\") VALUES ({i}, 'same')"),
                    3))));

        await scenario.AssertAsync(
            options => options.Rows<Parent>(parent => parent.IsMarked),
            check: report => Assert.Equal(16, report.RowsDeleted));
    }

    [Fact]
    public async Task Rows_of_a_table_without_a_primary_key_cannot_be_selected()
    {
        await using RoundTrip scenario = await RoundTrip.CreateAsync(Engine, Trip.Folder, BuildKeyless, () => []);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.AssertAsync(options => options.Rows<Log>(log => log.ParentId > 0)));

        Assert.Contains("no primary key", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Trip.Folder)]
    [InlineData(Trip.FolderInParts)]
    [InlineData(Trip.SchemaInParts)]
    public async Task Keys_that_are_converted_and_keys_of_several_columns(Trip trip)
    {
        await using RoundTrip scenario = await RoundTrip.CreateAsync(
            Engine,
            trip,
            BuildConverted,
            () => Enumerable.Range(1, 6).SelectMany(i => new object[]
            {
                new Converted { Id = new Number(i), Color = (Color)(i % 3), IsMarked = i % 3 != 0 },
                new Part { Id = i, OwnerId = new Number(i), OwnerColor = (Color)(i % 3) },
            }));

        await scenario.AssertAsync(
            options => options.Rows<Converted>(row => row.IsMarked && row.Color != Color.Blue),
            check: report => Assert.Equal(8, report.RowsDeleted));
    }

    private Task<RoundTrip> CreateAsync(Trip trip, Action<ModelBuilder> model)
        => RoundTrip.CreateAsync(
            Engine,
            trip,
            model,
            () => Enumerable.Range(1, 6).Select(i => (object)new Parent { Id = i, IsMarked = i % 3 != 0, Text = "\t\\N\n'" })
                .Concat(Enumerable.Range(1, 18).Select(i => new Child { Id = i, ParentId = ((i - 1) % 6) + 1 })));

    private static void Build(ModelBuilder model, string parent, string child, string? parentSchema, string? childSchema)
    {
        model.Entity<Parent>(entity =>
        {
            entity.ToTable(parent, parentSchema).Property(it => it.Id).ValueGeneratedNever().HasColumnName("order by \"é`");
            entity.Property(it => it.IsMarked).HasColumnName("select");
        });
        model.Entity<Child>(entity =>
        {
            entity.ToTable(child, childSchema).Property(it => it.Id).ValueGeneratedNever();
            entity.Property(it => it.ParentId).HasColumnName("group 'x'");
            entity.HasOne<Parent>().WithMany().HasForeignKey(it => it.ParentId).HasConstraintName("fk ' \" ` é")
                .OnDelete(DeleteBehavior.Cascade);
        });
    }

    private static void BuildKeyless(ModelBuilder model)
    {
        model.Entity<Parent>().ToTable("parents").Property(it => it.Id).ValueGeneratedNever();
        model.Entity<Log>(log =>
        {
            log.ToTable("logs").HasNoKey();
            log.HasOne<Parent>().WithMany().HasForeignKey(it => it.ParentId).OnDelete(DeleteBehavior.Cascade);
        });
    }

    private static void BuildConverted(ModelBuilder model)
    {
        model.Entity<Converted>(entity =>
        {
            entity.ToTable("converted").HasKey(it => new { it.Id, it.Color });
            entity.Property(it => it.Id).HasConversion(number => "n" + number.Value, text => new Number(Parse(text))).HasMaxLength(20);
            entity.Property(it => it.Color).HasConversion<string>().HasMaxLength(20);
        });
        model.Entity<Part>(entity =>
        {
            entity.ToTable("parts").Property(it => it.Id).ValueGeneratedNever();
            entity.Property(it => it.OwnerId).HasConversion(number => "n" + number.Value, text => new Number(Parse(text))).HasMaxLength(20);
            entity.Property(it => it.OwnerColor).HasConversion<string>().HasMaxLength(20);
            entity.HasOne<Converted>().WithMany().HasForeignKey(it => new { it.OwnerId, it.OwnerColor })
                .OnDelete(DeleteBehavior.Cascade);
        });
    }

    private static int Parse(string text) => int.Parse(text[1..], System.Globalization.CultureInfo.InvariantCulture);

    private enum Color
    {
        Red,
        Green,
        Blue = 7,
    }

    private readonly record struct Number(int Value);

    private sealed class Parent
    {
        public int Id { get; set; }

        public bool IsMarked { get; set; }

        public string? Text { get; set; }
    }

    private sealed class Child
    {
        public int Id { get; set; }

        public int ParentId { get; set; }
    }

    private sealed class Log
    {
        public int ParentId { get; set; }

        public string? Text { get; set; }
    }

    private sealed class Converted
    {
        public Number Id { get; set; }

        public Color Color { get; set; }

        public bool IsMarked { get; set; }
    }

    private sealed class Part
    {
        public int Id { get; set; }

        public Number OwnerId { get; set; }

        public Color OwnerColor { get; set; }
    }
}

public sealed class SqliteChunkNameConformance() : ChunkNameConformance(Engine.Sqlite);

public sealed class PostgreSqlChunkNameConformance() : ChunkNameConformance(Engine.PostgreSql);

public sealed class MariaDbChunkNameConformance() : ChunkNameConformance(Engine.MariaDb);
