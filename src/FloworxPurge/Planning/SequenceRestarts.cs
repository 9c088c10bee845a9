using FloworxPurge.Schema;

namespace FloworxPurge.Planning;

/// <summary>
/// Finds the sequences of the model that no purged table owns and that may be restarted with its identity counters: every table that uses
/// one, in the model or in the database, is emptied.
/// </summary>
internal static class SequenceRestarts
{
    /// <summary>The facts with the counters to restart, and with the reasons for the other sequences.</summary>
    public static ComparedSchema AddTo(ComparedSchema schema, IReadOnlyList<TableDisposition> dispositions, bool isReset)
    {
        Dictionary<TableName, string> live = schema.Live.Facts
            .Where(fact => fact.Kind is SchemaFact.Sequence)
            .ToDictionary(fact => fact.Table, fact => fact.Name);
        ILookup<TableName, TableName> uses = Users(schema.Live, SchemaFact.SequenceUse);
        ILookup<TableName, TableName> possible = Users(schema.Live, SchemaFact.PossibleSequenceUse);
        ILookup<TableName, (TableName Table, bool IsHiLo)> known = schema.Tables
            .SelectMany(table => table.Model.Sequences.Select(sequence => (sequence.Name, Use: (table.Name, sequence.IsHiLo))))
            .ToLookup(pair => pair.Name, pair => pair.Use);
        var purged = dispositions.Where(disposition => disposition.IsPurged).ToDictionary(disposition => disposition.Name);
        HashSet<TableName> emptied = schema.Live.WithPartitions(purged.Keys);
        HashSet<TableName> restarted = [.. schema.Live.Identities
            .Where(counter => emptied.Contains(counter.Table))
            .Select(counter => counter.Sequence)
            .OfType<TableName>()];

        // Another model may reserve its numbers from the same sequence, whose default name is the same for all.
        TableName? stranger = dispositions
            .Where(disposition => disposition is { Keep: PlanReason.Unmapped, Live.PartOf: null })
            .Select(disposition => disposition.Name)
            .Order()
            .FirstOrDefault();

        // A default may belong to a partition alone.
        var wholes = schema.Live.Tables
            .Where(table => table.Wholes.Any(purged.ContainsKey))
            .ToDictionary(table => table.Name, table => table.Wholes.First(purged.ContainsKey));
        List<IdentityCounter> counters = [];
        List<(TableName, string)> left = [];
        foreach (TableName sequence in schema.Sequences
            .Distinct()
            .Where(sequence => live.ContainsKey(sequence) && !restarted.Contains(sequence))
            .Order())
        {
            List<TableName> users = [.. uses[sequence].Concat(known[sequence].Select(use => use.Table)).Distinct().Order()];
            TableName? other = users.Find(user => !emptied.Contains(user));
            TableName? unseen = possible[sequence].Order().FirstOrDefault(user => !emptied.Contains(user));
            string? reason = users.Count == 0 ? "no table is known to use it"
                : other is not null ? $"{other.ToQuotedString()}, which is not emptied, uses it too"
                : unseen is not null ? $"{unseen.ToQuotedString()} may use it too, and the database does not show that"
                : known[sequence].Any(use => use.IsHiLo) && stranger is not null
                ? $"{stranger.ToQuotedString()}, which is outside the model, may use it too (HiLo), and the database does not show that"
                : isReset && known[sequence].Any(use => use.IsHiLo)
                ? "the application keeps a block of its numbers in memory (HiLo) and would use them again"
                : live[sequence].Length > 0 ? live[sequence]
                : null;
            if (reason is not null)
            {
                left.Add((sequence, reason));
                continue;
            }

            TableName[] tables = [.. users.Select(user => purged.ContainsKey(user) ? user : wholes[user]).Distinct().Order()];
            counters.Add(new IdentityCounter(tables[0], string.Empty, sequence) { Users = tables });
        }

        return schema with
        {
            Live = schema.Live with
            {
                Identities =
                [
                    .. schema.Live.Identities.Select(counter => counter with { MayRestart = counter.MayRestart || isReset }),
                    .. counters,
                ],
            },
            SequencesLeft = left,
        };
    }

    private static ILookup<TableName, TableName> Users(DatabaseSchema live, string kind)
        => live.Facts
            .Where(fact => string.Equals(fact.Kind, kind, StringComparison.Ordinal))
            .ToLookup(fact => fact.Table, fact => new TableName(fact.Detail, fact.Name));
}
