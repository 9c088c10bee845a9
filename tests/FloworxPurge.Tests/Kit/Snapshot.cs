using System.Reflection;

namespace FloworxPurge.Tests.Kit;

/// <summary>Compares texts with the approved ones in the folder Snapshots.</summary>
public static class Snapshot
{
    /// <summary>The environment variable that, set to 1, has the approved files rewritten; ignored when <c>CI</c> is <c>true</c>.</summary>
    public const string Variable = "FLOWORXPURGE_UPDATE_SNAPSHOTS";

    private static readonly string Folder = typeof(Snapshot).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "SnapshotFolder").Value!;

    /// <summary>Fails the test unless the text is that of <c>Snapshots/NAME.approved.txt</c>, line endings aside.</summary>
    public static void Match(string name, string actual)
        => Match(Folder, name, actual, IsUpdate);

    internal static void Match(string folder, string name, string actual, bool update)
    {
        var file = Path.Combine(folder, name + ".approved.txt");
        actual = Normalize(actual);
        if (update)
        {
            Directory.CreateDirectory(folder);
            if (!File.Exists(file) || Normalize(File.ReadAllText(file)) != actual)
            {
                File.WriteAllText(file, actual);
            }

            return;
        }

        if (!File.Exists(file))
        {
            Assert.Fail($"There is no snapshot '{name}.approved.txt' yet. {HowToRewrite}\nThe text is:\n{actual}");
        }

        var approved = Normalize(File.ReadAllText(file));
        if (approved != actual)
        {
            Assert.Fail($"{Difference(name, approved, actual)}\n{HowToRewrite}");
        }
    }

    private static bool IsUpdate
        => Environment.GetEnvironmentVariable(Variable) == "1"
            && !string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase);

    private static string HowToRewrite => $"To approve the new text, run the test with {Variable}=1 and read the diff.";

    private static string Difference(string name, string approved, string actual)
    {
        var expectedLines = approved.Split('\n');
        var actualLines = actual.Split('\n');
        var line = expectedLines.Zip(actualLines).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"""
            The text differs from the snapshot '{name}.approved.txt' at line {line + 1}:
              approved: {LineOrEnd(expectedLines, line)}
              actual:   {LineOrEnd(actualLines, line)}
            """;
    }

    private static string LineOrEnd(string[] lines, int index) => index < lines.Length ? lines[index] : "(end of the text)";

    private static string Normalize(string text) => text.ReplaceLineEndings("\n");
}
