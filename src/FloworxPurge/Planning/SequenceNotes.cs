using FloworxPurge.Schema;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Planning;

/// <summary>What a plan says of sequences that no purged table owns.</summary>
internal static class SequenceNotes
{
    /// <summary>The notes.</summary>
    public static IEnumerable<PlanNote> Of(PlanRequest request)
    {
        ILookup<bool, TableName> unused = request.Schema.Live.Facts
            .Where(fact => fact.Kind is SchemaFact.UnusedSequence)
            .Select(fact => fact.Table)
            .ToLookup(request.Schema.Sequences.Contains);
        foreach (TableName sequence in request.ResetIdentity ? [] : unused[true])
        {
            yield return PlanNote.Information(
                null,
                $"Sequence {sequence.ToQuotedString()} of the model belongs to no table: it is not restarted. Set ResetIdentity to restart "
                    + $"it where all tables that use it are emptied.");
        }

        foreach ((TableName sequence, string reason) in request.Schema.SequencesLeft)
        {
            yield return PlanNote.Warning(
                null,
                $"Sequence {sequence.ToQuotedString()} of the model is not restarted: {reason}. Restart it by hand if that matters.");
        }

        HashSet<TableName> reserved = [.. request.Schema.Tables
            .SelectMany(table => table.Model.Sequences)
            .Where(sequence => sequence.IsHiLo)
            .Select(sequence => sequence.Name)];
        foreach (IdentityCounter counter in request.Schema.Live.Identities
            .Where(counter => counter is { Users.Count: > 0, Sequence: { } sequence } && reserved.Contains(sequence)))
        {
            yield return PlanNote.Warning(
                null,
                $"Sequence {counter.Sequence!.ToQuotedString()} is restarted, and applications that are running keep blocks of its numbers "
                    + "in memory (HiLo): restart them after the purge, or they use numbers that are used already.");
        }

        if (unused[false].Any())
        {
            yield return PlanNote.Information(
                null,
                $"Sequences that belong to no table and to no model are not restarted: "
                    + $"{string.Join(", ", unused[false].Order().Select(sequence => sequence.ToQuotedString()))}.");
        }
    }
}
