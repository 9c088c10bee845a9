using System.IO.Compression;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Packages;

/// <summary>The documentation file of a package describes the public members, and no internal one.</summary>
public sealed class PackageDocumentationTests
{
    public static TheoryData<string> Ids => PackageTests.Ids;

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task The_documentation_of_a_package_holds_public_members_only(string id)
    {
        PackedPackages packages = await PackedPackages.GetAsync();
        await using ZipArchive package = await ZipFile.OpenReadAsync(packages.File(id), TestContext.Current.CancellationToken);
        List<string> documented = Keys(XDocument.Parse(Text(package, $"lib/net10.0/{id}.xml")));
        using var assembly = new PEReader(new MemoryStream(Bytes(package, $"lib/net10.0/{id}.dll")));
        Dictionary<string, int> visible = VisibleMembers(assembly.GetMetadataReader()).CountBy(key => key).ToDictionary();

        Assert.All(documented.CountBy(key => key), key => Assert.InRange(key.Value, 1, visible.GetValueOrDefault(key.Key)));
        Assert.Empty(visible.Keys.Where(key => key.StartsWith("T:", StringComparison.Ordinal)).Except(documented));

        // The compiler demands the documentation of every visible member, and writes it here beside that of the others.
        string everything = Path.Combine(Repository.Packages, id, "bin", PackedPackages.Configuration, "net10.0", $"{id}.xml");
        Assert.Empty(Keys(XDocument.Load(everything)).Where(visible.ContainsKey).Except(documented));
    }

    [Fact]
    public async Task Generic_members_are_documented_too()
    {
        PackedPackages packages = await PackedPackages.GetAsync();
        await using ZipArchive package = await ZipFile.OpenReadAsync(
            packages.File("FloworxPurge"),
            TestContext.Current.CancellationToken);
        string documentation = Text(package, "lib/net10.0/FloworxPurge.xml");

        Assert.All(
            [
                "M:FloworxPurge.PurgeOptions.Rows``1(System.Linq.Expressions.Expression{System.Func{``0,System.Boolean}},System.String)",
                "M:FloworxPurge.TestDatabases`1.#ctor(System.String,System.Func{System.String,`0})",
                "M:FloworxPurge.TestDatabases`1.RentAsync(System.Threading.CancellationToken)",
            ],
            member => Assert.Contains($"name=\"{member}\"", documentation, StringComparison.Ordinal));
    }

    private static List<string> Keys(XDocument documentation)
        => [.. documentation.Descendants("member").Select(member => KeyOf(member.Attribute("name")!.Value))];

    // The name of a member and the number of its parameters. Of overloads with as many parameters, no more may be documented than are
    // visible.
    private static string KeyOf(string id)
    {
        int open = id.IndexOf('(');
        int depth = 0;
        return id[0] != 'M' ? id
            : open < 0 ? id + "/0"
            : $"{id[..open]}/{1 + id[(open + 1)..^1].Count(c => (depth += c is '{' or '[' ? 1 : c is '}' or ']' ? -1 : 0) == 0 && c is ',')}";
    }

    private static IEnumerable<string> VisibleMembers(MetadataReader metadata)
    {
        foreach (TypeDefinition type in metadata.TypeDefinitions.Select(metadata.GetTypeDefinition))
        {
            if ((type.Attributes & TypeAttributes.VisibilityMask) != TypeAttributes.Public)
            {
                continue;
            }

            string name = $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
            yield return "T:" + name;
            foreach (FieldDefinition field in type
                .GetFields()
                .Select(metadata.GetFieldDefinition)
                .Where(field => IsVisible((MethodAttributes)field.Attributes)))
            {
                yield return $"F:{name}.{metadata.GetString(field.Name)}";
            }

            foreach (PropertyDefinition property in type.GetProperties().Select(metadata.GetPropertyDefinition))
            {
                PropertyAccessors accessors = property.GetAccessors();
                if (new[] { accessors.Getter, accessors.Setter }.Any(
                    accessor => !accessor.IsNil && IsVisible(metadata.GetMethodDefinition(accessor).Attributes)))
                {
                    yield return $"P:{name}.{metadata.GetString(property.Name)}";
                }
            }

            foreach (MethodDefinition method in type
                .GetMethods()
                .Select(metadata.GetMethodDefinition)
                .Where(method => IsVisible(method.Attributes)))
            {
                int parameters = method.GetParameters().Count(parameter => metadata.GetParameter(parameter).SequenceNumber > 0);
                string generic = method.GetGenericParameters().Count == 0 ? string.Empty : $"``{method.GetGenericParameters().Count}";
                yield return $"M:{name}.{metadata.GetString(method.Name).Replace('.', '#')}{generic}/{parameters}";
            }
        }
    }

    private static bool IsVisible(MethodAttributes attributes)
        => (
            attributes & MethodAttributes.MemberAccessMask) is MethodAttributes.Public or MethodAttributes.Family or MethodAttributes.FamORAssem;

    private static string Text(ZipArchive package, string file)
    {
        using var reader = new StreamReader(package.GetEntry(file)!.Open());
        return reader.ReadToEnd();
    }

    private static byte[] Bytes(ZipArchive package, string file)
    {
        using var bytes = new MemoryStream();
        using Stream entry = package.GetEntry(file)!.Open();
        entry.CopyTo(bytes);
        return bytes.ToArray();
    }
}
