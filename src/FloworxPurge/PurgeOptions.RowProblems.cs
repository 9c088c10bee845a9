using System.Linq.Expressions;
using FloworxPurge.Planning;

namespace FloworxPurge;

/// <content>What does not go together with rows, and what needs them.</content>
public sealed partial class PurgeOptions
{
    private IEnumerable<string> RowProblems() => RowRules.IsUsed ? ProblemsWithRows() : ProblemsWithoutRows();

    private IEnumerable<string> ProblemsWithRows()
    {
        if (_rules.Exists(rule => !rule.IsExclude))
        {
            yield return $"{nameof(Include)} names whole tables and {nameof(Rows)} names rows; use one of them";
        }

        if (Truncate == true)
        {
            yield return $"{nameof(Truncate)} is true and {nameof(Rows)} names rows, and TRUNCATE empties whole tables; use one of them";
        }

        if (ResetIdentity)
        {
            yield return $"{nameof(ResetIdentity)} is true and {nameof(Rows)} names rows; the numbers of the rows that stay would be used "
                + "again, so leave it out";
        }

        if (PurgeHistory)
        {
            yield return $"{nameof(PurgeHistory)} is true and {nameof(Rows)} names rows; the history is that of whole tables, so leave "
                + "it out";
        }
    }

    private IEnumerable<string> ProblemsWithoutRows()
    {
        List<string> unused =
        [
            .. RowRules.Rows.Select(rule => rule.Text),
            .. RowRules.References.Select(rule => rule.Text),
            .. RowRules.Declared.Select(reference => reference.Text),
            .. RowRules.Orphans.Select(type => $"{nameof(RemoveOrphans)}<{type.Name}>()"),
        ];
        if (RequireMatch)
        {
            unused.Add($"{nameof(RequireMatch)} = true");
        }

        if (unused.Count > 0)
        {
            yield return $"{string.Join(", ", unused.Distinct(StringComparer.Ordinal))}: without {nameof(Rows)}, whole tables are purged, "
                + $"and nothing of this applies; name the rows to delete by {nameof(Rows)}, or leave it out";
        }
    }
}
