using System.Data.Common;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace FloworxPurge.Tests.Resetting;

/// <summary>Resets come back to the rows that were there when they were captured, and to their counters.</summary>
public abstract class CaptureConformance(Engine engine) : ConformanceGroup(engine)
{
    [Theory]
    [InlineData("UPDATE \"Cities\" SET \"Twin\" = NULL; DELETE FROM \"Cities\"; DELETE FROM \"Countries\"")]
    [InlineData("UPDATE \"Countries\" SET \"Name\" = 'x'")]
    [InlineData("UPDATE \"Cities\" SET \"Twin\" = NULL; DELETE FROM \"Cities\" WHERE \"Id\" = 2")]
    [InlineData("INSERT INTO \"Countries\" (\"Name\") VALUES ('Fiji')")]
    [InlineData("UPDATE \"Countries\" SET \"Name\" = \"Name\"")]
    [InlineData("UPDATE \"Countries\" SET \"Id\" = 30 WHERE \"Id\" = 3")]
    [InlineData("DELETE FROM \"Countries\" WHERE \"Id\" = 3; INSERT INTO \"Countries\" (\"Id\", \"Name\") VALUES (3, 'Mali')")]
    [InlineData("INSERT INTO \"Countries\" (\"Name\") VALUES ('Fiji'); UPDATE \"Cities\" SET \"CountryId\" = 5, \"Twin\" = 2")]
    [InlineData("UPDATE \"Cities\" SET \"Area\" = 414.7800000000001, \"Name\" = 'wien' WHERE \"Id\" = 1")]
    [InlineData("INSERT INTO \"Visits\" (\"CityId\") VALUES (1)")]
    [InlineData("DELETE FROM \"Countries\" WHERE \"Id\" = 3; INSERT INTO \"Countries\" (\"Name\") VALUES ('Chad')")]
    [InlineData("INSERT INTO \"Countries\" (\"Name\") VALUES ('Fiji'); DELETE FROM \"Countries\" WHERE \"Id\" > 3")]
    public async Task Whatever_a_test_did_the_rows_and_the_counters_are_as_they_were_captured(string change)
    {
        await using TestDatabase database = await CreateAsync();
        await using DatabaseResetter resetter = await ResetterAsync(database);
        Assert.Equal(5, await resetter.CaptureAsync(CancellationToken));
        string before = await database.ChecksumAsync(CancellationToken);
        for (int i = 0; i < 3; i++)
        {
            foreach (string statement in change.Split("; "))
            {
                await database.ExecuteAsync(statement, CancellationToken);
            }

            await resetter.ResetAsync(CancellationToken);

            Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
            await using Atlas atlas = Context(database);
            var next = new Country { Name = "Next" };
            atlas.Add(next);
            await atlas.SaveChangesAsync(CancellationToken);
            Assert.Equal(5, next.Id);
            await resetter.ResetAsync(CancellationToken);
            Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
        }
    }

