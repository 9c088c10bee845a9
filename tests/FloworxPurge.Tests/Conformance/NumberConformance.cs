using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance.Models;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Tests.Conformance;

/// <summary>The identity values of a table: they continue after a purge, unless it restarts them.</summary>
public abstract class NumberConformance(Engine engine) : ModelGroup(engine)
{
    [Fact]
    public async Task Numbers_continue_by_default()
    {
        await using TestDatabase database = await CreateAsync(NumberModels.GeneratedNumbers);
        await using ScenarioContext context = NumberModels.GeneratedNumbers.CreateContext(database);

        PurgeReport report = await PurgeCompletelyAsync(database, context);

        Assert.Empty(report.IdentitiesReset);
        Assert.Equal(3, await NextAsync(context, new Ticket(), row => row.Id));
    }

    [Fact]
    public async Task Numbers_restart_when_asked_for()
    {
        Assert.SkipUnless(Engine.ResetsIdentity, $"{Engine} has no statement that restarts numbers.");
        await using TestDatabase database = await CreateAsync(NumberModels.GeneratedNumbers);
        await using ScenarioContext context = NumberModels.GeneratedNumbers.CreateContext(database);

        PurgeReport report = await PurgeCompletelyAsync(database, context, options => options.ResetIdentity = true);

        Assert.Equal(["Receipts", "Tickets"], report.IdentitiesReset.Select(table => table.Name));
        Assert.Equal(1, await NextAsync(context, new Ticket(), row => row.Id));
        Assert.Equal(1, await NextAsync(context, new Receipt(), row => row.Id));
    }

    [Fact]
    public async Task Numbers_that_cannot_restart_are_named_in_a_warning()
    {
        Assert.SkipWhen(Engine.ResetsIdentity, $"{Engine} restarts numbers.");
        await using TestDatabase database = await CreateAsync(NumberModels.GeneratedNumbers);
        await using ScenarioContext context = NumberModels.GeneratedNumbers.CreateContext(database);

        PurgeReport report = await PurgeAsync(context, options => options.ResetIdentity = true);

        Assert.Empty(report.IdentitiesReset);
        Assert.Equal(
            ["Receipts", "Tickets"],
            report.Notes.Where(note => note.Grade == LogLevel.Warning && note.Text.Contains("are not restarted", StringComparison.Ordinal)).Select(note => note.Table?.Name));
    }

    [Fact]
    public async Task A_kept_table_goes_on_with_its_numbers()
    {
        Assert.SkipUnless(Engine.ResetsIdentity, $"{Engine} has no statement that restarts numbers.");
        await using TestDatabase database = await CreateAsync(NumberModels.GeneratedNumbers);
        await using ScenarioContext context = NumberModels.GeneratedNumbers.CreateContext(database);

        PurgeReport report = await PurgeAsync(context, options => options.Exclude<Ticket>().ResetIdentity = true);

        Assert.Equal(["Receipts"], report.IdentitiesReset.Select(table => table.Name));
        Assert.Equal(3, await NextAsync(context, new Ticket(), row => row.Id));
    }

    [Fact]
    public async Task A_table_that_was_never_used_begins_with_its_first_number()
    {
        Assert.SkipUnless(Engine.ResetsIdentity, $"{Engine} has no statement that restarts numbers.");
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using ScenarioContext context = NumberModels.GeneratedNumbers.CreateContext(database);
        await context.CreateTablesAsync(CancellationToken);

        await PurgeCompletelyAsync(database, context, options => options.ResetIdentity = true);
        await PurgeCompletelyAsync(database, context, options => options.ResetIdentity = true);

        Assert.Equal(1, await NextAsync(context, new Ticket(), row => row.Id));
        Assert.Equal(2, await NextAsync(context, new Ticket(), row => row.Id));
    }

    [Fact]
    public async Task Identity_and_serial_columns_restart_at_their_own_seed()
    {
        await using TestDatabase database = await CreateAsync(NumberModels.EverySourceOfNumbers);
        await using ScenarioContext context = NumberModels.EverySourceOfNumbers.CreateContext(database);

        PurgeReport report = await PurgeCompletelyAsync(database, context, options => options.ResetIdentity = true);

        Assert.Equal(["Badges", "Coupons", "Receipts", "Tickets", "Vouchers"], report.IdentitiesReset.Select(table => table.Name).Order());
        Assert.Equal(100, await NextAsync(context, new Ticket(), row => row.Id));
        Assert.Equal(110, await NextAsync(context, new Ticket(), row => row.Id));
        Assert.Equal(7, await NextAsync(context, new Receipt(), row => row.Id));
        Assert.Equal(1, await NextAsync(context, new Voucher(), row => row.Id));
    }

    [Fact]
    public async Task Never_used_identity_columns_begin_at_their_own_seed()
    {
        Assert.SkipWhen(NumberModels.EverySourceOfNumbers.Gap(Engine) is not null, $"{Engine} numbers by AUTOINCREMENT alone, from 1.");
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using ScenarioContext context = NumberModels.EverySourceOfNumbers.CreateContext(database);
        await context.CreateTablesAsync(CancellationToken);

        await PurgeCompletelyAsync(database, context, options => options.ResetIdentity = true);

        Assert.Equal(100, await NextAsync(context, new Ticket(), row => row.Id));
        Assert.Equal(7, await NextAsync(context, new Receipt(), row => row.Id));
        Assert.Equal(1, await NextAsync(context, new Voucher(), row => row.Id));
    }

    [Fact]
    public async Task Sequences_of_the_model_that_no_column_owns_restart_too()
    {
        await using TestDatabase database = await CreateAsync(NumberModels.EverySourceOfNumbers);
        await using ScenarioContext context = NumberModels.EverySourceOfNumbers.CreateContext(database);

        await PurgeCompletelyAsync(database, context, options => options.ResetIdentity = true);

        // Two vouchers, two badges and one block of ten coupons were drawn before.
        Assert.Equal(500, await NextAsync(context, new Voucher(), row => row.Number));
        Assert.Equal(1, await NextAsync(context, new Badge(), row => row.Id));
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT nextval('\"CouponNumbers\"')", CancellationToken));
    }

    private static async Task<long> NextAsync<TEntity>(ScenarioContext context, TEntity row, Func<TEntity, long> number)
        where TEntity : class
    {
        context.Add(row);
        await context.SaveChangesAsync(CancellationToken);
        context.ChangeTracker.Clear();
        return number(row);
    }
}

public sealed class SqliteNumberConformance() : NumberConformance(Engine.Sqlite);

public sealed class PostgreSqlNumberConformance() : NumberConformance(Engine.PostgreSql);

public sealed class AnsiNumberConformance() : NumberConformance(Engine.Ansi);

public sealed class MariaDbNumberConformance() : NumberConformance(Engine.MariaDb);
