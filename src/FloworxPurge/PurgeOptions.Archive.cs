using FloworxPurge.Planning;

namespace FloworxPurge;

/// <content>The archive that rows are written to before they are deleted.</content>
public sealed partial class PurgeOptions
{
    /// <summary>Where the rows are written before they are deleted; null where they are not.</summary>
    internal ArchiveSettings? Archive { get; private set; }

    /// <summary>
    /// Writes each row to files, or to tables of another schema of the same database, before it is deleted, and the old values of rows that
    /// stay and lose a reference. The archive is complete or the run is rolled back: the number of archived rows of each table has to be
    /// the number of deleted rows. PostgreSQL, SQLite and MariaDB have it; other engines are refused.
    /// </summary>
    /// <remarks>
    /// The database keeps a receipt of the archive in the table <c>floworxpurge_runs</c>, written in the transaction that deletes the rows:
    /// files without a receipt were not committed. Whole tables are locked and deleted by DELETE, never by TRUNCATE. The files are as
    /// sensitive as the rows, and are not encrypted unless <paramref name="wrap"/> or the file system does that.
    /// <para>
    /// The tables in a schema get a name with the run and have no keys and no indexes. They are written in the transaction that deletes
    /// the rows, and nothing drops them later.
    /// </para>
    /// </remarks>
    /// <param name="directory">
    /// The folder. It is created where it is missing, and has to be empty otherwise. A relative path counts from the current folder of now.
    /// Give it or <paramref name="schema"/>.
    /// </param>
    /// <param name="schema">
    /// The schema, which is created where it is missing. It is another one than that of the deleted rows. In MariaDB it is another database
    /// of the same server; SQLite has none, and is refused.
    /// </param>
    /// <param name="retainUntil">
    /// Until when the archive is to be kept, for the manifest and the report; <see langword="null"/> (the default) for what an earlier
    /// call gave, or nothing. Nothing deletes it then.
    /// </param>
    /// <param name="wrap">
    /// Wraps the stream that a data file is written to, such as with encryption; <see langword="null"/> (the default) for what an earlier
    /// call gave, so that another folder, such as that of the command's <c>--archive</c>, leaves no file open to read; or to write it as
    /// it is. It is called for each part of a file, and what it returns is disposed after each.
    /// </param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException">
    /// Neither a folder nor a schema is given, or both; one of them is empty or white space; the folder is no path; or there is a wrapper
    /// and no folder. The message names every problem.
    /// </exception>
    public PurgeOptions ArchiveTo(
        string? directory = null,
        string? schema = null,
        DateOnly? retainUntil = null,
        Func<Stream, Stream>? wrap = null)
    {
        List<string> problems = [];
        if (directory is null == schema is null)
        {
            problems.Add(directory is null
                ? "Neither a directory nor a schema is given. Give one of them."
                : "Both a directory and a schema are given. Leave one of them out.");
        }

        if (directory is not null && string.IsNullOrWhiteSpace(directory))
        {
            problems.Add("The directory is empty. Give the path of a folder.");
        }

        if (schema is not null && string.IsNullOrWhiteSpace(schema))
        {
            problems.Add("The schema is empty. Give the name of a schema.");
        }

        if (wrap is not null && directory is null)
        {
            problems.Add("A wrapper of streams is given, and no directory: a schema has no files. Leave the wrapper out.");
        }

        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join(" ", problems), schema is null ? nameof(directory) : nameof(schema));
        }

        Archive = new ArchiveSettings(
            directory,
            schema,
            retainUntil ?? Archive?.RetainUntil,
            directory is null ? null : wrap ?? Archive?.Wrap);
        return this;
    }

    /// <summary>What is wrong with the options that an archive cannot be combined with.</summary>
    private IEnumerable<string> ArchiveProblems()
    {
        if (Archive is null)
        {
            yield break;
        }

        if (BestEffort)
        {
            yield return $"{nameof(BestEffort)} is true, and {nameof(ArchiveTo)} is called: rows of a table that fails would be in the "
                + $"archive; leave one of them out";
        }

        if (PurgeHistory)
        {
            yield return $"{nameof(PurgeHistory)} is true, and {nameof(ArchiveTo)} is called: the earlier rows of a history are not "
                + $"archived; leave one of them out";
        }

        if (Truncate == true)
        {
            yield return $"{nameof(Truncate)} is true, and {nameof(ArchiveTo)} is called: archived tables are emptied by DELETE; leave one "
                + $"of them out";
        }
    }
}
