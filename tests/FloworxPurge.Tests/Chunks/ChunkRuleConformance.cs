using FloworxPurge.Tests.Conformance;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Chunks;

/// <summary>The rules of a selection mean the same in several transactions as in one, and what they delete or change comes back.</summary>
public abstract class ChunkRuleConformance(Engine engine) : ConformanceGroup(engine)
{
    [Theory]
    [InlineData(Trip.Folder)]
    [InlineData(Trip.FolderInParts)]
    [InlineData(Trip.SchemaInParts)]
    public async Task Kept_rows_stay_with_what_they_reference(Trip trip)
    {
        await using RoundTrip scenario = await CreateAsync(trip);

        // Paid orders are of customers 2 and 4, and name 5.
        await scenario.AssertAsync(
            options => options.Rows<Customer>(customer => customer.IsTest).Keep<Order>(order => order.IsPaid),
            check: report => Assert.Equal((3, 3), (report.Scope!.BlockedRows, report.RowsDeleted)));
    }

    [Theory]
    [InlineData(Trip.Folder)]
    [InlineData(Trip.FolderInParts)]
    [InlineData(Trip.SchemaInParts)]
    public async Task Orphans_are_deleted_with_the_last_row_that_references_them(Trip trip)
    {
        await using RoundTrip scenario = await CreateAsync(trip);

        await scenario.AssertAsync(
            options => options.Rows<Customer>(customer => customer.IsTest).RemoveOrphans<Address>(),
            check: report => Assert.Equal(
                2,
                report.Tables.Single(table => table.Table.Name == "addresses").RowsDeleted));
    }

    [Theory]
    [InlineData(Trip.Folder)]
    [InlineData(Trip.FolderInParts)]
    [InlineData(Trip.SchemaInParts)]
    public async Task Rows_that_lose_a_reference_get_it_back(Trip trip)
    {
        await using RoundTrip scenario = await CreateAsync(trip);

        await scenario.AssertAsync(
            options => options
                .Rows<Customer>(customer => customer.IsTest)
                .OnReference<Order>(order => order.RecommendedById, ReferenceAction.Detach),
            check: report => Assert.True(report.Scope!.Detached > 0));
    }

    [Theory]
    [InlineData(Trip.Folder)]
    [InlineData(Trip.FolderInParts)]
    [InlineData(Trip.SchemaInParts)]
    public async Task A_reference_that_the_database_does_not_know_is_followed(Trip trip)
    {
        await using RoundTrip scenario = await CreateAsync(trip);

        await scenario.AssertAsync(
            options => options
                .Rows<Customer>(customer => customer.IsTest)
                .Reference<Remark, Customer>(remark => remark.TargetId, remark => remark.TargetType == "customer"),
            check: report => Assert.Equal(
                4,
                report.Tables.Single(table => table.Table.Name == "remarks").RowsDeleted));
    }

    [Theory]
    [InlineData(Trip.Folder)]
    [InlineData(Trip.FolderInParts)]
    [InlineData(Trip.SchemaInParts)]
    public async Task Queries_of_several_tables_and_overlapping_ones_add_up(Trip trip)
    {
        await using RoundTrip scenario = await CreateAsync(trip);

        await scenario.AssertAsync(
            options => options
                .Rows<Customer>(customer => customer.IsTest)
                .Rows<Order>(order => order.IsPaid)
                .Rows<Customer>(customer => customer.Id > 4)
                .OnReference<Order>(order => order.RecommendedById, ReferenceAction.Detach));
    }

    // Customers 1, 2, 4 and 5 are tests; address 3 is that of 3, 4 and 6.
    private Task<RoundTrip> CreateAsync(Trip trip)
        => RoundTrip.CreateAsync(
            Engine,
            trip,
            Build,
            () => Enumerable.Range(1, 3).Select(i => (object)new Address { Id = i, City = $"city {i}" })
                .Concat(Enumerable.Range(1, 6).Select(i => new Customer
                {
                    Id = i,
                    IsTest = i % 3 != 0,
                    AddressId = i switch { 1 or 2 => 1, 5 => 2, _ => 3 },
                }))
                .Concat(Enumerable.Range(1, 12).Select(i => new Order
                {
                    Id = i,
                    CustomerId = ((i - 1) % 6) + 1,
                    RecommendedById = (i % 6) + 1,
                    IsPaid = i is 4 or 8 or 9,
                }))
                .Concat(Enumerable.Range(1, 12).Select(i => new Remark
                {
                    Id = i,
                    TargetId = ((i - 1) % 6) + 1,
                    TargetType = i <= 6 ? "customer" : "order",
                })));

    private static void Build(ModelBuilder model)
    {
        model.Entity<Address>().ToTable("addresses").Property(it => it.Id).ValueGeneratedNever();
        model.Entity<Customer>(customer =>
        {
            customer.ToTable("customers").Property(it => it.Id).ValueGeneratedNever();
            customer.HasOne<Address>().WithMany().HasForeignKey(it => it.AddressId).OnDelete(DeleteBehavior.Restrict);
        });
        model.Entity<Order>(order =>
        {
            order.ToTable("orders").Property(it => it.Id).ValueGeneratedNever();
            order.HasOne<Customer>().WithMany().HasForeignKey(it => it.CustomerId).OnDelete(DeleteBehavior.Cascade);
            order.HasOne<Customer>().WithMany().HasForeignKey(it => it.RecommendedById).OnDelete(DeleteBehavior.ClientSetNull);
        });
        model.Entity<Remark>(remark =>
        {
            remark.ToTable("remarks").Property(it => it.Id).ValueGeneratedNever();
            remark.Property(it => it.TargetType).HasMaxLength(20);
        });
    }

    private sealed class Address
    {
        public int Id { get; set; }

        public string? City { get; set; }
    }

    private sealed class Customer
    {
        public int Id { get; set; }

        public bool IsTest { get; set; }

        public int AddressId { get; set; }
    }

    private sealed class Order
    {
        public int Id { get; set; }

        public int CustomerId { get; set; }

        public int? RecommendedById { get; set; }

        public bool IsPaid { get; set; }
    }

    private sealed class Remark
    {
        public int Id { get; set; }

        public int TargetId { get; set; }

        public string? TargetType { get; set; }
    }
}

public sealed class SqliteChunkRuleConformance() : ChunkRuleConformance(Engine.Sqlite);

public sealed class PostgreSqlChunkRuleConformance() : ChunkRuleConformance(Engine.PostgreSql);

public sealed class MariaDbChunkRuleConformance() : ChunkRuleConformance(Engine.MariaDb);
