using System.Globalization;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>What a run cannot verify is committed only when that is allowed.</summary>
internal static class Unverified
{
    private const int MostVerifications = 5;

    private const string Choice =
        "Set AllowUnverified to delete and commit what this role can see all the same; the verdict is then Partial.";

    /// <summary>Why a run of the plan is refused before anything is written, or <see langword="null"/>.</summary>
    public static string? Refusal(PurgePlan plan, PurgeSettings settings)
        => settings.MustBeVerified && plan.Unverifiable is { Count: > 0 } reasons
            ? $"the result could not be verified: {string.Join("; and ", reasons)}. {Choice}"
            : null;

    /// <summary>Adds what foreign keys that the role may not see have done, which is not known.</summary>
    public static void AddHiddenKeys(PurgeRun run, FreshFacts facts)
    {
        foreach (SchemaFact fact in facts.Schema.Live.Facts
            .Where(fact => fact.Kind is SchemaFact.HiddenCatalog && facts.Plan.Tables.Count > 0))
        {
            run.VerifyUnknown(
                "rows that foreign keys which this role may not see have deleted or changed",
                "0",
                $"not known ({fact.Name}{(fact.Detail is { } remedy ? $"; {remedy}" : string.Empty)})");
        }
    }

    /// <summary>Ends a run of whose result a part could not be verified.</summary>
    /// <exception cref="RunStoppedException">Something is unknown, and that is not allowed; the run has to be rolled back.</exception>
    public static void ThrowIfAny(PurgeRun run, PurgeSettings settings)
    {
        List<Verification> unknown = [.. run.Verifications
            .Where(verification => verification is { Result: Outcome.Unknown, MayBeUnknown: false })];
        if (unknown.Count == 0 || !settings.MustBeVerified)
        {
            return;
        }

        string others = unknown.Count > MostVerifications
            ? string.Create(CultureInfo.InvariantCulture, $"; and {unknown.Count - MostVerifications} more")
            : string.Empty;
        throw new RunStoppedException(
            RunEnd.Failed,
            "a part of the result could not be verified before the commit: "
                + string.Join("; ", unknown.Take(MostVerifications).Select(one => $"{one.Name}: {one.Actual}"))
                + $"{others}. {Choice}");
    }
}
