using FloworxPurge.CommandLine.Tests.Kit;
using FloworxPurge.Reporting;
using Microsoft.Data.Sqlite;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>The tool, as it is called for an application that knows nothing of the library.</summary>
public sealed class ToolTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("floworxpurge-tool-");

    private string Notes => Path.Combine(_folder.FullName, "notes.db");

    private string Entries => Path.Combine(_folder.FullName, "entries.db");

    [Fact]
    public async Task A_context_of_the_host_is_purged_by_a_plan_file()
    {
        Fill();

        (int code, string output, string errors) = await RunAsync("plan", "--context", "NoteContext", "--out", "plan.json");
        Assert.True(code == 0, output + errors);
        Assert.Contains("To purge     2 tables with 3 rows", output, StringComparison.Ordinal);
        Assert.Contains("Environment  Production", output, StringComparison.Ordinal);
        Assert.DoesNotContain("The application runs", output + errors, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_folder.FullName, "plan.json")));

        // The guards of Production are those of the command.
        (code, output, errors) = await RunAsync("run", "plan.json", "--context", "NoteContext", "--confirm", "notes.db");
        Assert.True(code == 3, output + errors);
        Assert.Contains("in Production give --backup DIR", errors, StringComparison.Ordinal);
        Assert.Equal(3, Rows(Notes, "Notes") + Rows(Notes, "Authors"));

        (code, output, errors) = await RunAsync(
            "run", "plan.json", "--context", "NoteContext", "--confirm", "notes.db", "--backup", "backups", "--report", "purge.json");
        Assert.True(code == 0, output + errors);
        Assert.Equal(0, Rows(Notes, "Notes") + Rows(Notes, "Authors"));
        Assert.Single(Directory.GetFiles(Path.Combine(_folder.FullName, "backups"), "*.db"));
        string report = await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "purge.json"), TestContext.Current.CancellationToken);
        Assert.Equal(3, PurgeReport.FromJson(report).RowsDeleted);
    }

    [Fact]
    public async Task A_context_of_a_design_time_factory_gets_the_arguments_of_the_application()
    {
        Fill();

        (int code, string output, string errors) = await RunToolAsync(
            [Entries],
            ["purge", "--context=ArchiveContext", "--environment", "Development", "--force", "--json"]);

        Assert.True(code == 0, output + errors);
        Assert.Equal("Development", PurgeReport.FromJson(output).Details.Environment);
        Assert.Equal((0, 3), (Rows(Entries, "Entries"), Rows(Notes, "Notes") + Rows(Notes, "Authors")));
    }

    [Fact]
    public async Task An_archive_is_restored()
    {
        Fill();
        string[] common = ["--context", "NoteContext", "--environment", "Development", "--force"];

        (int purged, string output, string errors) = await RunAsync(["purge", "--archive", "archive", .. common]);
        int left = Rows(Notes, "Notes");
        (int restored, string restore, string failure) = await RunAsync(["restore", "archive", .. common]);

        Assert.True(purged == 0, output + errors);
        Assert.True(restored == 0, restore + failure);
        Assert.Equal((0, 2), (left, Rows(Notes, "Notes")));
    }

    [Theory]
    [InlineData(2, "has more than one context", "plan")]
    [InlineData(2, "--context \"None\" is none of the application's contexts", "plan", "--context", "None")]
    [InlineData(2, "There is no option --dry-rum", "purge", "--dry-rum", "--context", "NoteContext")]
    [InlineData(2, "\"delete\" is no command", "delete")]
    [InlineData(2, "--context needs a value", "plan", "--context")]
    [InlineData(2, "There is no project in", "plan", "--startup-project", "nowhere")]
    [InlineData(3, "no terminal to ask on", "purge", "--context", "NoteContext")]
    public async Task What_is_wrong_is_said_and_nothing_is_written(int expected, string message, params string[] args)
    {
        Fill();

        (int code, string output, string errors) = await RunAsync(args);

        Assert.True(code == expected, $"{code}: {output}{errors}");
        Assert.Contains(message, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.Equal(3, Rows(Notes, "Notes") + Rows(Notes, "Authors"));
    }

    [Fact]
    public async Task An_application_that_fails_before_it_has_a_host_is_quoted()
    {
        Fill();

        (int code, _, string errors) = await RunToolAsync(["fail"], ["plan", "--context", "NoteContext"]);

        Assert.Equal(1, code);
        Assert.Equal(
            "The application failed before its host was built: InvalidOperationException: the settings are missing. Nothing was purged.",
            errors.Trim());
    }

    [Fact]
    public async Task The_application_has_its_own_name_and_what_a_factory_throws_is_quoted()
    {
        (int code, _, string errors) = await RunToolAsync(["name"], ["plan", "--context", "NoteContext"]);
        (int ofFactory, _, string failure) = await RunToolAsync([], ["plan", "--context", "ArchiveContext"]);

        // User secrets and settings are found by it.
        Assert.Equal((1, 1), (code, ofFactory));
        Assert.Contains("the application is FloworxPurge.ToolApplication.", errors, StringComparison.Ordinal);
        Assert.StartsWith("IndexOutOfRangeException: ", failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_is_made_with_the_key_of_the_environment_and_good_for_one_run()
    {
        Fill();
        string key = Convert.ToBase64String([.. Enumerable.Range(1, 32).Select(i => (byte)i)]);
        string[] common = ["--context", "NoteContext", "--environment", "Development"];
        Task<(int Code, string Output, string Errors)> WithKeyAsync(params string[] args)
            => RunToolAsync([$"--Notes={Notes}"], [.. args, .. common], ("FLOWORXPURGE_APPROVAL_KEY", key));
        (_, string output, _) = await WithKeyAsync("plan", "--quiet");
        string line = output.Split('\n').Single(line => line.StartsWith("--approve ", StringComparison.Ordinal));
        string token = line["--approve ".Length..].Trim();

        Assert.Equal(0, (await WithKeyAsync("purge", "--approve", token)).Code);
        using (var connection = new SqliteConnection($"Data Source={Notes};Pooling=False"))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "INSERT INTO Authors (Id) VALUES (1); INSERT INTO Notes (Id, AuthorId) VALUES (1, 1), (2, 1)";
            command.ExecuteNonQuery();
        }

        // The same rows are there again, and another process remembers the use.
        (int code, _, string errors) = await WithKeyAsync("purge", "--approve", token);
        Assert.Equal(3, code);
        Assert.Contains("the token after --approve was used already", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_application_of_an_older_framework_is_refused()
    {
        string project = Path.Combine(_folder.FullName, "old.csproj");
        await File.WriteAllTextAsync(
            project,
            """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net8.0</TargetFramework><OutputType>Exe</OutputType></PropertyGroup>
            </Project>
            """,
            TestContext.Current.CancellationToken);

        (int code, _, string errors) = await RunAsync("plan", "--startup-project", project);

        Assert.Equal(2, code);
        Assert.Contains("targets net8.0, and the tool runs in applications of .NET 10 and later", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_is_shown_without_an_application()
    {
        (int code, string output, string errors) = await RunAsync();
        (int ofPlan, string plan, _) = await RunAsync("plan", "--help");

        Assert.Equal((0, "", 0), (code, errors, ofPlan));
        foreach (string option in (string[])["--project", "--startup-project", "--context", "--environment", "--no-build"])
        {
            Assert.Contains(option, output, StringComparison.Ordinal);
        }

        Assert.Contains("--compare", plan, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static int Rows(string file, string table)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = $"SELECT COUNT(*) FROM {table}";
        return Convert.ToInt32(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
    }

    private void Fill()
    {
        foreach ((string file, string sql) in (IEnumerable<(string, string)>)
            [
                (Notes, """
                    CREATE TABLE Authors (Id INTEGER NOT NULL PRIMARY KEY);
                    CREATE TABLE Notes (
                        Id INTEGER NOT NULL PRIMARY KEY,
                        AuthorId INTEGER NOT NULL REFERENCES Authors (Id) ON DELETE CASCADE);
                    INSERT INTO Authors VALUES (1);
                    INSERT INTO Notes VALUES (1, 1), (2, 1);
                    """),
                (Entries, "CREATE TABLE Entries (Id INTEGER NOT NULL PRIMARY KEY); INSERT INTO Entries VALUES (1)"),
            ])
        {
            using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
    }

    private Task<(int Code, string Output, string Errors)> RunAsync(params string[] args) => RunToolAsync([$"--Notes={Notes}"], args);

    private Task<(int Code, string Output, string Errors)> RunToolAsync(
        string[] application,
        string[] args,
        params (string Name, string Value)[] environment)
        => Tool.RunAsync(_folder.FullName, args.Length == 0 ? [] : [.. args, .. Tool.Application, .. application], environment);
}
