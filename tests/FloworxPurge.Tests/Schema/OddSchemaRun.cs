using System.Data.Common;
using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace FloworxPurge.Tests.Schema;

/// <summary>
/// Scaffolds a live schema with EF Core's own scaffolder, plans twice, purges and resets it, and checks what holds for every schema and
/// every role.
/// </summary>
internal sealed class OddSchemaRun(OddSchemaDatabase database, OddSchema schema, OddRole role, CancellationToken cancellationToken)
{
    private readonly HashSet<string> _denied = [];
    private IModel? _model;

    public async Task RunAsync()
    {
        await database.CreateAsync(schema, cancellationToken);
        await using (ScenarioContext context = new(database.Database, _ => { }))
        {
            _model = ScaffoldedModel.Read(context);
        }

        if (schema.Later.Length > 0)
        {
            Assert.Null(await database.RunAsync(OddRole.Superuser, schema.Later, cancellationToken));
        }

        await FillAsync(first: true);
        PurgePlan plan = await PlanTwiceAsync();
        if (schema.Note is { } note)
        {
            Assert.Contains(plan.Notes, found => found.Text.Contains(note, StringComparison.Ordinal));
        }

        List<OddContent> before = await database.ReadAsync(cancellationToken);
        Assert.Contains(before, table => table.Rows.Length > 0);
        PurgeReport report = await PurgeAsync();
        List<OddContent> after = await database.ReadAsync(cancellationToken);
        CheckKept(report, before, after);
        Assert.Equal(schema.ResultOf(role), Describe(report, after));
        await FillAsync(first: false);
        await ResetAsync(report);
    }

    private async Task<PurgePlan> PlanTwiceAsync()
    {
        await using ScenarioContext first = Context();
        PurgePlan plan = await Purger().PlanAsync(first, cancellationToken);
        await using ScenarioContext second = Context();
        PurgePlan again = await Purger().PlanAsync(second, cancellationToken);
        Assert.Equal(plan.Fingerprint, again.Fingerprint);
        Assert.Equal(Text(plan), Text(again));
        return plan;
    }

    private async Task<PurgeReport> PurgeAsync()
    {
        await using ScenarioContext context = Context();
        PurgeReport? report;
        try
        {
            report = await Purger().ExecuteAsync(
                context,
                await Purger().PlanAsync(context, cancellationToken),
                cancellationToken: cancellationToken);
        }
        catch (PurgeException e) when (e.Report is not null)
        {
            report = e.Report;
        }

        Assert.NotNull(report);
        Assert.All(report.Skips, skip => Assert.True(skip.Reason is not null && skip.Explanation.Length > 0, skip.ToString()));
        return report;
    }

    // Whatever is not among the purged tables of a run that was committed is as it was.
    private static void CheckKept(PurgeReport report, List<OddContent> before, List<OddContent> after)
    {
        HashSet<string> purged = report.Transaction == TransactionOutcome.Committed
            ? [.. report.Tables.Select(table => Unquoted(table.Table.ToString()))]
            : [];

        // A table that is kept or skipped by itself is no part of the table that is purged.
        HashSet<string> kept = [.. report.Kept.Concat(report.Skips).Select(table => Unquoted(table.Table.ToString()))];
        bool IsPurged(OddContent table)
            => !kept.Contains(Unquoted(table.Table)) && (purged.Contains(Unquoted(table.Owner)) || purged.Contains(Unquoted(table.Table)));
        Assert.Equal(before.Where(table => !IsPurged(table)), after.Where(table => !IsPurged(table)));
        if (report.Verdict is PurgeVerdict.Complete or PurgeVerdict.CompleteWithSkips)
        {
            Assert.All(
                after.Where(IsPurged),
                table => Assert.Equal(string.Empty, table.Rows));
        }
    }

    private static string Describe(PurgeReport report, List<OddContent> after)
    {
        Dictionary<string, PlanTable> reasons = report.Skips.Concat(report.Kept).ToDictionary(table => Unquoted(table.Table.ToString()));
        IEnumerable<string> left = after
            .Where(table => table.Rows.Length > 0)
            .Select(table => reasons.GetValueOrDefault(Unquoted(table.Table)) is { } own ? $"{Unquoted(table.Table)} {own.Reason}"
                : reasons.GetValueOrDefault(Unquoted(table.Owner)) is { } root ? $"{table.Owner} {root.Reason}"
                : $"{Unquoted(table.Table)} has rows");
        IEnumerable<string> skipped = report.Skips.Select(skip => $"{Unquoted(skip.Table.ToString())} {skip.Reason}");
        return string.Join(", ", [$"{report.Verdict}", .. skipped.Union(left).Order(StringComparer.Ordinal)]);
    }

    private async Task ResetAsync(PurgeReport purge)
    {
        List<OddContent> before = await database.ReadAsync(cancellationToken);
        string result;
        try
        {
            await using ScenarioContext context = Context();
            await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(
                context,
                options => (options.ThrowOnSkips, options.ResetIdentity) = (false, ResetsIdentity),
                cancellationToken);
            await resetter.ResetAsync(cancellationToken);
            await resetter.ResetAsync(cancellationToken);
            List<OddContent> after = await database.ReadAsync(cancellationToken);
            CheckKept(purge with { Transaction = TransactionOutcome.Committed }, before, after);
            result = Filled(after);
        }
        catch (PurgeException e)
        {
            Assert.Equal(before, await database.ReadAsync(cancellationToken));
            result = e.Message;
        }

        string expected = Filled(before.Where(table => !IsPurged(purge, table)));
        switch (schema.ResetOf(role) ?? (purge.Tables.Count == 0 ? "There is no table to reset" : null))
        {
            case null:
                Assert.Equal(expected, result);
                break;
            case "":
                Assert.Equal(string.Empty, result);
                break;
            case { } message:
                Assert.Contains(message, result, StringComparison.Ordinal);
                break;
        }

        await FillAsync(first: false);
    }

    private static string Filled(IEnumerable<OddContent> tables)
        => string.Join(", ", tables.Where(table => table.Rows.Length > 0).Select(table => table.Table).Order(StringComparer.Ordinal));

    private static bool IsPurged(PurgeReport report, OddContent content)
        => report.Tables.Any(table => Unquoted(table.Table.ToString()) is { } name
            && (name == Unquoted(content.Owner) || name == Unquoted(content.Table)));

    // The role inserts what it may; what it may insert once it may insert always.
    private async Task FillAsync(bool first)
    {
        foreach (string row in schema.Rows)
        {
            DbException? failure = await database.RunAsync(role, row, cancellationToken);
            if (failure is not null && database.IsDenied(failure))
            {
                Assert.True(first || _denied.Contains(row), failure.Message);
                _denied.Add(row);
                failure = await database.RunAsync(OddRole.Superuser, row, cancellationToken);
            }

            Assert.True(failure is null || (!first && database.IsDuplicate(failure)), $"{row}: {failure?.Message}");
        }
    }

    // To restart a sequence is the owner's.
    private bool ResetsIdentity => role != OddRole.Writer;

    private Purger Purger() => new(options => options.ResetIdentity = ResetsIdentity);

    private ScenarioContext Context()
        => new(database.Database, _ => { }, options =>
        {
            database.Use(options, role);
            options.UseModel(_model!);
        });

    private static string Text(PurgePlan plan)
        => string.Join('\n', plan.Steps.Select(step => step.Sql).Concat(plan.Notes.Select(note => note.ToString())));

    private static string Unquoted(string table)
        => table.Replace("\"", string.Empty, StringComparison.Ordinal).Replace("`", string.Empty, StringComparison.Ordinal);
}
