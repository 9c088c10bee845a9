namespace FloworxPurge.Execution;

/// <summary>Compares what is in the archive with what is gone: a row that is in one of them alone fails the run.</summary>
internal static class ArchiveVerifier
{
    /// <summary>How the name of each verification ends.</summary>
    public const string InTheArchive = " in the archive";

    /// <summary>How the name of a verification of deleted rows begins.</summary>
    public const string RowsOf = "rows of table ";

    /// <summary>Adds a verification for each table.</summary>
    public static void Verify(PurgeRun run)
    {
        if (run.Archived is null)
        {
            return;
        }

        foreach ((TableName table, TableRun state) in run.Tables.OrderBy(pair => pair.Key))
        {
            run.Verify($"{RowsOf}{table}{InTheArchive}", state.Deleted, run.Archived.GetValueOrDefault(table));
        }

        foreach (TableName table in run.Detached.Keys.Union(run.ArchivedDetached.Keys).Order())
        {
            run.Verify(
                $"rows of {table} that lost a reference,{InTheArchive}",
                run.Detached.GetValueOrDefault(table),
                run.ArchivedDetached.GetValueOrDefault(table));
        }
    }
}
