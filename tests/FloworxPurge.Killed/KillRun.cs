using FloworxPurge.Reporting;

namespace FloworxPurge.Killed;

/// <summary>The three calls that are killed; the tests repeat them in their own process.</summary>
internal static class KillRun
{
    public const string Purge = "purge";

    public const string PurgeInChunks = "purge-in-chunks";

    /// <summary>Each transaction but the first waits for a line of the input.</summary>
    public const string PurgeInChunksAndWait = "purge-in-chunks-and-wait";

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
            else if (what == PurgeInChunksAndWait)
            {
                options.InChunks(roots: 2, maxRows: 20, when: async (_, token) =>
                {
                    await Console.Out.WriteLineAsync("waits");
                    return await Console.In.ReadLineAsync(token) is not null;
                });
            }
        });
        PurgePlan plan = await purger.PlanAsync(context, cancellationToken);

        // A plan writes nothing.
        points.Begin();
        return await purger.ExecuteAsync(context, plan, cancellationToken: cancellationToken);
    }
}
