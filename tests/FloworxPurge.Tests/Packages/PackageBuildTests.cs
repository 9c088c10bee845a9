using System.IO.Compression;
using System.Reflection.Metadata;
using System.Text;
using System.Xml.Linq;
using FloworxPurge.Tests.Kit;
using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace FloworxPurge.Tests.Packages;

/// <summary>Whoever builds a commit gets its packages, byte for byte, and nothing of the machine is in them.</summary>
public sealed class PackageBuildTests(PackedCopies copies) : IClassFixture<PackedCopies>
{
    // Of the format for portable symbols.
    private static readonly Guid SourceLink = new("cc110556-a091-4d38-9fec-25ab9a351a6a");

    public static TheoryData<string> EveryId => PackageTests.EveryId;

    [Theory]
    [MemberData(nameof(EveryId))]
    public async Task Two_folders_and_two_times_give_the_same_bytes(string id)
    {
        await copies.PackedAsync();

        foreach (string extension in (string[])["nupkg", "snupkg"])
        {
            string file = Assert.Single(Directory.GetFiles(copies.First, $"{id}.{PackedPackages.Release}.{extension}"));
            Assert.Equal(
                await File.ReadAllBytesAsync(file),
                await File.ReadAllBytesAsync(Path.Combine(copies.Second, Path.GetFileName(file))));

            // The times in a package are exact to two seconds only, so that equal bytes alone might be luck.
            using ZipArchive package = ZipFile.OpenRead(file);
            Assert.All(package.Entries, entry => Assert.Equal(2000, entry.LastWriteTime.Year));
        }

        Assert.DoesNotContain("warning", copies.Output, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [MemberData(nameof(EveryId))]
    public async Task Without_an_address_a_package_names_none_and_no_folder_of_the_machine(string id)
    {
        PackedPackages packages = await PackedPackages.GetAsync();
        using ZipArchive package = ZipFile.OpenRead(packages.File(id));
        using ZipArchive symbols = ZipFile.OpenRead(packages.File(id, "snupkg"));
        XElement metadata = PackageTests.Metadata(package, id);
        using MetadataReaderProvider pdb = PackageTests.Symbols(symbols, id);
        MetadataReader reader = pdb.GetMetadataReader();

        // A checkout names its commit, and other sources name nothing.
        Assert.DoesNotContain(metadata.Elements(), element => element.Name.LocalName == "projectUrl");
        Assert.DoesNotContain(
            metadata.Elements().Where(element => element.Name.LocalName == "repository").Attributes(),
            attribute => attribute.Name.LocalName is not ("type" or "commit"));

        // The remote of this checkout may be one that SourceLink knows. A folder is none.
        string? sourceLink = SourceLinkOf(reader);
        Assert.True(sourceLink?.Contains("\"https://", StringComparison.Ordinal) ?? true, sourceLink);

        // Another configuration is for a debugger on this machine.
        Assert.SkipUnless(PackedPackages.Configuration == "Release", "Only packages of the configuration Release are published.");
        Assert.All(
            reader.Documents,
            document => Assert.StartsWith("/_/", reader.GetString(reader.GetDocument(document).Name), StringComparison.Ordinal));
        Assert.All(
            package.Entries.Concat(symbols.Entries),
            entry => Assert.DoesNotContain(Repository.Packages + "/", Text(entry), StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(EveryId))]
    public async Task With_a_remote_and_an_address_the_source_and_the_pages_of_the_commit_are_found(string id)
    {
        await copies.PackedAsync();
        using ZipArchive package = Open(id, "nupkg");
        using ZipArchive symbols = Open(id, "snupkg");
        XElement metadata = PackageTests.Metadata(package, id);
        using MetadataReaderProvider pdb = PackageTests.Symbols(symbols, id);
        string address = PackedCopies.Address.TrimEnd('/');

        Assert.Equal(address, metadata.Elements().Single(element => element.Name.LocalName == "projectUrl").Value);
        XElement repository = metadata.Elements().Single(element => element.Name.LocalName == "repository");
        Assert.Equal(
            [("type", "git"), ("url", address), ("commit", copies.Commit)],
            repository.Attributes().Select(attribute => (attribute.Name.LocalName, attribute.Value)));
        Assert.Equal(
            $$$"""{"documents":{"/_/*":"https://raw.githubusercontent.com/example/purge/{{{copies.Commit}}}/*"}}""",
            SourceLinkOf(pdb.GetMetadataReader()));

        string pages = $"{address}/blob/{copies.Commit}/";
        Assert.Contains(Links(package), link => link.StartsWith(pages, StringComparison.Ordinal));
        Assert.All(Links(package), link => Assert.StartsWith("https://", link, StringComparison.Ordinal));
        Assert.All(
            Links(package).Where(link => link.StartsWith(pages, StringComparison.Ordinal)),
            link => Assert.True(File.Exists(Path.Combine(Repository.Folder, link[pages.Length..].Split('#')[0])), link));
    }

    private ZipArchive Open(string id, string extension)
        => ZipFile.OpenRead(Path.Combine(copies.First, $"{id}.{PackedPackages.Release}.{extension}"));

    private static List<string> Links(ZipArchive package)
        => [.. Markdown.Parse(Encoding.UTF8.GetString(PackageTests.Bytes(package, "README.md")))
            .Descendants<LinkInline>()
            .Select(link => link.Url!)];

    private static string Text(ZipArchiveEntry entry)
    {
        using var reader = new StreamReader(entry.Open(), Encoding.Latin1);
        return reader.ReadToEnd().Replace("\0", "", StringComparison.Ordinal);
    }

    private static string? SourceLinkOf(MetadataReader reader)
        => reader.GetCustomDebugInformation(EntityHandle.ModuleDefinition)
            .Select(reader.GetCustomDebugInformation)
            .Where(information => reader.GetGuid(information.Kind) == SourceLink)
            .Select(information => Encoding.UTF8.GetString(reader.GetBlobBytes(information.Value)))
            .SingleOrDefault();
}
