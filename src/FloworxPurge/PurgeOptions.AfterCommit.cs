using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;

namespace FloworxPurge;

public sealed partial class PurgeOptions
{
    /// <summary>Adds an acceptance criterion that is a delegate, measured after the commit and after the targets.</summary>
    /// <param name="name">The name in the report, such as <c>health</c>.</param>
    /// <param name="check">
    /// Measures; <see cref="CheckReport.Compare"/> compares two texts. An exception is reported as <see cref="Outcome.NotRun"/>.
    /// </param>
    /// <param name="isRequired">
    /// Whether the verdict is <see cref="PurgeVerdict.Partial"/> when it fails or cannot be measured. The default value is
    /// <see langword="true"/>; otherwise it is only reported.
    /// </param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException">The name is null, empty or white space, or another check has it.</exception>
    /// <exception cref="ArgumentNullException">The check is null.</exception>
    public PurgeOptions AddCheck(
        string name, Func<ExtensionContext, CancellationToken, Task<CheckReport>> check, bool isRequired = true)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(check);
        return AddCheck(name, new DelegateCheck(check), isRequired);
    }

    /// <summary>
    /// Adds a count of the rows of a table, after the commit and after the targets. Query filters of the model are ignored.
    /// The table need not be
    /// part of a model; it is counted over the connection of the first context.
    /// </summary>
    /// <remarks>
    /// A table that does not exist or cannot be read, or whose rows row-level security may hide, is <see cref="Outcome.NotRun"/> with the
    /// reason, and never 0 rows.
    /// </remarks>
    /// <param name="name">The name in the report.</param>
    /// <param name="table">
    /// <c>table</c> or <c>schema.table</c>, as the database spells it, with double quotes round a part that holds a dot.
    /// </param>
    /// <param name="expected">The number of rows. The default value is 0.</param>
    /// <param name="isRequired">
    /// Whether the verdict is <see cref="PurgeVerdict.Partial"/> when it fails or cannot be measured. The default value is
    /// <see langword="true"/>; otherwise it is only reported.
    /// </param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException">
    /// The name is null, empty or white space, another check has it, the table is not a name, or the number is negative; the message names
    /// both of the last two.
    /// </exception>
    public PurgeOptions AddRowCountCheck(string name, string table, long expected = 0, bool isRequired = true)
        => AddCheck(name, new RowCountCheck(table, expected), isRequired);

    /// <summary>
    /// Adds a count of the rows of all tables that store <typeparamref name="TEntity"/>, as <see cref="Include{TEntity}()"/> does, after
    /// the commit and after the
    /// targets.
    /// </summary>
    /// <remarks>
    /// A table that does not exist or cannot be read, or whose rows row-level security may hide, is <see cref="Outcome.NotRun"/> with the
    /// reason, and never 0 rows.
    /// </remarks>
    /// <typeparam name="TEntity">An entity type of one of the contexts' models.</typeparam>
    /// <param name="name">The name in the report.</param>
    /// <param name="expected">The number of rows of all these tables. The default value is 0.</param>
    /// <param name="isRequired">
    /// Whether the verdict is <see cref="PurgeVerdict.Partial"/> when it fails or cannot be measured. The default value is
    /// <see langword="true"/>; otherwise it is only reported.
    /// </param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException">
    /// The name is null, empty or white space, another check has it, or the number is negative.
    /// </exception>
    public PurgeOptions AddRowCountCheck<TEntity>(string name, long expected = 0, bool isRequired = true)
        where TEntity : class
        => AddCheck(name, RowCountCheck.For<TEntity>(expected), isRequired);

    /// <summary>
    /// Adds a query whose first column of the first row is compared, after the commit and after the targets, over the connection of the
    /// first context.
    /// </summary>
    /// <remarks>
    /// Numbers are equal by value (<c>0</c>, <c>0L</c> and <c>0.0</c>, a text that writes the number, 1 and <see langword="true"/> where an
    /// engine has no booleans);
    /// other values by their invariant text, dates as ISO 8601. NULL equals only <see langword="null"/>, and no row equals nothing.
    /// A query that fails is <see cref="Outcome.NotRun"/> with the message of the database.
    /// </remarks>
    /// <param name="name">The name in the report.</param>
    /// <param name="sql">A query; it is sent as it is.</param>
    /// <param name="expected">The value, or <see langword="null"/> for NULL.</param>
    /// <param name="isRequired">
    /// Whether the verdict is <see cref="PurgeVerdict.Partial"/> when it fails or cannot be measured. The default value is
    /// <see langword="true"/>; otherwise it is only reported.
    /// </param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException">The name or the query is null, empty or white space, or another check has the name.</exception>
    public PurgeOptions AddSqlCheck(string name, string sql, object? expected, bool isRequired = true)
        => AddCheck(name, new ScalarSqlCheck(sql, expected), isRequired);

    /// <summary>
    /// Adds a folder: after the commit, its files that match a pattern are deleted, hidden ones too. Folders stay, and nothing outside of
    /// the root is ever touched.
    /// </summary>
    /// <remarks>
    /// Links to files and to folders are neither followed nor deleted; the report counts them. A file that cannot be deleted does not stop
    /// the others. A root that is a link itself is a failure; one that does not exist is <see cref="Outcome.Unknown"/>.
    /// </remarks>
    /// <param name="root">
    /// The folder; a relative path counts from the current folder. Not the root of a file system, and no folder that is or holds the home
    /// folder.
    /// </param>
    /// <param name="glob">
    /// Which files, by their path below the root: <c>*</c> stands for any characters of a name, <c>?</c> for one, <c>**</c> for any number
    /// of folders; <c>/</c> and <c>\</c> both separate. The default value is <c>**</c>, every file at any depth.
    /// </param>
    /// <param name="isRequired">
    /// Whether the verdict is <see cref="PurgeVerdict.Partial"/> when it fails. The default value is <see langword="true"/>; otherwise it
    /// is only reported.
    /// </param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentNullException">The root or the pattern is null.</exception>
    /// <exception cref="ArgumentException">Root or pattern are not valid; the message names every problem.</exception>
    public PurgeOptions AddFolder(string root, string glob = "**", bool isRequired = true)
        => AddTarget(new FolderTarget(root, glob), isRequired);

    /// <summary>
    /// Adds a place outside the database that delegates empty after the commit, such as the cache or the queue of the application.
    /// </summary>
    /// <param name="name">The name in reports; without credentials.</param>
    /// <param name="purge">Removes the items. Not called in a dry run.</param>
    /// <param name="count">
    /// Counts the items that are to be removed, before and afterwards; the target fails when some are left afterwards.
    /// <see langword="null"/> (the default) when they cannot be counted: a dry run then skips the target, and the report has no numbers.
    /// </param>
    /// <param name="isRequired">
    /// Whether the verdict is <see cref="PurgeVerdict.Partial"/> when it fails. The default value is <see langword="true"/>; otherwise it
    /// is only reported.
    /// </param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException">The name is null, empty or white space.</exception>
    /// <exception cref="ArgumentNullException">There is no delegate that removes.</exception>
    public PurgeOptions AddTarget(
        string name,
        Func<ExtensionContext, CancellationToken, Task> purge,
        Func<ExtensionContext, CancellationToken, Task<long>>? count = null,
        bool isRequired = true)
        => AddTarget(new DelegateTarget(name, purge, count), isRequired);
}
