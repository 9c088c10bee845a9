using FloworxPurge.Tests.Conformance;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Chunks;

/// <summary>Rows of entity types that share tables, or are stored in several, are deleted in several transactions, and come back.</summary>
public abstract class ChunkInheritanceConformance(Engine engine) : ConformanceGroup(engine)
{
    [Theory]
    [InlineData(Trip.Folder)]
    [InlineData(Trip.FolderInParts)]
    [InlineData(Trip.SchemaInParts)]
    public Task One_table_for_a_hierarchy(Trip trip)
        => AssertAsync(trip, model => Hierarchy(model, entity => entity.UseTphMappingStrategy()), rows: 6);

    [Theory]
    [InlineData(Trip.Folder)]
    [InlineData(Trip.FolderInParts)]
    [InlineData(Trip.SchemaInParts)]
    public Task A_table_for_each_type_of_a_hierarchy(Trip trip)
        => AssertAsync(trip, model => Hierarchy(model, entity => entity.UseTptMappingStrategy()), rows: 9);

    [Theory]
    [InlineData(Trip.Folder)]
    [InlineData(Trip.FolderInParts)]
    [InlineData(Trip.SchemaInParts)]
    public async Task A_table_for_each_concrete_type(Trip trip)
    {
        await using RoundTrip scenario = await RoundTrip.CreateAsync(
            Engine,
            trip,
            model =>
            {
                model.Entity<Animal>().UseTpcMappingStrategy().Property(animal => animal.Id).ValueGeneratedNever();
                model.Entity<Cat>().ToTable("cats");
                model.Entity<Dog>().ToTable("dogs");
            },
            () => Enumerable.Range(1, 8).Select(i => Make(i)));

        await scenario.AssertAsync(options => options.Rows<Animal>(animal => animal.IsMarked));
    }

    [Theory]
    [InlineData(Trip.Folder)]
    [InlineData(Trip.FolderInParts)]
    [InlineData(Trip.SchemaInParts)]
    public async Task An_entity_in_two_tables_with_owned_rows(Trip trip)
    {
        await using RoundTrip scenario = await RoundTrip.CreateAsync(
            Engine,
            trip,
            model => model.Entity<Split>(entity =>
            {
                entity.ToTable("split_first").Property(split => split.Id).ValueGeneratedNever();
                entity.SplitToTable("split_second", table => table.Property(split => split.Second));
                entity.OwnsOne(split => split.Place);
                entity.OwnsMany(split => split.Lines, lines =>
                {
                    lines.ToTable("lines").HasKey("SplitId", nameof(Line.Number));
                    lines.Property(line => line.Number).ValueGeneratedNever();
                });
            }),
            () => Enumerable.Range(1, 6).Select(i => new Split
            {
                Id = i,
                First = $"first {i}",
                Second = $"second {i}",
                IsMarked = i % 3 != 0,
                Place = new Place { City = $"city {i}" },
                Lines = [new Line { Number = 1, Text = "a" }, new Line { Number = 2, Text = "b" }],
            }));

        await scenario.AssertAsync(
            options => options.Rows<Split>(split => split.IsMarked),
            check: report => Assert.Equal(16, report.RowsDeleted));
    }

    private async Task AssertAsync(Trip trip, Action<ModelBuilder> model, int rows)
    {
        await using RoundTrip scenario = await RoundTrip.CreateAsync(
            Engine,
            trip,
            model,
            () => Enumerable.Range(1, 8).Select(i => Make(i)).Concat(
                Enumerable.Range(1, 8).Select(i => (object)new Bell { Id = i, CatId = i % 2 == 0 ? i : 8 })));

        await scenario.AssertAsync(
            options => options.Rows<Cat>(cat => cat.IsMarked),
            check: report => Assert.Equal(rows, report.RowsDeleted));
    }

    private static void Hierarchy(
        ModelBuilder model,
        Action<Microsoft.EntityFrameworkCore.Metadata.Builders.EntityTypeBuilder<Animal>> strategy)
    {
        model.Entity<Animal>(entity =>
        {
            strategy(entity);
            entity.Property(animal => animal.Id).ValueGeneratedNever();
        });
        model.Entity<Cat>();
        model.Entity<Dog>();
        model.Entity<Bell>(bell =>
        {
            bell.Property(it => it.Id).ValueGeneratedNever();
            bell.HasOne<Cat>().WithMany().HasForeignKey(it => it.CatId).OnDelete(DeleteBehavior.Cascade);
        });
    }

    // Even numbers are cats, of which 2, 4 and 6 are marked.
    private static object Make(int i)
        => i % 2 == 0 ? new Cat { Id = i, Name = $"cat {i}", IsMarked = i < 8, Lives = i }
            : new Dog { Id = i, Name = $"dog {i}", IsMarked = i < 5, Breed = "breed" };

    private abstract class Animal
    {
        public int Id { get; set; }

        public string? Name { get; set; }

        public bool IsMarked { get; set; }
    }

    private sealed class Cat : Animal
    {
        public int Lives { get; set; }
    }

    private sealed class Dog : Animal
    {
        public string? Breed { get; set; }
    }

    private sealed class Bell
    {
        public int Id { get; set; }

        public int CatId { get; set; }
    }

    private sealed class Split
    {
        public int Id { get; set; }

        public string? First { get; set; }

        public string? Second { get; set; }

        public bool IsMarked { get; set; }

        public required Place Place { get; set; }

        public List<Line> Lines { get; set; } = [];
    }

    private sealed class Place
    {
        public string? City { get; set; }
    }

    private sealed class Line
    {
        public int Number { get; set; }

        public string? Text { get; set; }
    }
}

public sealed class SqliteChunkInheritanceConformance() : ChunkInheritanceConformance(Engine.Sqlite);

public sealed class PostgreSqlChunkInheritanceConformance() : ChunkInheritanceConformance(Engine.PostgreSql);

public sealed class MariaDbChunkInheritanceConformance() : ChunkInheritanceConformance(Engine.MariaDb);
