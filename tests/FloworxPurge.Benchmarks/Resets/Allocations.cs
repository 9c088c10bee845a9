namespace FloworxPurge.Benchmarks.Resets;

/// <summary>What a reset allocates, on whichever thread it goes on.</summary>
internal static class Allocations
{
    private const int Runs = 100;

    /// <summary>KB per reset.</summary>
    public static async Task<double> MeasureAsync(Contestant contestant, int dirty)
    {
        long bytes = 0;
        for (int run = 0; run < Runs; run++)
        {
            await contestant.Database!.FillAsync(dirty);
            long before = GC.GetTotalAllocatedBytes(precise: true);
            await contestant.Reset();
            bytes += GC.GetTotalAllocatedBytes(precise: true) - before;
        }

        return bytes / 1024.0 / Runs;
    }
}
