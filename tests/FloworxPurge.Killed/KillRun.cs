using FloworxPurge.Reporting;

namespace FloworxPurge.Killed;

/// <summary>The calls that are killed; the tests repeat them in their own process.</summary>
internal static class KillRun
{
    public const string Purge = "purge";

    public const string PurgeInChunks = "purge-in-chunks";

    /// <summary>Each transaction but the first waits for a line of the input.</summary>
    public const string PurgeInChunksAndWait = "purge-in-chunks-and-wait";

    public const string Restore = "restore";

    public const string PurgeToSchema = "purge-to-schema";

    public const string PurgeInChunksToSchema = "purge-in-chunks-to-schema";

    public const string RestoreSchema = "restore-schema";

    /// <summary>Rents two test databases, prints their connection strings and keeps them.</summary>
    public const string Rent = "rent";

    /// <summary>Returns whether the archive of a call is in a schema of the database.</summary>
    public static bool IsOfSchema(string what) => what is PurgeToSchema or PurgeInChunksToSchema or RestoreSchema;

    /// <summary>Returns whether a call is continued by the same call.</summary>
    public static bool IsInChunks(string what) => what is PurgeInChunks or PurgeInChunksToSchema;

    /// <summary>Returns the call that restores what another one archived.</summary>
    public static string RestoreOf(string what) => IsOfSchema(what) ? RestoreSchema : Restore;

    /// <summary>Rents two test databases and never returns them.</summary>
    /// <param name="engine">The engine, as the tests call it.</param>
    /// <param name="connectionString">The connection string that those of the databases are made from.</param>
    /// <param name="print">Gets the connection string of each.</param>
    public static async Task RentAsync(string engine, string connectionString, Action<string> print)
    {
        await using var databases = new TestDatabases<KillContext>(connectionString, text => new KillContext(engine, text))
        {
            MaxDatabases = 2,
        };
        for (int i = 0; i < 2; i++)
        {
            print((await databases.RentAsync()).ConnectionString);
        }

        await Task.Delay(Timeout.Infinite);
    }

    /// <summary>Runs one of the calls.</summary>
    /// <param name="engine">The engine, as the tests call it.</param>
    /// <param name="connectionString">The database.</param>
    /// <param name="archive">The folder or the schema of the archive.</param>
    /// <param name="what">The call.</param>
    /// <param name="points">The points that are passed.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>The report of a purge, and null for a restore.</returns>
    public static async Task<PurgeReport?> RunAsync(
        string engine,
        string connectionString,
        string archive,
        string what,
        KillPoints points,
        CancellationToken cancellationToken = default)
    {
        await using var context = new KillContext(engine, connectionString, points);
        if (what == RestoreOf(what))
        {
            points.Begin();
            RestoreReport restored = what == RestoreSchema
                ? await PurgeArchive.RestoreSchemaAsync(archive, context, cancellationToken: cancellationToken)
                : await PurgeArchive.RestoreAsync(
                    archive,
                    context,
                    options =>
                    {
                        options.Unwrap = stream => new KillStream(stream, points);

                        // A test may have put a copy in the place of the file.
                        options.AllowOtherDatabase = engine == "SQLite";
                    },
                    cancellationToken);
            return restored.Verdict == RestoreVerdict.Restored ? null : throw new InvalidOperationException(restored.Summary);
        }

        var purger = new Purger(options =>
        {
            options.Rows<User>(user => user.IsTest);
            _ = IsOfSchema(what)
                ? options.ArchiveTo(schema: archive)
                : options.ArchiveTo(archive, wrap: stream => new KillStream(stream, points));
            if (IsInChunks(what))
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
