namespace FloworxPurge.Tests.Packages;

/// <summary>A console project in a folder of its own that takes up the packages under test, as a newcomer does.</summary>
internal sealed class ConsumerProject : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("floworxpurge-consumer-");

    /// <summary>Its folder.</summary>
    public string Folder => _folder.FullName;

    /// <summary>
    /// Writes the project: warnings are errors, but for a source that cannot be reached where the cache has what is wanted.
    /// </summary>
    /// <param name="feed">The folder of the packages under test.</param>
    /// <param name="packages">The packages, each with its version.</param>
    /// <param name="program">The program.</param>
    /// <param name="properties">Further properties, as XML.</param>
    public void Write(string feed, IEnumerable<(string Id, string Version)> packages, string program, string properties = "")
    {
        Write("nuget.config", Configuration(feed));
        Write("Program.cs", program);
        Write("app.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <InvariantGlobalization>true</InvariantGlobalization>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <WarningsNotAsErrors>NU1801</WarningsNotAsErrors>
                <RestoreIgnoreFailedSources>true</RestoreIgnoreFailedSources>
                <NuGetAudit>false</NuGetAudit>
                {properties}
              </PropertyGroup>
              <ItemGroup>
                {string.Join("\n    ", packages.Select(package => $"""<PackageReference Include="{package.Id}" Version="{package.Version}" />"""))}
              </ItemGroup>
            </Project>
            """);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    // The machine's own sources stay. What it has restored before is found in its cache, and only the packages under test go to a folder of
    // this project.
    private static string Configuration(string feed)
    {
        string cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        string fallback = Directory.Exists(cache) ? $"""<fallbackPackageFolders><add key="cache" value="{cache}" /></fallbackPackageFolders>""" : "";
        return $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="packages" /></config>
              {fallback}
              <packageSources><add key="packed" value="{feed}" /></packageSources>
            </configuration>
            """;
    }

    private void Write(string file, string text) => File.WriteAllText(Path.Combine(Folder, file), text);
}
