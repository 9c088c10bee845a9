using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Engines;

namespace FloworxPurge.Execution;

/// <summary>The files of all tables at one moment: TRUNCATE gives a table another one, and counts no row.</summary>
internal sealed class KeptFiles
{
    private readonly WriteStatistics _statistics;
    private readonly Dictionary<string, long> _files;

    private KeptFiles(WriteStatistics statistics, Dictionary<string, long> files)
    {
        _statistics = statistics;
        _files = files;
    }

    /// <summary>Reads them.</summary>
    public static async Task<KeptFiles> ReadAsync(DatabaseSession session, WriteStatistics statistics, CancellationToken cancellationToken)
        => new(
            statistics,
            (await session.QueryAsync(
                    statistics.Files,
                    reader => (Id: reader.GetString(0), File: reader.GetInt64(3)),
                    cancellationToken).ConfigureAwait(false))
            .ToDictionary(pair => pair.Id, pair => pair.File, StringComparer.Ordinal));

    /// <summary>The tables whose file this transaction has replaced since. What another session replaces is not verified.</summary>
    public async Task<IReadOnlyList<(string ObjectId, TableName Table)>> FindReplacedAsync(
        DatabaseSession session,
        CancellationToken cancellationToken)
    {
        var now = await session.QueryAsync(
            _statistics.Files,
            reader => (
                Id: reader.GetString(0),
                Table: new TableName(reader.GetString(1), reader.GetString(2)),
                File: reader.GetInt64(3),
                IsOurs: Convert.ToInt64(reader.GetValue(4), CultureInfo.InvariantCulture) != 0),
            cancellationToken).ConfigureAwait(false);
        return [.. now
            .Where(row => row.IsOurs && _files.TryGetValue(row.Id, out long before) && before != row.File)
            .Select(row => (row.Id, row.Table))
            .OrderBy(pair => pair.Table)];
    }
}
