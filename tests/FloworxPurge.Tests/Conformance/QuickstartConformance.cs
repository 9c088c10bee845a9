using System.IO.Compression;
using System.Text.RegularExpressions;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Quickstart;

namespace FloworxPurge.Tests.Conformance;

/// <summary>The sample's case: 20 tables, of which five have drifted, with 312 rows in the other 15.</summary>
public abstract class QuickstartConformance(Engine engine) : ConformanceGroup(engine)
{
    private static readonly string[] Drifted = ["business_configs", "client_config", "onboarding_progress", "user_connections"];

    private static readonly (string, PlanReason)[] Skips =
    [
        ("business_configs", PlanReason.KeyTypeDiffers),
        ("client_config", PlanReason.ColumnMissing),
        ("clients", PlanReason.TableMissing),
        ("onboarding_progress", PlanReason.KeyTypeDiffers),
        ("user_connections", PlanReason.ColumnMissing),
    ];

    [Fact]
    public async Task Fifteen_tables_are_purged_and_five_are_skipped_with_their_reasons()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using FloWorxContext db = await PrepareAsync(database);
        Dictionary<string, long> before = await CountAsync(db, database);
        string[] drifted = await DriftedRowsAsync(database);

        PurgeReport report = await PurgeAsync(db);

        Assert.Equal(PurgeVerdict.CompleteWithSkips, report.Verdict);
        Assert.Equal((15, 312, 312), (report.Tables.Count, report.RowsDeleted, before.Values.Sum()));
        Assert.All(
            report.Tables,
            table => Assert.Equal((before[table.Table.ToString()], before[table.Table.ToString()], 0), (table.RowsBefore, table.RowsDeleted, table.RowsAfter)));
        Assert.Equal(Skips, report.Skips.Select(skip => (skip.Table.Name, skip.Reason!.Value)));
        Assert.All((await CountAsync(db, database)).Values, count => Assert.Equal(0, count));
        Assert.Equal(drifted, await DriftedRowsAsync(database));
    }

    [Fact]
    public async Task The_plan_and_the_report_say_how_many_rows_are_left_in_the_skipped_tables()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using FloWorxContext db = await PrepareAsync(database);
        Purger purger = Engine.Purger();

        PurgePlan plan = await purger.PlanAsync(db, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(db, plan, cancellationToken: CancellationToken);

        foreach (string table in Drifted)
        {
            long rows = await database.CountAsync(table, Engine.HasSchemas ? Engine.DefaultSchema : null, CancellationToken);
            Assert.Equal(rows, plan.Skips.Single(skip => skip.Table.Name == table).Rows);
            Assert.Equal(rows, report.Skips.Single(skip => skip.Table.Name == table).Rows);
        }

        Assert.Equal(0, report.Skips.Single(skip => skip.Table.Name == "clients").Rows);
        Assert.Equal(12, report.RowsLeft);
        Assert.Contains(" 12 rows are left in 4 skipped tables.", report.Summary, StringComparison.Ordinal);
        Assert.Contains(" 12 rows are now in 4 skipped tables.", PurgeReport.FromPlan(plan).Summary, StringComparison.Ordinal);
        Assert.Equal(12, PurgeReport.FromPlan(plan).RowsLeft);
    }

    [Fact]
    public async Task In_a_caller_s_transaction_the_rows_that_are_left_are_counted_after_the_commit()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using FloWorxContext db = await PrepareAsync(database);
        Purger purger = Engine.Purger();
        PurgePlan plan = await purger.PlanAsync(db, CancellationToken);

        await using IDbContextTransaction transaction = await db.Database.BeginTransactionAsync(CancellationToken);
        PurgeReport before = await purger.ExecuteAsync(db, plan, cancellationToken: CancellationToken);
        await transaction.CommitAsync(CancellationToken);
        PurgeReport after = await purger.VerifyAsync(db, before, CancellationToken);
        PurgeReport read = await purger.VerifyAsync(db, PurgeReport.FromJson(before.ToJson()), CancellationToken);

        Assert.Null(before.RowsLeft);
        Assert.Contains("VerifyAsync counts them", before.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("rows are left", before.Summary, StringComparison.Ordinal);
        foreach (PurgeReport report in (PurgeReport[])[after, read, await purger.VerifyAsync(db, after, CancellationToken)])
        {
            Assert.Equal(12, report.RowsLeft);
            Assert.Equal(2, report.Summary.Split(" 12 rows are left in 4 skipped tables.").Length);
        }
    }

    [Fact]
    public async Task The_case_can_be_purged_again_and_after_it_was_filled_again()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using FloWorxContext db = await PrepareAsync(database);
        await PurgeAsync(db);

        PurgeReport empty = await PurgeAsync(db);
        await using FloWorxContext again = await PrepareAsync(database);
        PurgeReport full = await PurgeAsync(again);

        Assert.Equal((PurgeVerdict.CompleteWithSkips, 0, 5), (empty.Verdict, empty.RowsDeleted, empty.Skips.Count));
        Assert.Equal((PurgeVerdict.CompleteWithSkips, 312, 5), (full.Verdict, full.RowsDeleted, full.Skips.Count));
    }

    [Fact]
    public async Task The_test_users_go_to_an_archive_and_come_back_as_they_were()
    {
        Assert.SkipUnless(Engine.HasDialect, "An engine whose values are not known has no archive.");
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using FloWorxContext db = await PrepareAsync(database);
        string before = await database.ChecksumAsync(CancellationToken);
        DirectoryInfo parent = Directory.CreateTempSubdirectory("floworxpurge-quickstart-");
        try
        {
            string folder = Path.Combine(parent.FullName, "test-users");
            Purger purger = Engine.Purger(options => options
                .Rows<AuthUser>(account => account.Email.StartsWith("test-"))
                .OnReference<BusinessProfile>(profile => profile.OwnerId, ReferenceAction.Follow)
                .OnReference<EmailProcessing>(processing => processing.EmailId, ReferenceAction.Follow)
                .OnReference<PerformanceMetric>(metric => metric.WorkflowExecutionId, ReferenceAction.Follow)
                .ArchiveTo(folder));

            PurgeReport report = await purger.ExecuteAsync(
                db,
                await purger.PlanAsync(db, CancellationToken),
                cancellationToken: CancellationToken);
            string[] users = await ReadAsync(folder);
            RestoreReport restored = await PurgeArchive.RestoreAsync(folder, db, cancellationToken: CancellationToken);

            Assert.Equal((PurgeVerdict.Complete, RestoreVerdict.Restored), (report.Verdict, restored.Verdict));
            Assert.Equal(["test-1@example.com", "test-2@example.com"], users);
            await database.ExecuteAsync("DROP TABLE floworxpurge_runs", CancellationToken);
            Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
        }
        finally
        {
            parent.Delete(recursive: true);
        }
    }

    // The addresses in the lines of a file.
    private static async Task<string[]> ReadAsync(string folder)
    {
        string file = Directory.GetFiles(folder)
            .Single(name => name.EndsWith("auth_users.tsv.gz", StringComparison.Ordinal) || name.EndsWith("auth.users.tsv.gz", StringComparison.Ordinal));
        await using var unzipped = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
        using var reader = new StreamReader(unzipped);
        return [.. Regex.Matches(await reader.ReadToEndAsync(CancellationToken), @"test-\d@example\.com", RegexOptions.None, TimeSpan.FromSeconds(1))
            .Select(match => match.Value)
            .Order(StringComparer.Ordinal)];
    }

    [Fact]
    public async Task The_plan_the_script_and_the_commands_are_as_approved()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        (await PrepareAsync(database)).Dispose();
        var hook = new CommandHook();
        await using var db = new FloWorxContext(Options(database, hook));
        Purger purger = Engine.Purger(options => options.ResetIdentity = true);

        PurgePlan plan = await purger.PlanAsync(db, CancellationToken);
        hook.Reset();
        await purger.ExecuteAsync(db, plan, cancellationToken: CancellationToken);

        string name = "quickstart." + Engine.Name.ToLowerInvariant();
        Snapshot.Match(name + ".plan", Scrubber.Scrub(plan.ToString(), plan.Database));
        Snapshot.Match(name + ".script", Scrubber.Scrub(plan.ToSqlScript(), plan.Database));
        Snapshot.Match(name + ".commands", Scrubber.Scrub(string.Join("\n\n", hook.Texts), plan.Database) + "\n");
    }

    private static async Task<FloWorxContext> PrepareAsync(TestDatabase database)
    {
        DbContextOptions options = Options(database);
        Assert.Null(await FloWorxDatabase.PrepareAsync(options));
        return new FloWorxContext(options);
    }

    private static DbContextOptions Options(TestDatabase database, CommandHook? hook = null)
    {
        var builder = new DbContextOptionsBuilder();
        database.Configure(builder);
        return (hook is null ? builder : builder.AddInterceptors(hook)).Options;
    }

    /// <summary>The rows of the tables that have not drifted.</summary>
    private static async Task<Dictionary<string, long>> CountAsync(FloWorxContext db, TestDatabase database)
    {
        var counts = new Dictionary<string, long>();
        foreach (var type in db.Model
            .GetEntityTypes()
            .Where(type => type.GetTableName() is { } table && table != "clients" && !Drifted.Contains(table)))
        {
            counts[type.GetSchemaQualifiedTableName()!] = await database.CountAsync(
                type.GetTableName()!,
                type.GetSchema(),
                CancellationToken);
        }

        return counts;
    }

    private static async Task<string[]> DriftedRowsAsync(TestDatabase database)
    {
        string[] parts = (await database.ChecksumAsync(CancellationToken)).Split("== rows of ");
        return [.. parts
            .Where(part => Drifted.Append("quickstart_tables").Any(table => part.Split(' ')[0] == database.Pick(table, "public." + table, TestDatabase.Quote(table), "dbo." + table)))];
    }
}

public sealed class SqliteQuickstartConformance() : QuickstartConformance(Engine.Sqlite);

public sealed class PostgreSqlQuickstartConformance() : QuickstartConformance(Engine.PostgreSql);

public sealed class AnsiQuickstartConformance() : QuickstartConformance(Engine.Ansi);
