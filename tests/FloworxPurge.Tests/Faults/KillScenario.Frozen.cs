using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using FloworxPurge.Killed;
using FloworxPurge.Tests.Kit;
using Microsoft.Data.Sqlite;
using MySql.Data.MySqlClient;
using Npgsql;

namespace FloworxPurge.Tests.Faults;

/// <content>
/// Calls in this process that never go on behind a point: their files stay as they are on the disk, and the server loses their session. It
/// is what a kill leaves, without a process to start.
/// </content>
internal sealed partial class KillScenario
{
    private int _frozen;

    /// <summary>Calls in this process, and stops for good at a point.</summary>
    /// <returns>The name of the point; null where the call ended before it.</returns>
    public async Task<string?> FreezeAsync(string what, int point)
    {
        var reached = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var points = new KillPoints(
            point,
            name =>
            {
                reached.SetResult(name);
                Thread.Sleep(Timeout.Infinite);
            });

        // A pool would wait for its connection to come back.
        Task run = Task.Run(
            () => KillRun.RunAsync(
                Database.Engine,
                Database.ConnectionString + ";Pooling=false",
                ArchiveOf(what),
                what,
                points,
                CancellationToken.None),
            CancellationToken);
        await Task.WhenAny(run, reached.Task).WaitAsync(Limit, CancellationToken);
        if (!reached.Task.IsCompleted)
        {
            await run;
            return null;
        }

        // The thread that stopped does nothing any more.
        ThreadPool.GetMinThreads(out int workers, out int completions);
        ThreadPool.SetMinThreads(workers + 1, completions);
        _frozen++;
        LeaveFiles(what);
        await EndSessionsAsync();
        await SettleAsync();
        return await reached.Task;
    }

    /// <summary>Calls in this process, and ends its session on the server at a point.</summary>
    /// <returns>The name of the point; null where the call ended before it.</returns>
    public Task<string?> LoseAsync(string what, int point) => LoseAsync(what, point, EndSessionsAsync);

    /// <summary>Calls in this process, and lets the PostgreSQL server crash at a point, which starts again by itself.</summary>
    /// <returns>The name of the point; null where the call ended before it.</returns>
    public Task<string?> CrashAsync(string what, int point) => LoseAsync(what, point, CrashServerAsync);

    private async Task<string?> LoseAsync(string what, int point, Func<Task> loseAsync)
    {
        string? reached = null;
        var points = new KillPoints(
            point,
            name =>
            {
                reached = name;
                loseAsync().GetAwaiter().GetResult();
                SettleAsync().GetAwaiter().GetResult();
            });
        try
        {
            await Task.Run(
                () => KillRun.RunAsync(
                    Database.Engine,
                    Database.ConnectionString + ";Pooling=false",
                    ArchiveOf(what),
                    what,
                    points,
                    CancellationToken.None),
                CancellationToken).WaitAsync(Limit, CancellationToken);
        }
        catch (PurgeException) when (reached is not null)
        {
            // The call says what was done; the database and the archive are looked at.
        }

        return reached;
    }

    // The end of one process of the server by SIGKILL: it ends all others at once, and recovers from its log.
    private async Task CrashServerAsync()
    {
        int killed;
        await using (DbConnection connection = await Database.OpenConnectionAsync(CancellationToken))
        {
            await using DbCommand command = connection.CreateCommand();
            command.CommandText = "SELECT pg_backend_pid()";
            killed = (int)(await command.ExecuteScalarAsync(CancellationToken))!;
            using Process process = Process.GetProcessById(killed);
            process.Kill();
        }

        // Those of the administrator, who drops the database, have ended, too. Connections that are in use are not touched.
        NpgsqlConnection.ClearAllPools();
        for (long start = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                // The server still shows the process until it has started again, and refuses as long as it recovers.
                await using DbConnection connection = await Database.OpenConnectionAsync(CancellationToken);
                await using DbCommand command = connection.CreateCommand();
                command.CommandText = string.Create(
                    CultureInfo.InvariantCulture,
                    $"SELECT NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = {killed})");
                if (await command.ExecuteScalarAsync(CancellationToken) is true)
                {
                    return;
                }
            }
            catch (NpgsqlException) when (Stopwatch.GetElapsedTime(start) < Limit)
            {
                await Task.Delay(20, CancellationToken);
            }
        }
    }

    // Ends all other sessions of the database.
    private async Task EndSessionsAsync()
    {
        if (Database.Engine == "SQLite")
        {
            return;
        }

        // What is in the pool ends by itself.
        await using (DbConnection pooled = Database.CreateConnection())
        {
            ClearPool(pooled);
        }

        await using DbConnection connection = await Database.OpenConnectionAsync(CancellationToken);
        await using DbCommand command = connection.CreateCommand();
        if (connection is NpgsqlConnection)
        {
            command.CommandText = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                + "AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
            await command.ExecuteNonQueryAsync(CancellationToken);
            return;
        }

        command.CommandText = "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND ID <> CONNECTION_ID()";
        List<string> others = [];
        await using (DbDataReader reader = await command.ExecuteReaderAsync(CancellationToken))
        {
            while (await reader.ReadAsync(CancellationToken))
            {
                others.Add(Convert.ToString(reader.GetValue(0), CultureInfo.InvariantCulture)!);
            }
        }

        foreach (string other in others)
        {
            command.CommandText = $"KILL {other}";
            try
            {
                await command.ExecuteNonQueryAsync(CancellationToken);
            }
            catch (MySqlException e) when (e.Number == (int)MySqlErrorCode.NoSuchThread)
            {
                // It has ended by itself.
            }
        }
    }

    // What has them open keeps the old ones, with their locks; the next call finds copies of what is on the disk.
    private void LeaveFiles(string what)
    {
        string dead = string.Create(CultureInfo.InvariantCulture, $".dead{_frozen}");
        if (Database is SqliteTestDatabase { FileName: { } file })
        {
            SqliteConnection.ClearAllPools();
            foreach (string ending in (string[])["", "-journal", "-wal", "-shm", "-floworxpurge"])
            {
                if (!File.Exists(file + ending))
                {
                    continue;
                }

                File.Move(file + ending, file + dead + ending);
                if (ending is "" or "-journal" or "-wal")
                {
                    File.Copy(file + dead + ending, file + ending);
                }
            }
        }

        if (!KillRun.IsOfSchema(what) && Directory.Exists(Folder))
        {
            Directory.Move(Folder, Folder + dead);
            DirectoryInfo copy = Directory.CreateDirectory(Folder);
            foreach (string name in Directory.EnumerateFiles(Folder + dead).Select(full => Path.GetFileName(full)))
            {
                File.Copy(Path.Combine(Folder + dead, name), Path.Combine(copy.FullName, name));
            }
        }
    }
}
