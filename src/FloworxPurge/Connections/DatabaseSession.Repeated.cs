using FloworxPurge.Engines;

namespace FloworxPurge.Connections;

/// <content>Queries that a run in several transactions sends again and again.</content>
internal sealed partial class DatabaseSession
{
    private static int _lastNumber;

    private readonly Dictionary<string, PreparedQuery> _prepared = new(StringComparer.Ordinal);
    private int _preparedAt;

    /// <summary>
    /// Prepares the queries over the catalog that each transaction of a run sends, where the engine takes longer to plan them than to answer
    /// them.
    /// </summary>
    public async Task PrepareRepeatedAsync(CancellationToken cancellationToken)
    {
        _preparedAt = Openings;
        foreach (string query in Dialect.RepeatedQueries)
        {
            PreparedQuery prepared = Dialect.Prepare("floworxpurge_" + Text(Interlocked.Increment(ref _lastNumber)), query);
            await ExecuteAsync(prepared.Create, [], cancellationToken).ConfigureAwait(false);
            _prepared.Add(query, prepared);
        }
    }

    /// <summary>Removes them from the session.</summary>
    public async Task ForgetRepeatedAsync()
    {
        PreparedQuery[] prepared = [.. _prepared.Values];
        _prepared.Clear();
        foreach (PreparedQuery query in IsOpen && _preparedAt == Openings ? prepared : [])
        {
            await ExecuteAsync(query.Drop, [], CancellationToken.None).ConfigureAwait(false);
        }
    }

    // Those of a connection that was lost are gone with it.
    private string Repeated(string sql)
        => _preparedAt == Openings && _prepared.TryGetValue(sql, out PreparedQuery? prepared) ? prepared.Run : sql;

    private static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
