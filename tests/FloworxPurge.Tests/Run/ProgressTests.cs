namespace FloworxPurge.Tests.Run;

/// <summary>Progress is written to a log as it is.</summary>
public sealed class ProgressTests
{
    [Fact]
    public void It_names_the_phase_the_step_with_its_tables_and_the_rows()
    {
        var step = new PurgeProgress
        {
            Phase = PurgePhase.Deleting,
            Step = 2,
            Steps = 9,
            Tables = [new TableName("sales", "orders"), new TableName(null, "lines")],
            RowsDeleted = 12345,
        };

        Assert.Equal("Deleting, step 2 of 9 (sales.orders, lines), rows deleted 12345", step.ToString());
        Assert.Equal("Verifying, rows deleted 0", new PurgeProgress { Phase = PurgePhase.Verifying }.ToString());
    }

    [Fact]
    public void It_says_how_far_a_run_in_several_transactions_is()
    {
        var chunk = new ChunkProgress { Transactions = 3, Roots = 40, AllRoots = 90, RowsPerSecond = 1.5, Remaining = null };

        Assert.Equal(
            "Deleting, transactions 3, 40 of 90 rows, rows deleted 80",
            new PurgeProgress { Phase = PurgePhase.Deleting, RowsDeleted = 80, Chunk = chunk }.ToString());
    }
}
