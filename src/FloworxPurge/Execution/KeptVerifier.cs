using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>
/// Measures before the commit whether the kept tables within reach of the purge are as they were, and that no row of them references a
/// purged one.
/// </summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed class KeptVerifier(DatabaseSession session, FreshFacts facts, PurgeRun run)
{
    private readonly KeptContent _content = new(session, facts, run);

    /// <summary>Gets the kept and skipped tables that the purge could touch.</summary>
    public IReadOnlyList<TableSchema> Tables => _content.Tables;

    /// <summary>Measures what has to be the same afterwards.</summary>
    /// <exception cref="RunStoppedException">Rows of a kept table reference a purged one by now.</exception>
    public async Task BeforeAsync(CancellationToken cancellationToken)
    {
        await _content.BeforeAsync(cancellationToken).ConfigureAwait(false);
        await RefuseNewReferencesAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Compares, and adds what it finds to the run's verifications.</summary>
    public async Task AfterAsync(CancellationToken cancellationToken)
    {
        await _content.AfterAsync(cancellationToken).ConfigureAwait(false);
        await FullTextVerifier.VerifyAsync(session, facts, run, cancellationToken).ConfigureAwait(false);
        foreach (ForeignKey key in facts.KeysFromKept().Where(key => run.Tables[key.Principal].Error is null))
        {
            long orphans = await session.CountReferencingNowAsync(key, facts.Table(key.Dependent), cancellationToken).ConfigureAwait(false);
            run.Verify(
                $"rows of kept table {key.Dependent} that reference purged table {key.Principal} through "
                    + $"{string.Join(", ", key.DependentColumns)}",
                0,
                orphans);
        }
    }

    /// <summary>
    /// What to do when a trigger may have changed what is kept: sentences that follow the names of the triggers, or an empty text.
    /// </summary>
    public string Choices()
    {
        string elsewhere = _content.SeparatesSessions || !_content.Changed.Any() ? string.Empty
            : $" It may also be that another session wrote to {string.Join(", ", _content.Changed)} meanwhile.";
        string grown = !_content.Grown.Any() ? string.Empty
            : $" If these triggers are meant to add rows there, as to an audit table, allow it: "
                + $"{string.Join(", ", _content.Grown.Select(table => $"AllowInserts(\"{RuleMatcher.Pattern(table)}\")"))}.";
        return $"{elsewhere} Exclude the tables that have these triggers, or disable the triggers for the run.{grown}";
    }

    // A kept row that references a purged table since the facts were read would be deleted or changed by its foreign key's action.
    private async Task RefuseNewReferencesAsync(CancellationToken cancellationToken)
    {
        foreach (ForeignKey key in facts.KeysFromKept())
        {
            long rows = await session.CountReferencingNowAsync(key, facts.Table(key.Dependent), cancellationToken).ConfigureAwait(false);
            if (rows > 0)
            {
                throw new RunStoppedException(
                    RunEnd.Refused,
                    $"{Quantity.Of(rows, "row")} of kept table {key.Dependent.ToQuotedString()} came to reference "
                        + $"{key.Principal.ToQuotedString()} through foreign key {key} just now. Make a new plan with PlanAsync and look "
                        + $"at it.");
            }
        }
    }
}
