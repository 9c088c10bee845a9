using System.Data.Common;
using System.Text.RegularExpressions;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace FloworxPurge.Tests.Fleets;

/// <summary>A process that is killed while it archives keeps no later call from running, and no committed archive is removed.</summary>
public abstract class FleetArchiveConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task Files_of_a_call_that_was_killed_before_its_commit_are_replaced()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 1);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("floworxpurge-fleet-");
        try
        {
            string archive = Path.Combine(folder.FullName, "archive");
            string left = Path.Combine(folder.FullName, "left");
            PurgeFleet fleet = scenario.Fleet(options =>
            {
                FleetScenario.Marked(options);
                options.ArchiveTo(archive);
            });
            scenario.Hooks = _ => [KilledAtReceipt(archive, left)];
            await Assert.ThrowsAsync<PurgeException>(() => fleet.RunOneAsync("run", "t1", CancellationToken));
            scenario.Hooks = null;
            Assert.Equal("1 2 3", await scenario.KeysAsync("A"));

            // As a killed process leaves it, which cannot remove anything any more.
            Assert.False(Directory.Exists(archive));
            Directory.Move(left, archive);
            Assert.NotEmpty(Directory.GetFiles(archive, "*.gz"));

            PurgeReport report = await fleet.RunOneAsync("run", "t1", CancellationToken);

            Assert.Equal((PurgeVerdict.Complete, 4, 4), (report.Verdict, report.RowsDeleted, report.Archive!.Rows));
            RestoreReport back = await PurgeArchive.RestoreAsync(archive, scenario["t1"].Context, cancellationToken: CancellationToken);
            Assert.Equal(RestoreVerdict.Restored, back.Verdict);
            Assert.Equal("1 2 3", await scenario.KeysAsync("A"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task What_a_killed_call_left_is_removed_by_one_that_has_nothing_to_delete()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 1);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("floworxpurge-fleet-");
        try
        {
            string archive = Path.Combine(folder.FullName, "archive");
            string left = Path.Combine(folder.FullName, "left");
            void To(PurgeOptions options)
            {
                FleetScenario.Marked(options);
                options.ArchiveTo(archive);
            }

            scenario.Hooks = _ => [KilledAtReceipt(archive, left)];
            await Assert.ThrowsAsync<PurgeException>(() => scenario.Fleet(To).RunOneAsync("run", "t1", CancellationToken));
            scenario.Hooks = null;
            Directory.Move(left, archive);
            await scenario["t1"].Database.ExecuteAsync("UPDATE \"A\" SET \"Marked\" = FALSE", CancellationToken);

            PurgeReport report = await scenario.Fleet(options =>
            {
                To(options);
                options.InChunks(1);
            }).RunOneAsync("run", "t1", CancellationToken);

            Assert.Equal(0, report.RowsDeleted);
            Assert.Empty(Directory.GetFiles(archive, "*.gz"));
            Assert.Equal("1 2 3", await scenario.KeysAsync("A"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task An_archive_that_is_committed_stays_where_its_receipt_is_lost()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 1);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("floworxpurge-fleet-");
        try
        {
            string archive = Path.Combine(folder.FullName, "archive");
            PurgeFleet fleet = scenario.Fleet(options =>
            {
                FleetScenario.Marked(options);
                options.ArchiveTo(archive);
            });
            await fleet.RunOneAsync("run", "t1", CancellationToken);
            string[] files = [.. Directory.GetFiles(archive).Order(StringComparer.Ordinal)];
            await scenario["t1"].Database.ExecuteAsync("DELETE FROM floworxpurge_runs WHERE run_id LIKE 'run:%'", CancellationToken);
            await scenario["t1"].InsertAsync("A 7!");

            PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => fleet.RunOneAsync("run", "t1", CancellationToken));

            Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
            Assert.Contains("the archive of this run is committed already", refused.Message, StringComparison.Ordinal);
            Assert.Equal(files, Directory.GetFiles(archive).Order(StringComparer.Ordinal));
            Assert.Equal("2 7", await scenario.KeysAsync("A"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_same_run_of_another_database_leaves_the_archive_of_the_first_one_whole()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 1);
        await using FleetScenario copy = await FleetScenario.CreateAsync(Engine, 1);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("floworxpurge-fleet-");
        try
        {
            string archive = Path.Combine(folder.FullName, "archive");
            void To(PurgeOptions options)
            {
                FleetScenario.Marked(options);
                options.ArchiveTo(archive);
            }

            await scenario.Fleet(To).RunOneAsync("run", "t1", CancellationToken);

            PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
                () => copy.Fleet(To).RunOneAsync("run", "t1", CancellationToken));

            Assert.Contains("Otherwise it belongs to another database.", refused.Message, StringComparison.Ordinal);
            Assert.Equal("1 2 3", await copy.KeysAsync("A"));
            RestoreReport back = await PurgeArchive.RestoreAsync(archive, scenario["t1"].Context, cancellationToken: CancellationToken);
            Assert.Equal(RestoreVerdict.Restored, back.Verdict);
            Assert.Equal("1 2 3", await scenario.KeysAsync("A"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_that_comes_while_the_first_one_commits_is_refused_and_removes_nothing(bool isLast)
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 1);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("floworxpurge-fleet-");
        try
        {
            string archive = Path.Combine(folder.FullName, "archive");
            PurgeFleet fleet = scenario.Fleet(options => options.ArchiveTo(archive));
            PurgeException? second = null;
            async Task CallAsync()
            {
                scenario.Hooks = null;
                second = await Assert.ThrowsAsync<PurgeException>(() => fleet.RunOneAsync("run", "t1", CancellationToken));
            }

            scenario.Hooks = isLast
                ? _ => [new BeforeCommit(CallAsync)]
                : _ => [new CommandHook
                {
                    Before = async (command, _) =>
                    {
                        if (second is null && IsReceipt(command))
                        {
                            await CallAsync();
                        }
                    },
                }];

            PurgeReport first = await fleet.RunOneAsync("run", "t1", CancellationToken);

            Assert.Equal(PurgeVerdict.Complete, first.Verdict);
            Assert.Equal(PurgeVerdict.Refused, second!.Report!.Verdict);
            Assert.Contains("another purge of this database is running", second!.Message, StringComparison.Ordinal);
            RestoreReport back = await PurgeArchive.RestoreAsync(archive, scenario["t1"].Context, cancellationToken: CancellationToken);
            Assert.Equal(RestoreVerdict.Restored, back.Verdict);
            Assert.Equal("1 2 3", await scenario.KeysAsync("A"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Files_from_the_same_database_on_another_server_stay()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 1);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("floworxpurge-fleet-");
        try
        {
            string archive = Path.Combine(folder.FullName, "archive");
            string left = Path.Combine(folder.FullName, "left");
            PurgeFleet fleet = scenario.Fleet(options =>
            {
                FleetScenario.Marked(options);
                options.ArchiveTo(archive);
            });
            scenario.Hooks = _ => [KilledAtReceipt(archive, left)];
            await Assert.ThrowsAsync<PurgeException>(() => fleet.RunOneAsync("run", "t1", CancellationToken));
            scenario.Hooks = null;
            Directory.Move(left, archive);

            // As a copy of the database has it, which was made before the run.
            string manifest = Path.Combine(archive, "manifest.json");
            string text = await File.ReadAllTextAsync(manifest, CancellationToken);
            await File.WriteAllTextAsync(
                manifest,
                Regex.Replace(text, "(?<=\"server\": ?\")[^\"]*", "elsewhere", RegexOptions.None, TimeSpan.FromSeconds(5)),
                CancellationToken);

            PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => fleet.RunOneAsync("run", "t1", CancellationToken));

            Assert.Contains("Otherwise it belongs to another database.", refused.Message, StringComparison.Ordinal);
            Assert.NotEmpty(Directory.GetFiles(archive, "*.gz"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_call_that_comes_second_leaves_the_archive_of_the_first_one_whole()
    {
        Assert.SkipWhen(Engine == Engine.Sqlite, "There is no other session while one writes.");
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 1);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("floworxpurge-fleet-");
        try
        {
            string archive = Path.Combine(folder.FullName, "archive");
            PurgeFleet fleet = scenario.Fleet(options =>
            {
                FleetScenario.Marked(options);
                options.ArchiveTo(archive);
            });
            PurgeReport? first = null;
            var hook = new CommandHook
            {
                Before = async (command, _) =>
                {
                    if (first is null && (command.CommandText.Contains("pg_try_advisory_xact_lock", StringComparison.Ordinal)
                        || command.CommandText.Contains("GET_LOCK", StringComparison.Ordinal)))
                    {
                        scenario.Hooks = null;
                        first = await fleet.RunOneAsync("run", "t1", CancellationToken);
                        await scenario["t1"].InsertAsync("A 9!");
                    }
                },
            };
            scenario.Hooks = _ => [hook];

            PurgeReport second = await fleet.RunOneAsync("run", "t1", CancellationToken);

            Assert.Equal((PurgeVerdict.Complete, 4, 4), (first!.Verdict, first.RowsDeleted, first.Archive!.Rows));
            Assert.Equal(first.ToJson(), second.ToJson());
            Assert.Equal("2 9", await scenario.KeysAsync("A"));
            RestoreReport back = await PurgeArchive.RestoreAsync(archive, scenario["t1"].Context, cancellationToken: CancellationToken);
            Assert.Equal(RestoreVerdict.Restored, back.Verdict);
            Assert.Equal("1 2 3 9", await scenario.KeysAsync("A"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static CommandHook KilledAtReceipt(string archive, string left) => new()
    {
        Before = (command, _) => IsReceipt(command) ? throw Killed(archive, left) : ValueTask.CompletedTask,
    };

    private static bool IsReceipt(DbCommand command)
        => command.CommandText.StartsWith("INSERT INTO ", StringComparison.Ordinal)
            && command.CommandText.Contains("floworxpurge_runs", StringComparison.Ordinal)
            && command.Parameters[0].Value is string id && id.StartsWith("run:", StringComparison.Ordinal);

    private static TimeoutException Killed(string archive, string copy)
    {
        Directory.CreateDirectory(copy);
        foreach (string file in Directory.GetFiles(archive))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        return new TimeoutException("killed");
    }

    private sealed class BeforeCommit(Func<Task> act) : DbTransactionInterceptor
    {
        private bool _isDone;

        public override async ValueTask<InterceptionResult> TransactionCommittingAsync(
            DbTransaction transaction,
            TransactionEventData eventData,
            InterceptionResult result,
            CancellationToken cancellationToken = default)
        {
            if (!_isDone)
            {
                _isDone = true;
                await act();
            }

            return result;
        }
    }
}

public sealed class SqliteFleetArchiveConformance() : FleetArchiveConformance(Engine.Sqlite);

public sealed class PostgreSqlFleetArchiveConformance() : FleetArchiveConformance(Engine.PostgreSql);

public sealed class MariaDbFleetArchiveConformance() : FleetArchiveConformance(Engine.MariaDb);
