using System.Globalization;
using System.IO.Enumeration;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>Checks that run before any write. They read the open connection, never the configuration.</summary>
internal static class TargetGuard
{
    /// <summary>What to do when a plan no longer fits.</summary>
    public const string NewPlan = "Make a new plan with PlanAsync and look at it.";

    private const string WritableConnection = "writable connection";
    private const string UnchangedPlan = "unchanged plan";

    /// <summary>Gets the guards of a run before they are evaluated, in the order of evaluation.</summary>
    public static List<CheckReport> NotReached(PurgeSettings settings, string fingerprint)
    {
        return
        [
            Guard("RequiredDatabase", settings.RequiredDatabase),
            Guard("AllowDatabase", settings.AllowedDatabases.Count == 0 ? null : string.Join(", ", settings.AllowedDatabases)),
            Guard(WritableConnection, "may write"),
            Guard(UnchangedPlan, fingerprint),
            Guard("MaxRows", settings.MaxRows?.ToString(CultureInfo.InvariantCulture)),
        ];

        static CheckReport Guard(string name, string? limit)
            => new()
            {
                Name = name,
                Expected = limit ?? string.Empty,
                Actual = string.Empty,
                Outcome = limit is null ? Outcome.Skipped : Outcome.NotRun,
            };
    }

    /// <summary>Evaluates the guards that need no transaction. Returns why they refuse a plan, or null.</summary>
    public static string? RefusalOf(PurgePlan plan, PurgeSettings settings)
    {
        var run = PurgeRun.BeforeItBegan(plan, settings, RunEnd.Refused, error: string.Empty, exception: null);
        foreach (PlanTable table in plan.Tables)
        {
            run.Tables[table.Table].Before = table.Rows;
        }

        try
        {
            CheckDatabase(run, plan.Database, settings);
            CheckVerifiable(plan, settings);
            CheckRows(run, settings);
            return null;
        }
        catch (RunStoppedException e)
        {
            return e.Message;
        }
    }

    /// <summary>Determines whether the guards allow a purge of the database of a plan.</summary>
    public static bool AllowsDatabase(PurgePlan plan, PurgeSettings settings)
    {
        try
        {
            CheckDatabase(
                PurgeRun.BeforeItBegan(plan, settings, RunEnd.Refused, error: string.Empty, exception: null),
                plan.Database,
                settings);
            return true;
        }
        catch (RunStoppedException)
        {
            return false;
        }
    }

