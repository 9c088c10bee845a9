namespace FloworxPurge.Benchmarks.Resets;

/// <summary>Resets on SQLite. Each contestant has a database of its own.</summary>
internal sealed class SqliteSection(Goals goals, TextWriter output)
{
    private const string Ours = "ours";
    private const string ByHand = "DELETE by hand";
    private const string DeleteAll = "DELETE all";
    private const string Recreate = "EnsureDeleted + EnsureCreated";

    public async Task RunAsync()
    {
        string[] columns = [Ours, ByHand, Others.RespawnName, Others.WeaselName, DeleteAll, Recreate];
        await Table.HeadAsync(output, "SQLite, ms per reset, medians", ["tables/dirty", .. columns]);
        foreach (bool inMemory in new[] { false, true })
        {
            foreach (KeyKind keys in new[] { KeyKind.Identity, KeyKind.Other })
            {
                foreach ((int tables, int[] dirty) in new[] { (20, new[] { 0, 1, 5, 20 }), (100, [0, 1, 5, 20]), (500, [0, 1, 5, 20]) })
                {
                    await MeasureAsync(new Layout(tables, keys), inMemory, dirty, columns);
                }
            }
        }
    }

    private async Task MeasureAsync(Layout layout, bool inMemory, int[] counts, string[] columns)
    {
        var open = new Stack<IAsyncDisposable>();
        async Task<SqliteDatabase> CreateAsync(bool isWatched = true)
        {
            SqliteDatabase database = await SqliteDatabase.CreateAsync(layout, inMemory, isWatched);
            open.Push(database);
            return database;
        }

        try
        {
            Contestant ours = await Contestant.OursAsync(Ours, await CreateAsync(), open);
            SqliteDatabase other = await CreateAsync();
            List<Contestant> always =
            [
                ours,
                await Others.RespawnAsync(await CreateAsync()),
                await Others.WeaselAsync(await CreateAsync(), open),
                await Contestant.DeleteAllAsync(DeleteAll, await CreateAsync()),
            ];
            if (!inMemory)
            {
                always.Add(Contestant.Recreate(Recreate, await CreateAsync(isWatched: false)));
            }

            string place = inMemory ? "`:memory:`" : "file";
            string keys = layout.Keys == KeyKind.Identity ? "AUTOINCREMENT" : "other keys";
            foreach (int dirty in counts)
            {
                List<Contestant> contestants = dirty == 0 ? always : [.. always, await Contestant.ByHandAsync(ByHand, other, dirty)];
                bool isGoal = layout.Tables == 100 && dirty == 5;
                Dictionary<string, double> medians = await Contestant.MeasureAsync(
                    contestants,
                    dirty,
                    rounds: isGoal ? 300 : 60,
                    slowRounds: isGoal ? 9 : 5);
                await Table.RowAsync(
                    output,
                    $"{place}, {keys}, {layout.Tables}/{dirty}",
                    columns.Select(column => medians.TryGetValue(column, out double median) ? median : (double?)null));
                if (isGoal)
                {
                    string name = $"SQLite {place}, 100 tables, 5 dirty, {keys}: ";
                    goals.AtMost(
                        name + "ours / hand-written DELETE",
                        "-",
                        !inMemory && layout.Keys == KeyKind.Identity ? 0.5 : 1.2,
                        medians[Ours] / medians[ByHand]);
                    goals.AtLeast(name + "Respawn / ours", "-", 1, medians[Others.RespawnName] / medians[Ours]);
                    goals.AtLeast(name + "Weasel / ours", "-", 1, medians[Others.WeaselName] / medians[Ours]);
                    if (!inMemory)
                    {
                        goals.AtLeast(name + "EnsureDeleted + EnsureCreated / ours", "-", 60, medians[Recreate] / medians[Ours]);
                    }

                    goals.AtMost(name + "allocated per reset, KB", "-", 20, await Allocations.MeasureAsync(ours, dirty));
                }
            }
        }
        finally
        {
            while (open.TryPop(out IAsyncDisposable? next))
            {
                await next.DisposeAsync();
            }
        }
    }
}
