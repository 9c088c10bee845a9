using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using FloworxPurge.Execution;

namespace FloworxPurge.Benchmarks.Resets;

/// <summary>
/// What the safety of a purge costs on PostgreSQL: locks, facts read inside the transaction, verification and the look after the commit,
/// against statements that have none of it; and kept tables in reach of a trigger, against reading their content.
/// </summary>
internal sealed class PurgeCostSection(BenchmarkServer server, Goals goals, TextWriter output)
{
    private const int ManyTables = 100;
    private const int FewTables = 5;
    private const int PurgedRows = 1_000;
    private const int KeptRows = 1_000_000;
    private const int Runs = 21;
    private const int TriggerRuns = 7;

    // Before the structure was locked, a purge took 20.2 times the statements by hand (median of three runs); at most a tenth more.
    private const double MostTimesByHand = 22.2;
    private const double MostOfReading = 0.2;
    private const string Owner = "owner";

    // What an earlier version did before and after its deletes.
    private const string ReadKept = "SELECT COUNT(*), SUM(hashtextextended(ROW(t.*)::text, 0)::numeric) FROM kept AS t";

    public async Task RunAsync()
    {
        await Table.HeadAsync(
            output,
            "PostgreSQL, cost of a purge as the owner (plan and run), median ms",
            "case",
            "PurgeAsync",
            "by hand",
            "ratio");
        (double ours, double byHand) = await ManyTablesAsync();
        await Table.RowAsync(output, $"{ManyTables} tables of {Layout.RowsPerTable} rows, no trigger", [ours, byHand, ours / byHand]);
        goals.AtMost($"purge of {ManyTables} tables without triggers / DELETE by hand", Owner, MostTimesByHand, ours / byHand);

        (ours, byHand) = await WithTriggerAsync();
        await Table.RowAsync(
            output,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{PurgedRows:N0} rows with a trigger, {KeptRows:N0} kept rows in reach; by hand: DELETE, and the kept rows read twice"),
            [ours, byHand, ours / byHand]);
        goals.AtMost("purge with a trigger / DELETE and reading the kept rows twice", Owner, MostOfReading, ours / byHand);
    }

    private async Task<(double Ours, double ByHand)> ManyTablesAsync()
    {
        var layout = new Layout(ManyTables);
        await using PostgreSqlDatabase database = await server.OpenAsync(await server.CreateAsync(layout), layout);
        IReadOnlyList<int> all = [.. Enumerable.Range(0, ManyTables)];
        string byHand = database.InTransaction(Layout.Delete(all));
        return await InTurnAsync(database, layout.Fill(all), Runs, byHand);
    }

    private async Task<(double Ours, double ByHand)> WithTriggerAsync()
    {
        var layout = new Layout(FewTables);
        await using PostgreSqlDatabase database = await server.OpenAsync(await server.CreateAsync(layout), layout);
        IReadOnlyList<int> all = [.. Enumerable.Range(0, FewTables)];
        DbConnection connection = await database.ConnectAsync();
        await ExecuteAsync(
            connection,
            string.Create(CultureInfo.InvariantCulture, $$"""
            CREATE TABLE kept AS SELECT n AS id, 'row ' || n AS name, now() AS at, n / 7.0 AS amount FROM generate_series(1, {{KeptRows}}) AS n;
            CREATE FUNCTION harmless() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$;
            CREATE TRIGGER harmless BEFORE DELETE ON {{Layout.Name(FewTables - 1)}} FOR EACH ROW EXECUTE FUNCTION harmless();
            """));
        await ExecuteAsync(connection, "VACUUM (ANALYZE) kept");
        string byHand = $"{ReadKept}; {database.InTransaction(Layout.Delete(all))}; {ReadKept}";
        return await InTurnAsync(database, layout.Fill(all, PurgedRows), TriggerRuns, byHand);
    }

    private static async Task<(double Ours, double ByHand)> InTurnAsync(PostgreSqlDatabase database, string fill, int runs, string byHand)
    {
        DbConnection connection = await database.ConnectAsync();
        List<double> ours = [];
        List<double> theirs = [];
        for (int run = -2; run < runs; run++)
        {
            double own = await TimeAsync(connection, fill, async () =>
            {
                await using LayoutContext context = database.CreateContext();
                await context.PurgeAsync(options => options.Truncate = false);
            });
            double other = await TimeAsync(connection, fill, () => ExecuteAsync(connection, byHand));
            if (run >= 0)
            {
                ours.Add(own);
                theirs.Add(other);
            }
        }

        return (Contestant.Median(ours), Contestant.Median(theirs));
    }

    private static async Task<double> TimeAsync(DbConnection connection, string fill, Func<Task> work)
    {
        await ExecuteAsync(connection, fill);
        long start = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static async Task ExecuteAsync(DbConnection connection, string sql)
    {
        await using DbCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = 300;
        await command.ExecuteNonQueryAsync();
    }
}
