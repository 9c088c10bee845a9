using System.Globalization;
using FloworxPurge.Benchmarks.Resets;

namespace FloworxPurge.Benchmarks.Rows;

/// <summary>Writes what several ways to delete the same rows took.</summary>
internal static class RowsTable
{
    public static string Kind(bool cascades) => cascades ? "ON DELETE CASCADE" : "NO ACTION";

    public static async Task WriteAsync(
        TextWriter output,
        string engine,
        int users,
        int percent,
        bool cascades,
        IReadOnlyDictionary<string, List<double>> times,
        string byHand)
    {
        string title = string.Create(
            CultureInfo.InvariantCulture,
            $"{engine}, {users:N0} users with {2 * RowsContext.OrdersPerUser * users:N0} rows below, {percent} % deleted, {Kind(cascades)}: "
                + $"seconds of the engine's processor time");
        await Table.HeadAsync(output, title, "way", "median", "least", "most", "/ by hand");
        foreach ((string name, List<double> all) in times)
        {
            double median = Contestant.Median(all);
            await Table.RowAsync(output, name, [median, all.Min(), all.Max(), median / Contestant.Median(times[byHand])]);
        }
    }
}
