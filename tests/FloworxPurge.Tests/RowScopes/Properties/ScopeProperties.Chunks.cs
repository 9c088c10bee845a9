using System.Globalization;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.RowScopes.Properties;

/// <content>The same purge in several transactions, with an archive that is restored afterwards.</content>
public sealed partial class ScopeProperties
{
    /// <summary>Checks that a run in several transactions ends as the oracle says, and that its archive brings everything back.</summary>
    public static async Task CheckInChunksAsync(TestDatabase database, ScopeCase it)
    {
        // What such a run does not combine with.
        it = it with
        {
            OnBlocked = it.OnBlocked == OnBlocked.Fail ? OnBlocked.Skip : it.OnBlocked,
            BestEffort = false,
            JoinsTransaction = false,
        };
        ScopeProperties properties = await CreateAsync(database, it);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("floworxpurge-property-");
        try
        {
            await properties.CheckInChunksAsync(Path.Combine(folder.FullName, "archive"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task CheckInChunksAsync(string folder)
    {
        int roots = 1 + (_case.Seed % 3);
        IPurger purger = _purger.With(options => options.InChunks(roots, 4).ArchiveTo(folder));
        await using var context = new ScenarioContext(_database, _buildModel);
        PurgePlan plan = await purger.PlanAsync([context]);
        PurgeReport report = await purger.ExecuteAsync([context], plan);

        string details = string.Create(CultureInfo.InvariantCulture, $"{roots} roots a transaction\n{report.Summary}\n{plan}");
        await MustHoldAsync("exactly the largest safe set is gone after all transactions", _expected.After, details);
        PurgeVerdict verdict = _expected.Matched == _expected.Result.Blocked.Count ? PurgeVerdict.NothingMatched
            : _expected.Result.Blocked.Count > 0 ? PurgeVerdict.CompleteWithSkips
            : PurgeVerdict.Complete;
        Must(report.Verdict == verdict, $"the verdict of all transactions is {verdict}", $"{report.Verdict}", details);
        int deleted = _columns.Tables.Sum(_expected.Deleted);
        Must(report.RowsDeleted == deleted, $"{deleted} rows are reported as deleted, once each", $"{report.RowsDeleted}", details);
        Must(
            report.Scope!.BlockedRows == _expected.Result.Blocked.Count && report.Scope.Matched == _expected.Matched,
            "the rows that match and those that stay are counted once",
            $"{report.Scope.Matched} and {report.Scope.BlockedRows}, expected {_expected.Matched} and {_expected.Result.Blocked.Count}",
            details);
        if (deleted == 0)
        {
            return;
        }

        await using var other = new ScenarioContext(_database, _buildModel);
        await PurgeArchive.RestoreAsync(folder, other);
        await MustHoldAsync("the archive brings every row back as it was", _expected.Before, details);
    }
}
