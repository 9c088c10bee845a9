using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FloworxPurge.CommandLine.Plans;

/// <summary>A plan in a file, which people review before it is run. It holds no values of parameters and no credentials.</summary>
internal sealed record PlanFile
{
    private const string VersionName = "planFileVersion";
    private const string HashName = "sha256";
    private const string WriteNew = "Write a new one with plan --out FILE.";
    private const string WrittenBy = "Give a file that plan --out FILE wrote.";

    // Thousands of tables, and more than the review of anybody.
    private const int MostBytes = 64 * 1024 * 1024;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Gets the path, as it was given.</summary>
    public required string Path { get; init; }

    public required PlanFileContent Content { get; init; }

    public required PurgePlan Plan { get; init; }

    /// <summary>Gets the file as it is named in the consent of a report.</summary>
    public string Reviewed
        => $"plan file {System.IO.Path.GetFileName(Path)} of {Words.Time(Content.WrittenAt)}, SHA-256 {Content.Sha256}";

    /// <summary>Writes a plan.</summary>
    public static string Write(PlanFileContent content)
    {
        JsonObject file = JsonSerializer.SerializeToNode(content with { Sha256 = null }, PlanFileJson.Default.PlanFileContent)!.AsObject();

        // What selected the rows when the plan was made is for a script, and has the values of parameters in it.
        if (file["plan"]!["scope"] is JsonObject scope)
        {
            scope["selection"] = new JsonArray();
        }

        file[HashName] = HashOf(file);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(
            stream,
            new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            file.WriteTo(writer);
        }

        return Visible(Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length)) + "\n";
    }

    /// <summary>Reads a plan.</summary>
    /// <exception cref="CommandStoppedException">
    /// The file cannot be read, is no plan file, is of a newer version, or was changed since it was written.
    /// </exception>
    public static PlanFile Read(string path)
    {
        string text;
        try
        {
            text = ReadText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandStoppedException(
                PurgeExitCode.Usage,
                $"The plan file \"{path}\" cannot be read: {exception.Message} Nothing was written.",
                exception);
        }
        catch (DecoderFallbackException exception)
        {
            throw Refused(path, $"is not UTF-8. {WrittenBy}", exception);
        }

        try
        {
            return Parse(path, text);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException or FormatException)
        {
            throw Refused(path, $"is no plan file: {Words.Sentence(exception)} {WrittenBy}", exception);
        }
        catch (PurgeException exception)
        {
            throw Refused(path, $"cannot be run: {Words.Sentence(exception)} {WriteNew}", exception);
        }
    }

    /// <summary>The plan as text, line by line, as a file has it.</summary>
    public static IReadOnlyList<string> ReviewOf(PurgePlan plan) => plan.ToString().TrimEnd().Split('\n');

    /// <summary>What ends the command because of the file.</summary>
    public CommandStoppedException Refused(string because) => Refused(Path, because, cause: null);

    private static string ReadText(string path)
    {
        if (Directory.Exists(path))
        {
            throw new IOException("It is a folder.");
        }

        using FileStream file = File.OpenRead(path);
        using var bytes = new MemoryStream();
        byte[] buffer = new byte[81920];
        while (file.Read(buffer) is > 0 and var read)
        {
            // A device has no length before it is read.
            bytes.Write(buffer, 0, read);
            if (bytes.Length > MostBytes)
            {
                throw Refused(
                    path,
                    string.Create(CultureInfo.InvariantCulture, $"is larger than {MostBytes >> 20} MB. {WrittenBy}"),
                    cause: null);
            }
        }

        bytes.Position = 0;
        using var reader = new StreamReader(bytes, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        return reader.ReadToEnd();
    }

    private static PlanFile Parse(string path, string text)
    {
        if (JsonNode.Parse(text, documentOptions: Strict) is not JsonObject file
            || file[VersionName] is not JsonValue version
            || !version.TryGetValue(out int number))
        {
            throw Refused(path, $"is no plan file: it has no {VersionName}. {WrittenBy}", cause: null);
        }

        if (number != PlanFileContent.CurrentVersion)
        {
            throw Refused(
                path,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"has version {number}, and this version of the command reads {PlanFileContent.CurrentVersion}. "
                        + $"{(number > PlanFileContent.CurrentVersion ? "It was written by a newer one: run it with that." : WriteNew)}"),
                cause: null);
        }

        string? written = file[HashName] is JsonValue hash && hash.TryGetValue(out string? value) ? value : null;
        string found = HashOf(file);
        if (!string.Equals(written, found, StringComparison.Ordinal))
        {
            throw Refused(
                path,
                $"was changed since it was written: it says SHA-256 {written ?? "(none)"}, and its content has {found}. {WriteNew}",
                cause: null);
        }

        PlanFileContent content = file.Deserialize(PlanFileJson.Default.PlanFileContent)!;
        if (new IEnumerable<object?>[] { content.Review, content.Options, content.Guards, content.AfterCommit }
            .Any(list => list.Contains(null)))
        {
            throw Refused(path, $"is no plan file: it has an empty entry in a list. {WrittenBy}", cause: null);
        }

        var plan = PurgePlan.FromJson(content.Plan.GetRawText());
        string? other = !string.Equals(content.Fingerprint, plan.Fingerprint, StringComparison.Ordinal) ? "fingerprint"
            : !content.Review.SequenceEqual(ReviewOf(plan), StringComparer.Ordinal) ? "review"
            : null;
        return other is null
            ? new PlanFile { Path = path, Content = content, Plan = plan }
            : throw Refused(
                path,
                $"says another {other} than its plan has: it was changed, or another version of the command wrote it. {WriteNew}",
                cause: null);
    }

    private static CommandStoppedException Refused(string path, string because, Exception? cause)
        => new(PurgeExitCode.Refused, $"Refused: the plan file \"{path}\" {because} Nothing was written.", cause);

    // Without white space, so that a tool which changes line ends or indentation does no harm.
    private static string HashOf(JsonObject file)
    {
        JsonObject hashed = file.DeepClone().AsObject();
        hashed.Remove(HashName);

        // Numbers and escapes are those of the parser, whether the node was made or read.
        JsonNode parsed = JsonNode.Parse(hashed.ToJsonString())!;
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(parsed.ToJsonString())));
    }

    // A character that changes how others are shown would have the reviewer read another name.
    private static string Visible(string json)
        => string.Concat(json.Select(c => char.GetUnicodeCategory(c) is UnicodeCategory.Format
            ? string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}")
            : c.ToString()));
}
