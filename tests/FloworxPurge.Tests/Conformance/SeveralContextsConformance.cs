using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance.Models;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FloworxPurge.Tests.Conformance;

/// <summary>Two contexts, each of which knows half of one database: <c>Members</c> is in both, and foreign keys go across.</summary>
public abstract class SeveralContextsConformance(Engine engine) : ModelGroup(engine)
{
    [Fact]
    public async Task One_plan_empties_the_tables_of_both_models_in_one_order()
    {
        await using TestDatabase database = await CreateAsync();
        await using ScenarioContext club = Club(database);
        await using ScenarioContext billing = Billing(database);

        PurgePlan plan = await Engine.Purger().PlanAsync([club, billing], CancellationToken);
        PurgeReport report = await Engine.Purger().ExecuteAsync([club, billing], plan, cancellationToken: CancellationToken);

        Assert.Equal(["Bills", "Bookings", "Members"], plan.Tables.Select(table => table.Table.Name));
        Assert.Equal([1, 2, 3], plan.Tables.Select(table => table.Level));
        AssertClean(report.Skips, report.Notes);
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.All(await CountAsync(database), table => Assert.Equal(0, table.Value));
    }

    [Fact]
    public async Task The_order_of_the_contexts_does_not_matter()
    {
        await using TestDatabase database = await CreateAsync();
        await using ScenarioContext club = Club(database);
        await using ScenarioContext billing = Billing(database);

        PurgePlan one = await Engine.Purger().PlanAsync([club, billing], CancellationToken);
        PurgePlan two = await Engine.Purger().PlanAsync([billing, club], CancellationToken);

        Assert.Equal(one.Fingerprint, two.Fingerprint);
    }

    [Fact]
    public async Task A_column_that_only_the_other_model_knows_is_no_drift()
    {
        await using TestDatabase database = await CreateAsync();
        await using ScenarioContext club = Club(database);
        await using ScenarioContext billing = Billing(database);

        PurgePlan plan = await Engine.Purger().PlanAsync([club, billing], CancellationToken);

        AssertClean(plan.Skips, plan.Notes);
        Assert.Empty(plan.Kept);
    }

    [Fact]
    public async Task One_context_alone_leaves_the_others_rows_and_what_they_reference()
    {
        await using TestDatabase database = await CreateAsync();
        await using ScenarioContext club = Club(database);

        PurgeReport report = await PurgeAsync(club);

        Assert.Equal(PurgeVerdict.NothingMatched, report.Verdict);
        Assert.Equal(["Bookings", "Members"], report.Skips.Select(skip => skip.Table.Name));
        Assert.All(report.Skips, skip => Assert.Equal(PlanReason.Blocked, skip.Reason));
        Assert.All(await CountAsync(database), table => Assert.True(table.Value > 0));
    }

    [Fact]
    public async Task A_table_is_not_excluded_from_migrations_when_one_of_the_models_owns_it()
    {
        await using TestDatabase database = await CreateAsync();
        await using ScenarioContext billing = Billing(database);

        PurgeReport report = await PurgeAsync(billing);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(["Bills"], report.Tables.Select(table => table.Table.Name));
        Assert.Equal(
            [("Bookings", PlanReason.ExcludedFromMigrations), ("Members", PlanReason.ExcludedFromMigrations)],
            report.Kept.Select(table => (table.Table.Name, table.Reason)));
    }

    [Fact]
    public async Task A_filter_may_name_a_type_of_either_model()
    {
        await using TestDatabase database = await CreateAsync();
        await using ScenarioContext club = Club(database);
        await using ScenarioContext billing = Billing(database);
        Purger purger = Engine.Purger(options => options.Exclude<Bill>().Exclude<Member>());

        PurgePlan plan = await purger.PlanAsync([club, billing], CancellationToken);

        Assert.Equal(["Bills", "Members"], plan.Kept.Select(table => table.Table.Name));
        Assert.Equal(["Bookings"], plan.Skips.Select(skip => skip.Table.Name));
    }

    [Fact]
    public async Task No_context_tracks_what_does_not_exist_any_more()
    {
        await using TestDatabase database = await CreateAsync();
        await using ScenarioContext club = Club(database);
        await using ScenarioContext billing = Billing(database);
        await club.Set<Member>().LoadAsync(CancellationToken);
        await billing.Set<Bill>().LoadAsync(CancellationToken);

        PurgePlan plan = await Engine.Purger().PlanAsync([club, billing], CancellationToken);
        await Engine.Purger().ExecuteAsync([club, billing], plan, cancellationToken: CancellationToken);

        Assert.Empty(club.ChangeTracker.Entries());
        Assert.Empty(billing.ChangeTracker.Entries());
    }

    [Fact]
    public async Task The_default_schema_may_be_written_in_one_model_and_left_out_in_the_other()
    {
        Assert.SkipUnless(Engine.HasSchemas, $"{Engine} has no schemas.");
        await using TestDatabase database = await CreateAsync();
        await using ScenarioContext club = Club(database);
        await using ScenarioContext billing = new(database, model =>
        {
            model.HasDefaultSchema(Engine.DefaultSchema);
            BuildBilling(model);
        });

        await AssertOneTableEachAsync(database, club, billing);
    }

