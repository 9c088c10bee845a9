using System.Diagnostics;
using System.Globalization;
using FloworxPurge.CommandLine.Tests.Kit;
using Microsoft.Data.Sqlite;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>The tool is asked to stop: the process of the application stops as well, and says what it did.</summary>
public sealed class ToolSignalTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("floworxpurge-signal-");

    private string Notes => Path.Combine(_folder.FullName, "notes.db");

    [Theory]
    [InlineData("TERM", 130)]
    [InlineData("INT", 130)]
    [InlineData("KILL", 137)]
    public async Task An_application_that_does_not_begin_is_stopped_with_the_tool(string signal, int expected)
    {
        Skip();
        using Process tool = Tool.Start(_folder.FullName, ["plan", "--context", "NoteContext", .. Tool.Application, "wait"]);
        string? begun = await tool.StandardError.ReadLineAsync(TestContext.Current.CancellationToken);
        Kill(tool, signal);
        (int code, string output, string errors) = await Tool.EndAsync(tool);

        // The output ends when the last process that writes to it has ended.
        Assert.Equal(("The application waits.", expected), (begun, code));
        Assert.Equal(("", "Cancelled: nothing was purged."), (output, errors.Trim()));
    }

    [Theory]
    [InlineData("TERM", 5)]
    [InlineData("INT", 5)]
    [InlineData("KILL", 137)]
    public async Task A_run_in_chunks_stops_after_the_transaction_that_it_is_in(string signal, int expected)
    {
        Skip();
        Fill();
        using Process tool = Tool.Start(
            _folder.FullName,
            [
                "purge", "--context", "NoteContext", "--environment", "Development", "--force", "--in-chunks", "1", "--pause", "1h",
                .. Tool.Application, $"--Notes={Notes}",
            ]);
        while (Rows() == 3 && !tool.HasExited)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Kill(tool, signal);
        (int code, string output, string errors) = await Tool.EndAsync(tool);

        Assert.True(code == expected, $"{code}: {output}{errors}");
        Assert.Equal(2, Rows());
        Assert.Contains("1 row", output + errors, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static void Skip() => Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signals to send.");

    private static void Kill(Process process, string signal)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private long Rows()
    {
        using var connection = new SqliteConnection($"Data Source={Notes};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT (SELECT COUNT(*) FROM Notes) + (SELECT COUNT(*) FROM Authors)";
        return (long)command.ExecuteScalar()!;
    }

    private void Fill()
    {
        using var connection = new SqliteConnection($"Data Source={Notes};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = """
            CREATE TABLE Authors (Id INTEGER NOT NULL PRIMARY KEY);
            CREATE TABLE Notes (Id INTEGER NOT NULL PRIMARY KEY, AuthorId INTEGER NOT NULL REFERENCES Authors (Id));
            INSERT INTO Authors VALUES (1);
            INSERT INTO Notes VALUES (1, 1), (2, 1);
            """;
        command.ExecuteNonQuery();
    }
}
