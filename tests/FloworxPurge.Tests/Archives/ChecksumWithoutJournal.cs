using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Archives;

/// <summary>The text of a database, without the journal that a run has created.</summary>
internal static class ChecksumWithoutJournal
{
    public static async Task<string> OfAsync(TestDatabase database, CancellationToken cancellationToken)
    {
        await database.ExecuteAsync("DROP TABLE IF EXISTS floworxpurge_runs", cancellationToken);
        return await database.ChecksumAsync(cancellationToken);
    }
}