    [Fact]
    public async Task A_name_may_be_written_with_other_case_in_the_other_model_where_case_means_nothing()
    {
        Assert.SkipUnless(
            Engine == Engine.Sqlite || Engine == Engine.Ansi || Engine == Engine.SqlServer,
            $"In {Engine} these are two tables.");
        await using TestDatabase database = await CreateAsync();
        await using ScenarioContext club = Club(database);
        await using ScenarioContext billing = new(database, model =>
        {
            BuildBilling(model);
            model.Entity<BillingMember>().ToTable("MEMBERS");
            model.Entity<BillingBooking>().ToTable("bookings");
            model.Entity<Bill>().Property(row => row.MemberId).HasColumnName("memberid");
        });

        await AssertOneTableEachAsync(database, club, billing);
        await AssertOneTableEachAsync(database, billing, club);
    }

    [Fact]
    public async Task The_history_of_migrations_of_each_context_is_known()
    {
        Assert.SkipWhen(IsScaffolded, "The provider's scaffolding leaves the history out.");
        await using TestDatabase database = await CreateAsync();
        await using ScenarioContext club = Club(database);
        await using ScenarioContext billing = new(database, BuildBilling, options =>
        {
            database.ConfigureRelational(options, relational => relational.WithMigrationsHistoryTableName("BillingHistory"));
        });
        await database.ExecuteAsync(club.GetService<IHistoryRepository>().GetCreateScript(), CancellationToken);
        await database.ExecuteAsync(billing.GetService<IHistoryRepository>().GetCreateScript(), CancellationToken);

        PurgePlan plan = await Engine.Purger().PlanAsync([club, billing], CancellationToken);

        Assert.Equal(["BillingHistory", "__EFMigrationsHistory"], plan.Kept.Select(table => table.Table.Name));
        Assert.All(plan.Kept, table => Assert.Equal(PlanReason.MigrationsHistory, table.Reason));
    }

    [Fact]
    public async Task Contexts_on_two_databases_are_refused()
    {
        await using TestDatabase database = await CreateAsync();
        await using TestDatabase other = await CreateAsync();
        await using ScenarioContext club = Club(database);
        await using ScenarioContext billing = Billing(other);

        var exception = await Assert.ThrowsAsync<PurgeException>(() => Engine.Purger().PlanAsync([club, billing], CancellationToken));

        Assert.Contains("are not on one database", exception.Message, StringComparison.Ordinal);
    }

    private async Task AssertOneTableEachAsync(TestDatabase database, params ScenarioContext[] contexts)
    {
        PurgePlan plan = await Engine.Purger().PlanAsync(contexts, CancellationToken);

        AssertClean(plan.Skips, plan.Notes);
        Assert.Equal(["Bills", "Bookings", "Members"], plan.Tables.Select(table => table.Table.Name));
        Assert.Equal(["BillingMember", "Member"], plan.Tables[2].EntityTypes);
        await Engine.Purger().ExecuteAsync(contexts, plan, cancellationToken: CancellationToken);
        Assert.All(await CountAsync(database), table => Assert.Equal(0, table.Value));
    }

    private async Task<TestDatabase> CreateAsync()
    {
        TestDatabase database = await Engine.CreateDatabaseAsync();
        await using ScenarioContext club = Club(database);
        await club.CreateTablesAsync(CancellationToken);
        await using ScenarioContext billing = Billing(database);
        await billing.CreateTablesAsync(CancellationToken);
        club.Add(new Booking { Member = new() { Name = "Ann" } });
        await club.SaveChangesAsync(CancellationToken);
        billing.Add(new Bill { MemberId = 1, BookingId = 1 });
        await billing.SaveChangesAsync(CancellationToken);
        return database;
    }

    private static ScenarioContext Club(TestDatabase database) => new(database, BuildClub);

    private static ScenarioContext Billing(TestDatabase database) => new(database, BuildBilling);

    private static void BuildClub(ModelBuilder model)
    {
        model.Entity<Member>().ToTable("Members");
        model.Entity<Booking>().ToTable("Bookings");
    }

    // Billing knows of a member and of a booking only what a bill needs, and does not own them.
    private static void BuildBilling(ModelBuilder model)
    {
        model.Entity<BillingMember>().ToTable("Members", table => table.ExcludeFromMigrations());
        model.Entity<BillingBooking>().ToTable("Bookings", table => table.ExcludeFromMigrations());
        model.Entity<Bill>(bill =>
        {
            bill.ToTable("Bills");
            bill.HasOne<BillingMember>().WithMany().HasForeignKey(row => row.MemberId).OnDelete(DeleteBehavior.Cascade);
            bill.HasOne<BillingBooking>().WithMany().HasForeignKey(row => row.BookingId).OnDelete(DeleteBehavior.SetNull);
        });
    }

    private sealed class Member
    {
        public int Id { get; set; }

        public string Name { get; set; } = "";
    }

    private sealed class Booking
    {
        public int Id { get; set; }

        public int MemberId { get; set; }

        public Member? Member { get; set; }
    }

    private sealed class BillingMember
    {
        public int Id { get; set; }
    }

    private sealed class BillingBooking
    {
        public int Id { get; set; }
    }

    private sealed class Bill
    {
        public int Id { get; set; }

        public int MemberId { get; set; }

        public int? BookingId { get; set; }
    }
}

public sealed class SqliteSeveralContextsConformance() : SeveralContextsConformance(Engine.Sqlite);

public sealed class PostgreSqlSeveralContextsConformance() : SeveralContextsConformance(Engine.PostgreSql);

public sealed class AnsiSeveralContextsConformance() : SeveralContextsConformance(Engine.Ansi);

public sealed class MariaDbSeveralContextsConformance() : SeveralContextsConformance(Engine.MariaDb);
