namespace FloworxPurge.Execution;

/// <summary>Compares what is in the archive with what is gone: a row that is in one of them alone fails the run.</summary>
internal static class ArchiveVerifier
{
    private const string RowsOf = "rows of table ";

    private const string InTheArchive = " in the archive";

    /// <summary>Determines whether a verification is one of the deleted rows of a table.</summary>
    public static bool IsOfTable(string name)
        => name.StartsWith(RowsOf, StringComparison.Ordinal) && name.EndsWith(InTheArchive, StringComparison.Ordinal);

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
