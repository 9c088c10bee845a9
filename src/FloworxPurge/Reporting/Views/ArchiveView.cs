using FloworxPurge.Execution;

namespace FloworxPurge.Reporting;

/// <summary>What a report says of the archive. Texts, not encoded.</summary>
internal static class ArchiveView
{
    /// <summary>The facts; none where the run has no archive.</summary>
    public static IEnumerable<FactView> Of(PurgeReport report, ReportText text)
    {
        if (report.Archive is not { } archive)
        {
            yield break;
        }

        yield return new FactView("State", State(report, archive));
        yield return archive.Schema is { } schema
            ? new FactView("Schema", schema)
            : new FactView("Folder", archive.Directory ?? string.Empty);
        if (archive.Hash is { } hash)
        {
            yield return new FactView("Rows", text.Number(archive.Rows));
            string through = archive.IsWrapped ? ", through a stream of the host" : string.Empty;
            yield return archive.Schema is null
                ? new FactView("Files", $"{text.Number(archive.Files)}, {text.Number(archive.Bytes)} bytes{through}")
                : new FactView("Tables", string.Join(", ", archive.Tables));
            yield return new FactView("Receipt", hash);
            yield return new FactView("Run", archive.RunId ?? string.Empty);
        }

        yield return new FactView(
            "Keep until",
            archive.RetainUntil is { } until
                ? until.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)
                : "not stated");
    }

    private static string State(PurgeReport report, ArchiveReport archive) => report.Transaction switch
    {
        _ when report.Verdict is PurgeVerdict.Planned => "the rows will be written there before they are deleted",
        _ when archive.Hash is null =>
            $"the run was not committed: the {(archive.Schema is null ? "folder" : "schema")} holds nothing of it",
        TransactionOutcome.LeftToCaller =>
            "holds what the run deleted, with all personal data in it, and counts once the caller has committed",
        TransactionOutcome.Unknown => "it is not known whether the run was committed: the archive counts if the database has its receipt",
        _ => "holds what the run deleted, with all personal data in it",
    };
}
