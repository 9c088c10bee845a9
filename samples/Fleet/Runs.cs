using System.Globalization;
using FloworxPurge;

namespace Fleet;

/// <summary>The two kinds of runs. The id of a run names its kind and the values of its queries.</summary>
internal static class Runs
{
    private const int YearsToKeep = 7;
    private const string DayFormat = "yyyy-MM-dd";

    /// <summary>The id of the retention run of a day.</summary>
    public static string Retention(DateTimeOffset day)
        => "retention-" + day.UtcDateTime.ToString(DayFormat, CultureInfo.InvariantCulture);

    #region readme-fleet-runs
    /// <summary>The fleet of a run, or null where the id is none, or is of a day to come.</summary>
    public static PurgeFleet? FleetOf(string runId, Tenants tenants)
    {
        var options = new PurgeOptions();
        switch (runId.Split('-', 2))
        {
            case ["offboard", { Length: > 0 } partner]:
                options.Rows<Customer>(customer => customer.Partner == partner);
                break;

            // From the id and not from the clock: a call after midnight deletes the same rows.
            case ["retention", var day] when DateOnly.TryParseExact(day, DayFormat, CultureInfo.InvariantCulture, default, out var date)
                && date.Year > YearsToKeep && date <= DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime):
                DateOnly cutOff = date.AddYears(-YearsToKeep);
                options.Rows<Order>(order => order.PlacedOn < cutOff).InChunks(roots: 5);
                break;

            default:
                return null;
        }

        return new PurgeFleet(new Purger(options), Tenants.Names, tenants.Open);
    }
    #endregion
}
