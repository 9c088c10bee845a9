using System.Data.Common;
using Microsoft.Extensions.DependencyInjection;
using Respawn;
using Weasel.Core;
using Weasel.EntityFrameworkCore;

namespace FloworxPurge.Benchmarks.Resets;

/// <summary>
/// The other libraries, each as its documentation says: planned once, counters restarted, on a connection that is open already. They have
/// fewer turns, as whatever takes long: it leaves the processor's caches cold for the next.
/// </summary>
internal static class Others
{
    public const string RespawnName = "Respawn";
    public const string WeaselName = "Weasel";

    /// <summary>
    /// Respawn with <c>WithReseed</c>, which fails on SQLite where no table has <c>AUTOINCREMENT</c>: there are no counters then.
    /// </summary>
    public static async Task<Contestant> RespawnAsync(ResetDatabase database)
    {
        DbConnection connection = await database.ConnectAsync();
        Respawner respawner = await Respawner.CreateAsync(
            connection,
            new RespawnerOptions { DbAdapter = database.RespawnAdapter, WithReseed = database.HasCounters });
        return new Contestant(RespawnName, database, () => respawner.ResetAsync(connection))
        {
            RestartsCounters = true,
            IsSlow = true,
        };
    }

    /// <summary>Weasel's <c>IDatabaseCleaner</c> for the context's tables.</summary>
    public static async Task<Contestant> WeaselAsync(ResetDatabase database, Stack<IAsyncDisposable> open)
    {
        DbConnection connection = await database.ConnectAsync();
        ServiceProvider services = new ServiceCollection()
            .AddSingleton(database.WeaselMigrator)
            .AddScoped(_ => database.CreateContext())
            .AddDatabaseCleaner<LayoutContext>()
            .BuildServiceProvider();
        open.Push(services);
        IDatabaseCleaner<LayoutContext> cleaner = services.GetRequiredService<IDatabaseCleaner<LayoutContext>>();
        return new Contestant(
            WeaselName,
            database,
            () => cleaner.DeleteAllDataAsync(connection, CancellationToken.None))
        { RestartsCounters = true, IsSlow = true };
    }
}
