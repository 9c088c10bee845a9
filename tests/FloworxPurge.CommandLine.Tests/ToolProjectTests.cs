using FloworxPurge.CommandLine.Tests.Kit;
using Microsoft.Data.Sqlite;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>The tool in projects that it builds: libraries, programs without a host, projects that do not build.</summary>
public sealed class ToolProjectTests : IDisposable
{
    private const string Common = """
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <NuGetAudit>false</NuGetAudit>
            <RestoreIgnoreFailedSources>true</RestoreIgnoreFailedSources>
        """;

    // A space in every path.
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("floworxpurge tool ");

    private string Database => Path.Combine(_folder.FullName, "one.db");

    [Fact]
    public async Task A_program_without_a_host_is_not_run_and_its_library_is_purged()
    {
        WriteLibrary();
        Write(
            "My App/App.csproj",
            $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><OutputType>Exe</OutputType>{Common}</PropertyGroup>
              <ItemGroup><ProjectReference Include="../Data/Data.csproj" /></ItemGroup>
            </Project>
            """);
        Write("My App/Program.cs", $"""File.WriteAllText(@"{_folder.FullName}/ran.txt", "ran");""");
        Fill();
        string[] projects =
        [
            "--project", "../Data", "--startup-project", ".", "--configuration", "Release", "--environment", "Development",
        ];

        (int planned, string plan, string errors) = await RunAsync("My App", ["plan", "--out", "the plan.json", .. projects]);
        (int code, string output, string failure) = await RunAsync(
            "My App", ["run", "the plan.json", "--confirm", "one.db", "--backup", "a backup", "--reason", "run", .. projects]);

        Assert.True(planned == 0, plan + errors);
        Assert.True(code == 0, output + failure);
        Assert.Equal(0, Rows());
        Assert.False(File.Exists(Path.Combine(_folder.FullName, "ran.txt")));
        Assert.True(Directory.Exists(Path.Combine(_folder.FullName, "My App", "bin", "Release")));
        Assert.False(Directory.Exists(Path.Combine(_folder.FullName, "My App", "bin", "Debug")));
        Assert.Single(Directory.GetFiles(Path.Combine(_folder.FullName, "My App", "a backup"), "one.db*"));

        // A library has no settings of a process.
        (int library, _, string message) = await RunAsync("Data", ["plan"]);
        Assert.Equal(1, library);
        Assert.Contains("Give a project that can be run: --startup-project PATH.", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_method_that_makes_the_host_is_called_in_place_of_the_program()
    {
        WriteLibrary();
        Write(
            "Worker/Worker.csproj",
            $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><OutputType>Exe</OutputType>{Common}</PropertyGroup>
              <ItemGroup>
                <ProjectReference Include="../Data/Data.csproj" />
                <PackageReference Include="Microsoft.Extensions.Hosting" Version="10.0.14" />
              </ItemGroup>
            </Project>
            """);
        Write(
            "Worker/Program.cs",
            $$"""
            using Microsoft.Extensions.DependencyInjection;
            using Microsoft.Extensions.Hosting;

            internal static class Program
            {
                private static void Main(string[] args)
                {
                    File.WriteAllText(@"{{_folder.FullName}}/ran.txt", "ran");
                    CreateHostBuilder(args).Build().Run();
                }

                public static IHostBuilder CreateHostBuilder(string[] args)
                    => Host.CreateDefaultBuilder(args).ConfigureServices(services => services.AddDbContext<OneContext>());
            }
            """);
        Fill();

        (int code, string output, string errors) = await RunAsync(
            "Worker", ["purge", "--confirm", "one.db", "--environment", "Development", "--context", "onecontext"]);

        Assert.True(code == 0, output + errors);
        Assert.Contains("Environment  Development", output, StringComparison.Ordinal);
        Assert.Equal(0, Rows());
        Assert.False(File.Exists(Path.Combine(_folder.FullName, "ran.txt")));
    }

    [Fact]
    public async Task A_project_that_cannot_be_used_is_named_with_what_to_do()
    {
        Write("many/a.csproj", """<Project Sdk="Microsoft.NET.Sdk" />""");
        Write("many/b.csproj", """<Project Sdk="Microsoft.NET.Sdk" />""");
        Write(
            "frameworks/f.csproj",
            """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><OutputType>Exe</OutputType><TargetFrameworks>net9.0;net10.0</TargetFrameworks></PropertyGroup>
            </Project>
            """);
        Write("wrong/w.csproj", "<Project>");
        Write(
            "broken/broken.csproj",
            $"""<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><OutputType>Exe</OutputType>{Common}</PropertyGroup></Project>""");
        Write("broken/Program.cs", "#warning this is no error\nint i = \"text\";");
        foreach ((string folder, int expected, string message) in ((string, int, string)[])
            [
                ("", 2, "There is no project in"),
                ("many", 2, "There is more than one project in"),
                ("many", 2, "a.csproj, b.csproj. Give one: --project PATH."),
                ("frameworks", 2, "has several target frameworks (net9.0;net10.0). Give one: --framework NAME."),
                ("wrong", 1, "cannot be read as a project. Nothing was written."),
                ("broken", 1, "error CS0029"),
                ("broken", 1, "broken.csproj\" does not build. Nothing was written."),
            ])
        {
            (int code, string output, string errors) = await RunAsync(folder, ["plan"]);

            Assert.True(code == expected, output + errors);
            Assert.Contains(message, errors, StringComparison.Ordinal);
            Assert.DoesNotContain("CS1030", errors, StringComparison.Ordinal);
            Assert.Equal("", output);
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private Task<(int Code, string Output, string Errors)> RunAsync(string folder, string[] args)
        => Tool.RunAsync(Path.Combine(_folder.FullName, folder), args);

    private void WriteLibrary()
    {
        Write(
            "Data/Data.csproj",
            $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>{Common}</PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Microsoft.EntityFrameworkCore.Sqlite" Version="10.0.14" />
                <PackageReference Include="SQLitePCLRaw.core" Version="3.0.3" />
                <PackageReference Include="SQLitePCLRaw.bundle_e_sqlite3" Version="3.0.3" />
              </ItemGroup>
            </Project>
            """);
        Write(
            "Data/OneContext.cs",
            $$"""
            using Microsoft.EntityFrameworkCore;

            public class OneContext : DbContext
            {
                public DbSet<One> Ones => Set<One>();

                protected override void OnConfiguring(DbContextOptionsBuilder options)
                    => options.UseSqlite(@"Data Source={{Database}};Pooling=False");
            }

            public class One
            {
                public int Id { get; set; }
            }
            """);
    }

    private void Write(string file, string text)
    {
        string path = Path.Combine(_folder.FullName, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private void Fill() => Execute("CREATE TABLE Ones (Id INTEGER NOT NULL PRIMARY KEY); INSERT INTO Ones VALUES (1), (2)");

    private int Rows() => Convert.ToInt32(Execute("SELECT COUNT(*) FROM Ones"), System.Globalization.CultureInfo.InvariantCulture);

    private object? Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Database};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
