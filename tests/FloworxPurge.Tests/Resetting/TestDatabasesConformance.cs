using System.Collections.Concurrent;
using System.Data.Common;
using FloworxPurge.Killed;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Order = FloworxPurge.Killed.Order;

namespace FloworxPurge.Tests.Resetting;

/// <summary>Each test that runs at the same time as others has a database of its own, as clean as the first was.</summary>
public abstract class TestDatabasesConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task No_two_tests_use_one_database_at_the_same_time_and_each_finds_it_clean()
    {
        await using TestDatabase place = await Engine.CreateDatabaseAsync();
        await using TestDatabases<KillContext> databases = Create(place, most: 2);
        ConcurrentDictionary<string, int> uses = new(StringComparer.Ordinal);

        await Task.WhenAll(Enumerable.Range(0, 10).Select(async number =>
        {
            await using RentedDatabase<KillContext> database = await databases.RentAsync(CancellationToken);
            Assert.Equal(1, uses.AddOrUpdate(database.ConnectionString, 1, (_, users) => users + 1));
            await using KillContext db = database.CreateContext();
            Assert.Equal(0, await db.Set<User>().CountAsync(CancellationToken));
            await AddUserAsync(db, number);
            await Task.Delay(5, CancellationToken);
            Assert.Equal([number], await db.Set<User>().Select(user => user.Id).ToListAsync(CancellationToken));
            uses.AddOrUpdate(database.ConnectionString, 0, (_, users) => users - 1);
        }));

        Assert.InRange(uses.Count, 1, 2);
        Assert.DoesNotContain(place.ConnectionString, uses.Keys);
        Assert.Empty(databases.Notes);
    }

    [Fact]
    public async Task A_returned_database_says_what_was_left_and_is_rented_again()
    {
        await using TestDatabase place = await Engine.CreateDatabaseAsync();
        await using TestDatabases<KillContext> databases = Create(place, most: 1);
        RentedDatabase<KillContext> first = await databases.RentAsync(CancellationToken);
        await AddUserAsync(first, 1);
        Assert.Equal(1, (await first.ResetAsync(CancellationToken)).Rows);
        await AddUserAsync(first, 1);
        await AddUserAsync(first, 2);

        await first.DisposeAsync();
        await first.DisposeAsync();

        Assert.Equal((2, null), (first.Found!.Rows, first.DiscardReason));
        Assert.Throws<ObjectDisposedException>(first.CreateContext);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => first.ResetAsync(CancellationToken));
        await using RentedDatabase<KillContext> second = await databases.RentAsync(CancellationToken);
        Assert.Equal(first.ConnectionString, second.ConnectionString);
        Assert.Equal(0, await CountUsersAsync(second));
    }

    [Fact]
    public async Task Who_rents_one_more_waits_for_a_return_and_may_stop_waiting()
    {
        await using TestDatabase place = await Engine.CreateDatabaseAsync();
        await using TestDatabases<KillContext> databases = Create(place, most: 1);
        RentedDatabase<KillContext> only = await databases.RentAsync(CancellationToken);
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        Task<RentedDatabase<KillContext>> stopped = databases.RentAsync(impatient.Token);
        Task<RentedDatabase<KillContext>> waiting = databases.RentAsync(CancellationToken);

        await impatient.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopped);
        Assert.False(waiting.IsCompleted);
        await only.DisposeAsync();
        await using RentedDatabase<KillContext> next = await waiting;
        Assert.Equal(only.ConnectionString, next.ConnectionString);
    }

    [Fact]
    public async Task At_the_end_all_are_dropped_also_those_that_are_rented_and_nobody_waits_for_ever()
    {
        await using TestDatabase place = await Engine.CreateDatabaseAsync();
        TestDatabases<KillContext> databases = Create(place, most: 2);
        RentedDatabase<KillContext> kept = await databases.RentAsync(CancellationToken);
        RentedDatabase<KillContext> returned = await databases.RentAsync(CancellationToken);
        Task<RentedDatabase<KillContext>> waiting = databases.RentAsync(CancellationToken);
        await using KillContext open = kept.CreateContext();
        await open.Database.OpenConnectionAsync(CancellationToken);
        Assert.True(await ExistsAsync(kept.ConnectionString));

        await databases.DisposeAsync();
        await databases.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => databases.RentAsync(CancellationToken));
        await kept.DisposeAsync();
        await returned.DisposeAsync();
        Assert.False(await ExistsAsync(kept.ConnectionString));
        Assert.False(await ExistsAsync(returned.ConnectionString));
    }

    [Theory]
    [InlineData("ALTER TABLE users ADD COLUMN extra int")]
    [InlineData("CREATE TABLE another (id int)")]
    [InlineData("CREATE INDEX orders_by_user ON orders (\"Id\", \"UserId\")")]
    public async Task A_database_whose_schema_a_test_changed_is_dropped_and_that_is_said(string change)
    {
        await using TestDatabase place = await Engine.CreateDatabaseAsync();
        await using TestDatabases<KillContext> databases = Create(place, most: 1);
        RentedDatabase<KillContext> broken = await databases.RentAsync(CancellationToken);
        await using (KillContext db = broken.CreateContext())
        {
            await db.Database.ExecuteSqlRawAsync(
                place.Pick(change, change, change.Replace('"', '`'), change),
                CancellationToken);
        }

        await broken.DisposeAsync();

        Assert.Null(broken.Found);
        Assert.Equal("The schema was changed while it was rented.", broken.DiscardReason);
        Assert.Contains("was dropped and not used again: The schema was changed", Assert.Single(databases.Notes), StringComparison.Ordinal);
        Assert.False(await ExistsAsync(broken.ConnectionString));
        await using RentedDatabase<KillContext> next = await databases.RentAsync(CancellationToken);
        Assert.NotEqual(broken.ConnectionString, next.ConnectionString);
        await AddUserAsync(next, 1);
    }

    [Fact]
    public async Task A_database_that_cannot_be_reset_is_dropped_and_that_is_said()
    {
        await using TestDatabase place = await Engine.CreateDatabaseAsync();
        await using TestDatabases<KillContext> databases = new(place.ConnectionString, Context)
        {
            MaxDatabases = 1,
            ConfigureReset = options => options.Exclude<Note>().Exclude<Order>().Exclude<Item>(),
        };
        RentedDatabase<KillContext> blocked = await databases.RentAsync(CancellationToken);
        await using (KillContext db = blocked.CreateContext())
        {
            await AddUserAsync(db, 1);
            db.Add(new Order { Id = 1, UserId = 1 });
            await db.SaveChangesAsync(CancellationToken);
        }

        await blocked.DisposeAsync();

        Assert.Contains("which is kept, reference it", blocked.DiscardReason!, StringComparison.Ordinal);
        await using RentedDatabase<KillContext> next = await databases.RentAsync(CancellationToken);
        Assert.Equal(0, await CountUsersAsync(next));
    }

    [Fact]
    public async Task Rows_that_were_prepared_are_there_for_each_test()
    {
        await using TestDatabase place = await Engine.CreateDatabaseAsync();
        await using TestDatabases<KillContext> databases = new(place.ConnectionString, Context)
        {
            MaxDatabases = 1,
            Prepare = async (db, token) =>
            {
                await db.Database.EnsureCreatedAsync(token);
                await AddUserAsync(db, 7);
            },
        };
        for (int i = 0; i < 3; i++)
        {
            RentedDatabase<KillContext> database = await databases.RentAsync(CancellationToken);
            await using (KillContext db = database.CreateContext())
            {
                User prepared = await db.Set<User>().SingleAsync(CancellationToken);
                Assert.Equal((7, "Ada"), (prepared.Id, prepared.Name));
                db.Remove(prepared);
                db.Add(new User { Id = 8, Name = "Grace" });
                db.Add(new User { Id = 9, Name = "Edith" });
                await db.SaveChangesAsync(CancellationToken);
            }

            await database.DisposeAsync();
            Assert.Equal((1, null), (database.Found!.Rows, database.DiscardReason));
        }
    }

    [Fact]
    public async Task What_fails_to_prepare_is_an_error_and_the_next_attempt_begins_anew()
    {
        await using TestDatabase place = await Engine.CreateDatabaseAsync();
        int attempts = 0;
        await using TestDatabases<KillContext> databases = new(place.ConnectionString, Context)
        {
            MaxDatabases = 1,
            Prepare = async (db, token) =>
            {
                await db.Database.EnsureCreatedAsync(token);
                if (++attempts == 1)
                {
                    throw new InvalidOperationException("not today");
                }
            },
        };

        PurgeException failure = await Assert.ThrowsAsync<PurgeException>(() => databases.RentAsync(CancellationToken));

        Assert.Contains("not today", failure.Message, StringComparison.Ordinal);
        await using RentedDatabase<KillContext> database = await databases.RentAsync(CancellationToken);
        await AddUserAsync(database, 1);
    }

    [Fact]
    public async Task Who_stops_while_a_database_is_created_gets_a_cancellation_and_the_next_one_a_database()
    {
        await using TestDatabase place = await Engine.CreateDatabaseAsync();
        using var stop = new CancellationTokenSource();
        await using TestDatabases<KillContext> databases = new(place.ConnectionString, Context)
        {
            MaxDatabases = 1,
            Prepare = async (db, token) =>
            {
                await db.Database.EnsureCreatedAsync(token);
                await stop.CancelAsync();
                token.ThrowIfCancellationRequested();
            },
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => databases.RentAsync(stop.Token));

        await using RentedDatabase<KillContext> database = await databases.RentAsync(CancellationToken);
        await AddUserAsync(database, 1);
        Assert.Empty(databases.Notes);
    }

    [Fact]
    public async Task A_connection_that_a_test_leaves_open_is_no_obstacle()
    {
        await using TestDatabase place = await Engine.CreateDatabaseAsync();
        await using TestDatabases<KillContext> databases = Create(place, most: 1);
        RentedDatabase<KillContext> first = await databases.RentAsync(CancellationToken);
        await using KillContext open = first.CreateContext();
        await open.Database.OpenConnectionAsync(CancellationToken);
        await AddUserAsync(open, 1);

        await first.DisposeAsync();

        Assert.Equal((1, null), (first.Found?.Rows, first.DiscardReason));
        await using RentedDatabase<KillContext> second = await databases.RentAsync(CancellationToken);
        Assert.Equal(0, await CountUsersAsync(second));
    }

    [Fact]
    public async Task Databases_of_a_killed_process_are_dropped_by_the_next_one_and_never_those_of_a_process_that_lives()
    {
        await using TestDatabase place = await Engine.CreateDatabaseAsync();
        await using TestDatabases<KillContext> living = Create(place, most: 1);
        await using RentedDatabase<KillContext> lives = await living.RentAsync(CancellationToken);
        await AddUserAsync(lives, 1);
        using RentingProcess process = RentingProcess.Start(Engine.Name, place.ConnectionString);
        string[] left = [await process.ReadLineAsync(CancellationToken), await process.ReadLineAsync(CancellationToken)];
        await using (TestDatabases<KillContext> early = Create(place, most: 1))
        {
            await (await early.RentAsync(CancellationToken)).DisposeAsync();
        }

        Assert.True(await ExistsAsync(left[0]) && await ExistsAsync(left[1]));

        await process.KillAsync(CancellationToken);

        Assert.True(await ExistsAsync(left[0]) && await ExistsAsync(left[1]));
        await WaitUntilDroppedAsync(place, left);
        Assert.Equal(1, await CountUsersAsync(lives));
    }

    [Fact]
    public async Task A_context_for_another_database_than_the_rented_one_is_refused_before_anything_is_written()
    {
        await using TestDatabase place = await Engine.CreateDatabaseAsync();
        int prepared = 0;
        await using var databases = new TestDatabases<KillContext>(place.ConnectionString, _ => Context(place.ConnectionString))
        {
            Prepare = (_, _) => Task.FromResult(++prepared),
        };

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => databases.RentAsync(CancellationToken));

        Assert.Contains("Give the provider the connection string that the function receives.", exception.Message, StringComparison.Ordinal);
        Assert.StartsWith("The KillContext that was created for the test database ", exception.Message, StringComparison.Ordinal);
        Assert.Equal(0, prepared);
    }

    private protected KillContext Context(string connectionString) => new(Engine.Name, connectionString);

    private protected TestDatabases<KillContext> Create(TestDatabase place, int most)
        => new(place.ConnectionString, Context) { MaxDatabases = most };

    private protected static async Task AddUserAsync(RentedDatabase<KillContext> database, int id)
    {
        await using KillContext db = database.CreateContext();
        await AddUserAsync(db, id);
    }

    private protected static async Task AddUserAsync(KillContext db, int id)
    {
        db.Add(new User { Id = id, Name = "Ada" });
        await db.SaveChangesAsync(CancellationToken);
    }

    private protected static async Task<int> CountUsersAsync(RentedDatabase<KillContext> database)
    {
        await using KillContext db = database.CreateContext();
        return await db.Set<User>().CountAsync(CancellationToken);
    }

    private protected async Task<bool> ExistsAsync(string connectionString)
    {
        await using KillContext db = Context(
            new DbConnectionStringBuilder { ConnectionString = connectionString, ["Pooling"] = false }.ConnectionString);
        return await db.Database.CanConnectAsync(CancellationToken);
    }

    // A server notices a moment later that a process has gone.
    private async Task WaitUntilDroppedAsync(TestDatabase place, string[] connectionStrings)
    {
        for (int attempt = 0; ; attempt++)
        {
            await using (TestDatabases<KillContext> next = Create(place, most: 1))
            {
                await (await next.RentAsync(CancellationToken)).DisposeAsync();
            }

            if (!await ExistsAsync(connectionStrings[0]) && !await ExistsAsync(connectionStrings[1]))
            {
                return;
            }

            Assert.True(attempt < 20, "They are still there.");
            await Task.Delay(100, CancellationToken);
        }
    }
}

public sealed class SqliteTestDatabasesConformance() : TestDatabasesConformance(Engine.Sqlite);

public sealed class PostgreSqlTestDatabasesConformance() : TestDatabasesConformance(Engine.PostgreSql);

public sealed class MariaDbTestDatabasesConformance() : TestDatabasesConformance(Engine.MariaDb);
