using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;
using System.Xml.Linq;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Packages;

/// <summary>What is in the packages, as whoever installs them gets it.</summary>
public sealed class PackageTests
{
    private const string Core = "FloworxPurge";
    private const string CommandLine = "FloworxPurge.CommandLine";
    private const string Redis = "FloworxPurge.Redis";

    /// <summary>The package that is a tool, and no library.</summary>
    public const string Tool = "FloworxPurge.Tool";

    // Of the format for portable symbols.
    private static readonly Guid EmbeddedSource = new("0e8a571b-6926-466e-b4ad-8ab04611f5fe");

    public static TheoryData<string> Ids => [Core, CommandLine, Redis];

    public static TheoryData<string> EveryId => [Core, CommandLine, Redis, Tool];

    [Fact]
    public async Task The_solution_packs_four_packages_and_no_test_or_sample()
    {
        PackedPackages packages = await PackedPackages.GetAsync();

        Assert.Equal(
            EveryId.Select(id => id.Data)
                .SelectMany(id => new[] { packages.File(id), packages.File(id, "snupkg") })
                .Order(StringComparer.Ordinal),
            Directory.GetFiles(packages.Feed).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task A_package_holds_its_assembly_its_documentation_the_readme_and_the_icon_and_nothing_else(string id)
    {
        PackedPackages packages = await PackedPackages.GetAsync();
        using ZipArchive package = ZipFile.OpenRead(packages.File(id));
        using ZipArchive symbols = ZipFile.OpenRead(packages.File(id, "snupkg"));

        string[] envelope = [
            "[Content_Types].xml",
            "_rels/.rels",
            $"{id}.nuspec",
            "package/services/metadata/core-properties/nuget.psmdcp"];
        AssertHolds(package, [.. envelope, "README.md", "icon.png", $"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml"]);
        AssertHolds(symbols, [.. envelope, $"lib/net10.0/{id}.pdb"]);
        Assert.StartsWith($"# {id}\n", Encoding.UTF8.GetString(Bytes(package, "README.md")), StringComparison.Ordinal);
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(Repository.Packages, "icon.png")), Bytes(package, "icon.png"));
        Assert.Contains(
            $"<member name=\"T:{id}.",
            Encoding.UTF8.GetString(Bytes(package, $"lib/net10.0/{id}.xml")),
            StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(EveryId))]
    public async Task A_package_says_what_it_is(string id)
    {
        PackedPackages packages = await PackedPackages.GetAsync();
        using ZipArchive package = ZipFile.OpenRead(packages.File(id));
        XElement metadata = Metadata(package, id);
        string? Value(string name) => metadata.Elements().SingleOrDefault(element => element.Name.LocalName == name)?.Value;

        Assert.Equal(id, Value("id"));
        Assert.Equal(packages.Version, Value("version"));
        Assert.Equal("MIT", Value("license"));
        Assert.Equal("expression", metadata.Elements().Single(element => element.Name.LocalName == "license").Attribute("type")!.Value);
        Assert.Equal("icon.png", Value("icon"));
        Assert.Equal("README.md", Value("readme"));
        Assert.EndsWith(".", Value("description"), StringComparison.Ordinal);
        Assert.Contains("efcore", Value("tags")!.Split(' '));

        // What a package does differs, and so do its notes. Each says where it was run, and where it was not.
        string notes = Value("releaseNotes")!.ReplaceLineEndings("\n");
        Assert.StartsWith($"{PackedPackages.Release}\n- The first release", notes, StringComparison.Ordinal);
        Assert.Contains("Run on ", notes, StringComparison.Ordinal);
        Assert.Contains(
            "Not run",
            string.Join(' ', notes.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        Core,
        "Microsoft.EntityFrameworkCore.Relational 10.0.0",
        "Microsoft.Extensions.DependencyInjection.Abstractions 10.0.0",
        "Microsoft.Extensions.Logging.Abstractions 10.0.0",
        "Scriban.Signed 7.6.0")]
    [InlineData(
        CommandLine,
        "FloworxPurge",
        "Microsoft.Extensions.Diagnostics.HealthChecks 10.0.0",
        "Microsoft.Extensions.Hosting.Abstractions 10.0.0",
        "Spectre.Console 0.49.1",
        "System.CommandLine 2.0.0")]
    [InlineData(Redis, "FloworxPurge", "StackExchange.Redis 3.4.35")]
    public async Task A_package_asks_for_the_oldest_versions_that_do_and_for_no_tool_of_the_build(string id, params string[] expected)
    {
        PackedPackages packages = await PackedPackages.GetAsync();
        using ZipArchive package = ZipFile.OpenRead(packages.File(id));

        XElement group = Assert.Single(Metadata(package, id).Descendants(), element => element.Name.LocalName == "group");
        Assert.Equal("net10.0", group.Attribute("targetFramework")!.Value);
        Assert.Equal(
            expected.Select(dependency => dependency == Core ? $"{Core} {packages.Version}" : dependency),
            group.Elements().Select(dependency => $"{dependency.Attribute("id")!.Value} "
                + $"{dependency.Attribute("version")!.Value}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(EveryId))]
    public async Task The_symbols_belong_to_the_assembly_and_hold_every_source_file(string id)
    {
        PackedPackages packages = await PackedPackages.GetAsync();
        using ZipArchive package = ZipFile.OpenRead(packages.File(id));
        using ZipArchive symbols = ZipFile.OpenRead(packages.File(id, "snupkg"));
        using var assembly = new PEReader(new MemoryStream(Bytes(package, $"{FolderOf(id)}/{id}.dll")));
        using MetadataReaderProvider provider = Symbols(symbols, id);
        MetadataReader reader = provider.GetMetadataReader();

        List<DebugDirectoryEntry> debug = [.. assembly.ReadDebugDirectory()];
        Assert.Contains(debug, entry => entry.Type == DebugDirectoryEntryType.Reproducible);
        Assert.Equal(
            assembly.ReadCodeViewDebugDirectoryData(debug.Single(entry => entry.Type == DebugDirectoryEntryType.CodeView)).Guid,
            new BlobContentId(reader.DebugMetadataHeader!.Id).Guid);

        Dictionary<string, string> embedded = reader.Documents.ToDictionary(
            handle => reader.GetString(reader.GetDocument(handle).Name).Replace('\\', '/'),
            handle => SourceOf(reader, handle),
            StringComparer.Ordinal);
        var sources = Repository.PackageFiles().Where(file => file.Path.StartsWith(id + "/", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(sources);

        // What has no statement has no line to stop at, and is no document of the symbols.
        var found = sources.Select(file =>
            (file.Text, Embedded: embedded.SingleOrDefault(document => document.Key.EndsWith("/src/" + file.Path, StringComparison.Ordinal)).Value)).Where(file => file.Embedded is not null).ToList();
        Assert.True(found.Count > sources.Count / 2, $"{found.Count} of {sources.Count} files are in the symbols.");
        Assert.All(found, file => Assert.Equal(file.Text, file.Embedded));
    }

    private static void AssertHolds(ZipArchive package, string[] files)
        => Assert.Equal(files.Order(StringComparer.Ordinal), package.Entries.Select(entry => entry.FullName).Order(StringComparer.Ordinal));

    /// <summary>The metadata of a package.</summary>
    internal static XElement Metadata(ZipArchive package, string id)
        => XDocument.Load(
            new MemoryStream(Bytes(package, $"{id}.nuspec"))).Root!.Elements().Single(element => element.Name.LocalName == "metadata");

    /// <summary>The symbols of a package's own assembly.</summary>
    internal static MetadataReaderProvider Symbols(ZipArchive package, string id)
        => MetadataReaderProvider.FromPortablePdbStream(new MemoryStream(Bytes(package, $"{FolderOf(id)}/{id}.pdb")));

    /// <summary>A file of a package.</summary>
    internal static byte[] Bytes(ZipArchive package, string file)
    {
        using Stream stream = package.GetEntry(file)!.Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static string FolderOf(string id) => id == Tool ? "tools/net10.0/any" : "lib/net10.0";

    private static string SourceOf(MetadataReader reader, DocumentHandle document)
    {
        CustomDebugInformation source = Assert.Single(
            reader.GetCustomDebugInformation(document).Select(reader.GetCustomDebugInformation),
            information => reader.GetGuid(information.Kind) == EmbeddedSource);
        byte[] blob = reader.GetBlobBytes(source.Value);

        // The first four bytes are the length of the text; 0 where it is not compressed.
        var content = new MemoryStream(blob, sizeof(int), blob.Length - sizeof(int));
        using Stream text = BitConverter.ToInt32(blob) == 0 ? content : new DeflateStream(content, CompressionMode.Decompress);
        using var textReader = new StreamReader(text, Encoding.UTF8);
        return textReader.ReadToEnd();
    }
}