    /// <summary>Refuses a database that may not be purged.</summary>
    /// <exception cref="RunStoppedException">A guard refuses the run; the message names every guard that does.</exception>
    public static void CheckDatabase(PurgeRun run, DatabaseIdentity database, PurgeSettings settings)
    {
        var problems = new List<string>();
        if (settings.RequiredDatabase is { } required
            && !run.Guard("RequiredDatabase", database.Database, string.Equals(required, database.Database, StringComparison.Ordinal)))
        {
            problems.Add(
                $"the connection is open to database \"{database.Database}\" on {database.Server}, and RequiredDatabase says "
                    + $"\"{required}\"");
        }

        if (settings.AllowedDatabases.Count > 0
            && !run.Guard("AllowDatabase", database.Database, IsAllowed(database, settings.AllowedDatabases)))
        {
            problems.Add(
                $"database \"{database.Database}\" on {database.Server} is not one of the allowed databases "
                    + $"({string.Join(", ", settings.AllowedDatabases.Select(pattern => $"\"{pattern}\""))}); allow it with "
                    + $"AllowDatabase(\"{database.Database}\") if it is the right one");
        }

        Refuse(problems);
    }

    /// <summary>Refuses a connection that says that it cannot write.</summary>
    /// <exception cref="RunStoppedException">It is read-only.</exception>
    public static void CheckWritable(PurgeRun run, DatabaseSchema live)
    {
        string? readOnly = live.Facts.FirstOrDefault(fact => fact.Kind is SchemaFact.ReadOnly)?.Name;
        if (readOnly is not null)
        {
            throw ReadOnly(run, readOnly);
        }

        run.Guard(WritableConnection, "does not say that it is read-only", isPassed: true);
    }

    /// <summary>Refuses to fire triggers where what they may write to a kept table could not be rolled back.</summary>
    /// <exception cref="RunStoppedException">The storage of a kept table has no transactions, and a trigger fires.</exception>
    public static void CheckKeptStorage(PurgeRun run, FreshFacts facts)
    {
        if (KeptStorage.Refusal(facts) is { } refusal)
        {
            throw new RunStoppedException(RunEnd.Refused, refusal);
        }

        run.Notes.AddRange(KeptStorage.Notes(facts));
    }

    /// <summary>Refuses facts of which another plan is made.</summary>
    /// <exception cref="RunStoppedException">The plan no longer fits.</exception>
    public static void CheckPlan(PurgeRun run, PurgePlan given, PurgePlan fresh)
    {
        if (!run.Guard(UnchangedPlan, fresh.Fingerprint, string.Equals(fresh.Fingerprint, given.Fingerprint, StringComparison.Ordinal)))
        {
            throw new RunStoppedException(RunEnd.Refused, $"the plan no longer fits: {PlanDifference.Describe(given, fresh)} {NewPlan}");
        }
    }

    /// <summary>Refuses a plan of which it is known that the result could not be verified.</summary>
    /// <exception cref="RunStoppedException">It could not, and <see cref="PurgeOptions.AllowUnverified"/> is not set.</exception>
    public static void CheckVerifiable(PurgePlan plan, PurgeSettings settings)
    {
        if (Unverified.Refusal(plan, settings) is { } refusal)
        {
            throw new RunStoppedException(RunEnd.Refused, refusal);
        }
    }

    /// <summary>What ends a run for which no plan could be made any more.</summary>
    public static RunStoppedException NoPlan(PurgeRun run, string because)
    {
        run.Guard(UnchangedPlan, because, isPassed: false);
        return new RunStoppedException(RunEnd.Refused, $"the plan no longer fits: {because} {NewPlan}");
    }

    /// <summary>What ends a run that found out before its first write that it cannot write.</summary>
    public static RunStoppedException ReadOnly(PurgeRun run, string because, Exception? cause = null)
    {
        run.Guard(WritableConnection, because, isPassed: false);
        return new RunStoppedException(
            RunEnd.Refused,
            $"the connection is read-only ({because.TrimEnd('.')}), so nothing can be deleted. Purge through a connection that may write, "
                + $"to the primary server.",
            cause);
    }

    /// <summary>Refuses more rows than expected.</summary>
    /// <exception cref="RunStoppedException">There are more rows than <see cref="PurgeOptions.MaxRows"/>.</exception>
    public static void CheckRows(PurgeRun run, PurgeSettings settings)
    {
        long rows = run.Tables.Values.Sum(table => table.Before ?? 0);
        if (settings.MaxRows is { } most && !run.Guard("MaxRows", rows.ToString(CultureInfo.InvariantCulture), rows <= most))
        {
            IEnumerable<string> largest = run.Tables
                .OrderByDescending(pair => pair.Value.Before)
                .ThenBy(pair => pair.Key)
                .Take(3)
                .Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key} {pair.Value.Before}"));
            Refuse(
                [string.Create(CultureInfo.InvariantCulture, $"the tables to purge hold {Quantity.Of(rows, "row")}, and MaxRows is "
                    + $"{settings.MaxRows} (most in {string.Join(", ", largest)})")]);
        }
    }

    /// <summary>Ends a run that deleted more rows than expected: some arrived after they were counted.</summary>
    /// <exception cref="RunStoppedException">
    /// More rows were deleted than <see cref="PurgeOptions.MaxRows"/>; the run has to be rolled back.
    /// </exception>
    public static void CheckDeleted(PurgeRun run, PurgeSettings settings)
    {
        long rows = run.Tables.Values.Where(table => table.Error is null).Sum(table => table.Deleted);
        if (settings.MaxRows is { } most && !run.Guard("MaxRows", rows.ToString(CultureInfo.InvariantCulture), rows <= most))
        {
            throw new RunStoppedException(
                RunEnd.Failed,
                string.Create(CultureInfo.InvariantCulture, $"{Quantity.Of(rows, "row")} were deleted, and MaxRows is {most}: rows "
                    + $"arrived after they were counted. Set LockTables to keep other sessions from writing, or look at what writes "
                    + $"there."));
        }
    }

    /// <summary>Determines whether one of the patterns names the database; case is ignored.</summary>
    public static bool IsAllowed(DatabaseIdentity database, IReadOnlyList<string> patterns)
        => patterns.Any(pattern =>
            FileSystemName.MatchesSimpleExpression(
                pattern.Replace("\\", "\\\\", StringComparison.Ordinal),
                database.Database,
                ignoreCase: true));

    private static void Refuse(List<string> problems)
    {
        if (problems.Count > 0)
        {
            throw new RunStoppedException(RunEnd.Refused, string.Join("; ", problems) + ".");
        }
    }
}
