using System.ComponentModel.DataAnnotations.Schema;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Chunks;

/// <summary>Rows are remembered by keys of any type, over all transactions of a run, and come back.</summary>
public abstract class ChunkKeyConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public Task Guids() => AssertDeletedAsync(i => new Guid(i, 2, 3, [4, 5, 6, 7, 8, 9, 10, 255]));

    [Fact]
    public Task Texts() => AssertDeletedAsync(i => (i % 2 == 0 ? "ä'\\\"" : "Z%_ ") + i);

    [Fact]
    public Task Decimals() => AssertDeletedAsync(i => 12345678901.12345m * i);

    [Fact]
    public Task Times() => AssertDeletedAsync(i => new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddTicks(10L * i));

    [Fact]
    public Task Days() => AssertDeletedAsync(i => new DateOnly(2026, 1, i));

    [Fact]
    public Task Bytes() => AssertDeletedAsync(i => new byte[] { 0, (byte)i, 255, 39 });

    [Fact]
    public Task Longs() => AssertDeletedAsync(i => long.MaxValue - i);

    private async Task AssertDeletedAsync<TKey>(Func<int, TKey> key)
        where TKey : notnull
    {
        foreach (Trip trip in Engine == Engine.Sqlite ? [Trip.Folder] : new[] { Trip.Folder, Trip.SchemaInParts })
        {
            await using RoundTrip scenario = await RoundTrip.CreateAsync(
                Engine,
                trip,
                Build<TKey>,
                () => Enumerable.Range(1, 9).SelectMany(i => new object[]
                {
                    new Holder<TKey> { Key = key(i), Order = i % 3, IsMarked = i % 4 != 0 },
                    new Part<TKey> { HolderKey = key(i), HolderOrder = i % 3, Key = key(i + 10) },
                }));

            PurgeReport report = await scenario.AssertAsync(options => options.Rows<Holder<TKey>>(row => row.IsMarked), roots: 2);

            Assert.Equal((PurgeVerdict.Complete, 14), (report.Verdict, report.RowsDeleted));
            Assert.Equal(4, report.Chunks!.Transactions);
        }
    }

    private static void Build<TKey>(ModelBuilder model)
    {
        model.Entity<Holder<TKey>>(entity =>
        {
            entity.ToTable("order \"by\"");
            entity.HasKey(row => new { row.Key, row.Order });
            entity.Property(row => row.Key).HasColumnName("select`");
            if (typeof(TKey) == typeof(decimal))
            {
                entity.Property(row => row.Key).HasPrecision(30, 5);
            }
            else if (typeof(TKey) == typeof(string) || typeof(TKey) == typeof(byte[]))
            {
                entity.Property(row => row.Key).HasMaxLength(40);
            }
        });
        model.Entity<Part<TKey>>(entity =>
        {
            entity.ToTable("part");
            entity.HasKey(row => row.Key);
            entity.HasOne<Holder<TKey>>().WithMany().HasForeignKey(row => new { row.HolderKey, row.HolderOrder })
                .IsRequired();
            if (typeof(TKey) == typeof(decimal))
            {
                entity.Property(row => row.Key).HasPrecision(30, 5);
            }
            else if (typeof(TKey) == typeof(string) || typeof(TKey) == typeof(byte[]))
            {
                entity.Property(row => row.Key).HasMaxLength(40);
            }
        });
    }

    private sealed class Holder<TKey>
    {
        [DatabaseGenerated(DatabaseGeneratedOption.None)]
        public required TKey Key { get; set; }

        public required int Order { get; set; }

        public bool IsMarked { get; set; }
    }

    private sealed class Part<TKey>
    {
        [DatabaseGenerated(DatabaseGeneratedOption.None)]
        public required TKey Key { get; set; }

        public required TKey HolderKey { get; set; }

        public int HolderOrder { get; set; }
    }
}

public sealed class SqliteChunkKeyConformance() : ChunkKeyConformance(Engine.Sqlite);

public sealed class PostgreSqlChunkKeyConformance() : ChunkKeyConformance(Engine.PostgreSql);

public sealed class MariaDbChunkKeyConformance() : ChunkKeyConformance(Engine.MariaDb);
