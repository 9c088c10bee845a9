using FloworxPurge.Reporting;

namespace FloworxPurge.Killed;

/// <summary>The three calls that are killed; the tests repeat them in their own process.</summary>
internal static class KillRun
{
    public const string Purge = "purge";

    public const string PurgeInChunks = "purge-in-chunks";

    public const string Restore = "restore";

    /// <summary>Runs one of the calls.</summary>
    /// <returns>The report of a purge, and null for a restore.</returns>
    public static async Task<PurgeReport?> RunAsync(
        string engine,
        string connectionString,
        string folder,
        string what,
        KillPoints points,
        CancellationToken cancellationToken = default)
    {
        await using var context = new KillContext(engine, connectionString, points);
        if (what == Restore)
        {
            points.Begin();
            RestoreReport restored = await PurgeArchive.RestoreAsync(
                folder,
                context,
                options => options.Unwrap = stream => new KillStream(stream, points),
                cancellationToken);
            return restored.Verdict == RestoreVerdict.Restored ? null : throw new InvalidOperationException(restored.Summary);
        }

        var purger = new Purger(options =>
        {
            options.Rows<User>(user => user.IsTest).ArchiveTo(folder, wrap: stream => new KillStream(stream, points));
            if (what == PurgeInChunks)
            {
                options.InChunks(roots: 2, maxRows: 20);
            }
        });
        PurgePlan plan = await purger.PlanAsync(context, cancellationToken);

        // A plan writes nothing.
        points.Begin();
        return await purger.ExecuteAsync(context, plan, cancellationToken: cancellationToken);
    }
}
