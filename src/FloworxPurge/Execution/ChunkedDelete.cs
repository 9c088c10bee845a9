using FloworxPurge.Connections;

namespace FloworxPurge.Execution;

/// <summary>Runs a statement that deletes at most a number of rows until it finds none.</summary>
internal static class ChunkedDelete
{
    /// <summary>Deletes the rows of the step's table, in the transaction that there is.</summary>
    /// <param name="session">The session.</param>
    /// <param name="step">A step of the kind <see cref="PlanStepKind.DeleteInChunks"/>.</param>
    /// <param name="rows">How many rows the table had, if that is known.</param>
    /// <param name="deleted">Told after each statement how many are gone by now.</param>
    /// <param name="cancellationToken">Stops it between two statements, or in one.</param>
    /// <returns>How many rows are gone; null when the provider does not tell.</returns>
    public static async Task<long?> RunAsync(DatabaseSession session, PlanStep step, long? rows, Action<long>? deleted, CancellationToken cancellationToken)
    {
        // A trigger that puts back what is deleted would keep it going for ever; whoever verifies that the table is empty meets what is left then.
        long most = 2 * (rows ?? (long.MaxValue / 2));
        long total = 0;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            int affected = await session.ExecuteAsync(step.Sql, step.Parameters, cancellationToken: cancellationToken).ConfigureAwait(false);
            if (affected < 0)
            {
                await session.ExecuteAsync(step.ScriptSql!, step.Parameters, cancellationToken: cancellationToken).ConfigureAwait(false);
                return null;
            }

            if (affected == 0)
            {
                return total;
            }

            total += affected;
            deleted?.Invoke(total);
        }
        while (total <= most);
        return total;
    }
}
