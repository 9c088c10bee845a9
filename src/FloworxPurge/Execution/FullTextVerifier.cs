using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>Verifies before the commit that the full-text indexes which triggers keep up to date have no entries of deleted rows.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal static class FullTextVerifier
{
    private const string Expected = "entries of its table's rows and no others";

    /// <summary>Checks each index, and adds the result to the run's verifications.</summary>
    public static async Task VerifyAsync(DatabaseSession session, FreshFacts facts, PurgeRun run, CancellationToken cancellationToken)
    {
        foreach (TableSchema index in facts.FullTextIndexes())
        {
            string name = $"full-text index {index.Name} of purged table {index.FullText!.Content}";
            if (session.Dialect.CheckFullTextIndex(session.Sql, index.Name, index.FullText.Module) is not { } check)
            {
                run.VerifyUnknown(name, Expected, "this engine has no check of it");
                continue;
            }

            try
            {
                await session.ExecuteAsync(check, [], cancellationToken: cancellationToken).ConfigureAwait(false);
                run.Verify(name, Expected, Expected);
            }
            catch (DbException e) when (session.Dialect.IsDamagedIndex(e))
            {
                string quoted = index.Name.ToQuotedString();
                run.Verify(name, Expected, $"others (rebuild it before the purge: INSERT INTO {quoted} ({quoted}) VALUES ('rebuild'))");
            }
        }
    }
}
