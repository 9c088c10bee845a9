using FloworxPurge;
using FloworxPurge.Reporting;
using Microsoft.EntityFrameworkCore;

namespace Readme;

/// <summary>Rows too many for one transaction, and a way back.</summary>
public sealed class LargeStory
{
    [Fact]
    public async Task An_operator_deletes_in_several_transactions()
    {
        await using UserContext db = await UserContext.CreateAsync();
        Func<DbContext, CancellationToken, Task<bool>> isQuietAsync = (_, _) => Task.FromResult(true);

        #region readme-chunks
        var purger = new Purger(options => options
            .Rows<User>(user => user.IsTest)
            .InChunks(roots: 500, pause: TimeSpan.FromMilliseconds(200), when: isQuietAsync));

        PurgeReport report = await purger.ExecuteAsync(db, await purger.PlanAsync(db));   // killed? the same call goes on
        #endregion

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal((1, true), (report.Chunks!.Transactions, report.Chunks.HasEnded));
        Assert.Equal((1, 1, 3, 3), await db.CountAsync());
    }

    [Fact]
    public async Task What_was_deleted_comes_back()
    {
        await using UserContext db = await UserContext.CreateAsync();

        #region readme-archive
        var purger = new Purger(options => options
            .Rows<User>(user => user.IsTest)
            .ArchiveTo("archive/2026-11-28", retainUntil: new DateOnly(2027, 2, 28)));

        PurgeReport report = await purger.ExecuteAsync(db, await purger.PlanAsync(db));

        RestorePlan plan = await PurgeArchive.RestorePlanAsync("archive/2026-11-28", db);       // what stands against it
        RestoreReport back = await PurgeArchive.RestoreAsync("archive/2026-11-28", db);
        #endregion

        Assert.Equal(4, report.RowsDeleted);
        Assert.Empty(plan.Refusals);
        Assert.Equal(RestoreVerdict.Restored, back.Verdict);
        Assert.Equal((3, 3, 3, 3), await db.CountAsync());
    }
    [Fact]
    public async Task SQLite_has_no_schema_for_an_archive()
    {
        await using UserContext db = await UserContext.CreateAsync();

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(PurgeAsync);

        Assert.Contains("it has no schemas", refused.Message, StringComparison.Ordinal);
        Assert.Equal((3, 3, 3, 3), await db.CountAsync());

        async Task PurgeAsync()
        {
            #region readme-archive-schema
            var purger = new Purger(options => options
                .Rows<User>(user => user.IsTest)
                .ArchiveTo(schema: "purged"));

            PurgeReport report = await purger.ExecuteAsync(db, await purger.PlanAsync(db));

            RestorePlan plan = await PurgeArchive.RestoreSchemaPlanAsync("purged", db);             // what stands against it
            RestoreReport back = await PurgeArchive.RestoreSchemaAsync("purged", db);
            #endregion

            Assert.Equal(4, report.RowsDeleted);
            Assert.Empty(plan.Refusals);
            Assert.Equal(RestoreVerdict.Restored, back.Verdict);
        }
    }
}