    [Fact]
    public async Task A_report_counts_the_rows_beyond_those_that_were_captured()
    {
        await using TestDatabase database = await CreateAsync();
        await using DatabaseResetter resetter = await ResetterAsync(database);
        await resetter.CaptureAsync(CancellationToken);
        Assert.True((await resetter.ResetAsync(CancellationToken)).IsClean);

        await database.ExecuteAsync("INSERT INTO \"Visits\" (\"CityId\") VALUES (1), (1)", CancellationToken);
        Assert.Equal($"2 rows: {Name("Visits").ToQuotedString()} 2", (await resetter.ResetAsync(CancellationToken)).ToString());

        await database.ExecuteAsync("INSERT INTO \"Countries\" (\"Name\") VALUES ('Fiji')", CancellationToken);
        Assert.Equal($"1 row: {Name("Countries").ToQuotedString()} 1", (await resetter.ResetAsync(CancellationToken)).ToString());

        await using Atlas atlas = Context(database);
        Assert.True((await resetter.ResetAsync(atlas, CancellationToken)).IsClean);
        await database.ExecuteAsync("INSERT INTO \"Countries\" (\"Name\") VALUES ('Fiji')", CancellationToken);
        Assert.Equal($"1 row: {Name("Countries").ToQuotedString()} 1", (await resetter.ResetAsync(atlas, CancellationToken)).ToString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_row_that_is_missing_in_a_copy_is_an_error_and_nothing_is_put_back_in_part(bool isGiven)
    {
        await using TestDatabase database = await CreateAsync();
        await using DatabaseResetter resetter = await ResetterAsync(database);
        await resetter.CaptureAsync(CancellationToken);
        await using Atlas atlas = Context(database);
        string? copy = await database.ScalarAsync<string>(
            database.Pick(
                sqlite: "SELECT MIN(name) FROM sqlite_master WHERE type = 'table' AND name LIKE 'floworxpurge_captured_%'",
                postgreSql: "SELECT min(relname) FROM pg_class WHERE relkind = 'r' AND relname LIKE 'floworxpurge_captured_%'",
                mariaDb: "SELECT MIN(TABLE_NAME) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() "
                    + "AND TABLE_NAME LIKE 'floworxpurge_captured_%'",
                sqlServer: string.Empty),
            CancellationToken);
        await database.ExecuteAsync($"DELETE FROM \"{copy}\" WHERE \"Id\" = 2", CancellationToken);
        await database.ExecuteAsync("UPDATE \"Cities\" SET \"Name\" = 'x'", CancellationToken);
        await database.ExecuteAsync("UPDATE \"Countries\" SET \"Name\" = 'x'", CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => isGiven ? resetter.ResetAsync(atlas, CancellationToken) : resetter.ResetAsync(CancellationToken));

        Assert.Contains("were not put back in full", exception.Message, StringComparison.Ordinal);
        long[] left =
        [
            await database.CountAsync("Cities", cancellationToken: CancellationToken),
            await database.CountAsync("Countries", cancellationToken: CancellationToken),
        ];
        Assert.True(left is [0, 0] or [2, 3], string.Join(' ', left));
    }

    [Fact]
    public async Task A_reset_over_a_given_context_puts_them_back_too()
    {
        await using TestDatabase database = await CreateAsync();
        await using DatabaseResetter resetter = await ResetterAsync(database);
        await resetter.CaptureAsync(CancellationToken);
        string before = await database.ChecksumAsync(CancellationToken);
        await using Atlas atlas = Context(database);
        await database.ExecuteAsync("UPDATE \"Countries\" SET \"Name\" = 'x'", CancellationToken);

        await resetter.ResetAsync(atlas, CancellationToken);

        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
        await resetter.ResetAsync(CancellationToken);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task Rows_of_a_table_without_a_key_come_back_once()
    {
        await using TestDatabase database = await CreateAsync();
        await database.ExecuteAsync("INSERT INTO \"Logs\" (\"Text\") VALUES ('a'), ('a'), ('b')", CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database);
        Assert.Equal(8, await resetter.CaptureAsync(CancellationToken));
        string before = await database.ChecksumAsync(CancellationToken);
        for (int i = 0; i < 3; i++)
        {
            await resetter.ResetAsync(CancellationToken);
            Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
            await database.ExecuteAsync("UPDATE \"Logs\" SET \"Text\" = 'z' WHERE \"Text\" = 'b'", CancellationToken);
            await resetter.ResetAsync(CancellationToken);
            Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
            await database.ExecuteAsync("INSERT INTO \"Logs\" (\"Text\") VALUES ('c')", CancellationToken);
        }
    }

    [Fact]
    public async Task The_counter_of_an_empty_table_is_as_it_was_captured()
    {
        await using TestDatabase database = await CreateAsync();
        await database.ExecuteAsync("INSERT INTO \"Visits\" (\"CityId\") VALUES (1)", CancellationToken);
        await database.ExecuteAsync("DELETE FROM \"Visits\"", CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database);
        await resetter.CaptureAsync(CancellationToken);
        await database.ExecuteAsync("INSERT INTO \"Visits\" (\"CityId\") VALUES (1), (1)", CancellationToken);

        await resetter.ResetAsync(CancellationToken);

        await using Atlas atlas = Context(database);
        var next = new Visit { CityId = 1 };
        atlas.Add(next);
        await atlas.SaveChangesAsync(CancellationToken);
        Assert.Equal(2, next.Id);
    }

    [Fact]
    public async Task Capturing_again_keeps_the_rows_of_now_alone()
    {
        await using TestDatabase database = await CreateAsync();
        await using DatabaseResetter resetter = await ResetterAsync(database);
        await resetter.CaptureAsync(CancellationToken);
        await database.ExecuteAsync("UPDATE \"Cities\" SET \"Twin\" = NULL", CancellationToken);
        await database.ExecuteAsync("DELETE FROM \"Cities\"", CancellationToken);
        await database.ExecuteAsync("INSERT INTO \"Countries\" (\"Name\") VALUES ('Fiji')", CancellationToken);

        Assert.Equal(4, await resetter.CaptureAsync(CancellationToken));

        string before = await database.ChecksumAsync(CancellationToken);
        await database.ExecuteAsync("DELETE FROM \"Countries\"", CancellationToken);
        await resetter.ResetAsync(CancellationToken);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task Nothing_is_copied_where_there_are_no_rows()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using (Atlas atlas = Context(database))
        {
            await atlas.Database.EnsureCreatedAsync(CancellationToken);
        }

        string before = await database.ChecksumAsync(CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database);

        Assert.Equal(0, await resetter.CaptureAsync(CancellationToken));

        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task Rows_of_excluded_tables_that_captured_rows_reference_must_be_there()
    {
        await using TestDatabase database = await CreateAsync();
        await using DatabaseResetter resetter = await ResetterAsync(database, options => options.Exclude<Country>());
        await resetter.CaptureAsync(CancellationToken);
        await database.ExecuteAsync("UPDATE \"Cities\" SET \"Twin\" = NULL", CancellationToken);
        await database.ExecuteAsync("DELETE FROM \"Cities\"", CancellationToken);
        await database.ExecuteAsync("DELETE FROM \"Countries\"", CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));
        await using Atlas atlas = Context(database);
        PurgeException given = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(atlas, CancellationToken));

        Assert.Contains("Countries", exception.Message, StringComparison.Ordinal);
        Assert.Contains("put back", given.Message, StringComparison.Ordinal);
        Assert.Equal(0, await database.CountAsync("Cities", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task Rows_that_reference_nothing_come_back_as_they_were()
    {
        await using TestDatabase database = await CreateAsync();
        await database.ExecuteUncheckedAsync("UPDATE \"Cities\" SET \"CountryId\" = 77 WHERE \"Id\" = 2", CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database);
        Assert.Equal(5, await resetter.CaptureAsync(CancellationToken));
        string before = await database.ChecksumAsync(CancellationToken);
        await database.ExecuteUncheckedAsync("UPDATE \"Cities\" SET \"Name\" = 'x'", CancellationToken);

        await resetter.ResetAsync(CancellationToken);

        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_row_that_arrives_while_rows_are_captured_ends_the_capture_and_all_rows_stay()
    {
        await using TestDatabase database = await CreateAsync();
        var arrival = new Arrival(
            () => database.ExecuteAsync("INSERT INTO \"Countries\" (\"Name\") VALUES ('Fiji')", CancellationToken));
        await using Atlas atlas = Context(database, arrival);
        await using DatabaseResetter resetter = await Engine.ResetterAsync(atlas);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.CaptureAsync(CancellationToken));

        Assert.Contains("changed while they were captured", exception.Message, StringComparison.Ordinal);
        Assert.Equal(4, await database.CountAsync("Countries", cancellationToken: CancellationToken));
        Assert.Equal(2, await database.CountAsync("Cities", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_table_with_a_trigger_that_fires_when_rows_come_back_is_refused_before_anything_is_copied()
    {
        await using TestDatabase database = await CreateAsync();
        await database.RunOnInsertAsync("Cities", "INSERT INTO \"Visits\" (\"CityId\") VALUES (1)", CancellationToken);
        string before = await database.ChecksumAsync(CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.CaptureAsync(CancellationToken));

        Assert.Contains("may fire when rows are inserted", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_trigger_that_was_created_since_the_capture_is_an_error_and_nothing_is_changed()
    {
        await using TestDatabase database = await CreateAsync();
        await using DatabaseResetter resetter = await ResetterAsync(database);
        await resetter.CaptureAsync(CancellationToken);
        await database.RunOnInsertAsync("Cities", "INSERT INTO \"Visits\" (\"CityId\") VALUES (1)", CancellationToken);
        await database.ExecuteAsync("UPDATE \"Countries\" SET \"Name\" = 'x'", CancellationToken);
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));

        Assert.Contains("may fire when rows are inserted", exception.Message, StringComparison.Ordinal);
        Assert.Contains("capture again", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task Seed_data_and_captured_rows_exclude_each_other()
    {
        await using TestDatabase database = await CreateAsync();
        await using DatabaseResetter resetter = await ResetterAsync(database, options => options.RestoreSeedData = true);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.CaptureAsync(CancellationToken));

        Assert.Contains("Leave RestoreSeedData out", exception.Message, StringComparison.Ordinal);
    }

    private static Atlas Context(TestDatabase database, params IInterceptor[] interceptors)
    {
        var options = new DbContextOptionsBuilder<Atlas>();
        database.Configure(options);
        options.AddInterceptors(interceptors);
        return new Atlas(options.Options);
    }

    private async Task<DatabaseResetter> ResetterAsync(TestDatabase database, Action<ResetOptions>? configure = null)
    {
        await using Atlas atlas = Context(database);
        return await Engine.ResetterAsync(atlas, configure);
    }

    // A row that was deleted again leaves its number used: the next country is number 5.
    private async Task<TestDatabase> CreateAsync()
    {
        TestDatabase database = await Engine.CreateDatabaseAsync();
        await using Atlas atlas = Context(database);
        await atlas.Database.EnsureCreatedAsync(CancellationToken);
        foreach (string name in new[] { "Austria", "Chad", "Mali", "gone" })
        {
            var country = new Country { Name = name };
            atlas.Add(country);
            await atlas.SaveChangesAsync(CancellationToken);
            if (name == "gone")
            {
                atlas.Remove(country);
                await atlas.SaveChangesAsync(CancellationToken);
            }
        }

        var wien = new City
        {
            Name = "Wien",
            CountryId = 1,
            Area = 414.78,
            Map = [0, 255, 39],
            Founded = new DateTime(1137, 1, 1, 0, 0, 0, DateTimeKind.Utc),
        };
        atlas.Add(wien);
        await atlas.SaveChangesAsync(CancellationToken);
        atlas.Add(new City { Name = "N'Djamena ☀ \"x\"\n\\", CountryId = 2, Area = 0.1, Twin = wien.Id });
        await atlas.SaveChangesAsync(CancellationToken);
        return database;
    }

    /// <summary>Lets another session in just before the first row is copied, on the connection of the resetter.</summary>
    private sealed class Arrival(Func<Task> act) : DbConnectionInterceptor, IDbCommandInterceptor
    {
        private bool _isDone;

        public async ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
            DbCommand command,
            CommandEventData eventData,
            InterceptionResult<int> result,
            CancellationToken cancellationToken = default)
        {
            if (!_isDone && command.CommandText.StartsWith("INSERT INTO", StringComparison.Ordinal))
            {
                _isDone = true;
                await act();
            }

            return result;
        }
    }

    public sealed class Country
    {
        public int Id { get; set; }

        public required string Name { get; set; }
    }

    public sealed class City
    {
        public int Id { get; set; }

        public required string Name { get; set; }

        public int CountryId { get; set; }

        public int? Twin { get; set; }

        public double Area { get; set; }

        public byte[]? Map { get; set; }

        public DateTime? Founded { get; set; }
    }

    public sealed class Visit
    {
        public int Id { get; set; }

        public int CityId { get; set; }
    }


    public sealed class Log
    {
        public required string Text { get; set; }
    }

    public sealed class Atlas(DbContextOptions<Atlas> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            modelBuilder.Entity<Country>().ToTable("Countries");
            modelBuilder.Entity<City>(city =>
            {
                city.ToTable("Cities").HasOne<Country>().WithMany().HasForeignKey(row => row.CountryId);
                city.HasOne<City>().WithMany().HasForeignKey(row => row.Twin);
            });
            modelBuilder.Entity<Log>().ToTable("Logs").HasNoKey();
            modelBuilder.Entity<Visit>().ToTable("Visits").HasOne<City>().WithMany().HasForeignKey(row => row.CityId);
        }
    }
}

public sealed class SqliteCaptureConformance() : CaptureConformance(Engine.Sqlite);

public sealed class PostgreSqlCaptureConformance() : CaptureConformance(Engine.PostgreSql);

public sealed class MariaDbCaptureConformance() : CaptureConformance(Engine.MariaDb);
