namespace FloworxPurge;

/// <content>What does not go together with rows.</content>
public sealed partial class PurgeOptions
{
    private IEnumerable<string> RowProblems()
    {
        if (!RowRules.IsUsed)
        {
            yield break;
        }

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
                + "again, so set it to false";
        }

        if (PurgeHistory)
        {
            yield return $"{nameof(PurgeHistory)} is true and {nameof(Rows)} names rows; the history of all rows would be deleted, so "
                + "set it to false";
        }
    }
}
