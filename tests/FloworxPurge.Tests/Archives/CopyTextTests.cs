using System.Text;
using FloworxPurge.Archiving;
using FloworxPurge.Engines;

namespace FloworxPurge.Tests.Archives;

/// <summary>A line of an archive is read as it was written, or not at all.</summary>
public sealed class CopyTextTests
{
    [Fact]
    public void Every_character_comes_back_and_NULL_is_not_a_text()
    {
        string characters = string.Concat(Enumerable.Range(1, 0x17F).Select(code => (char)code));
        string[] texts = [characters, string.Empty, "\\N", "\\", "N", "\\t\t\\\n"];
        using var stream = new MemoryStream();
        var writer = new CopyLineWriter(stream);
        foreach (string text in texts)
        {
            writer.WriteText(text);
        }

        writer.WriteNull();
        writer.EndLine();
        writer.Flush();
        byte[] line = stream.ToArray();
        byte[]?[] values = new byte[]?[texts.Length + 1];

        CopyText.Read(line.AsSpan(0, line.Length - 1), values);

        Assert.Equal(line.Length - 1, Array.IndexOf(line, (byte)'\n'));
        Assert.Equal(texts, values.SkipLast(1).Select(value => Encoding.UTF8.GetString(value!)));
        Assert.Null(values[^1]);
    }

    [Theory]
    [InlineData("1", "fewer values")]
    [InlineData("1\t2\t3", "more values")]
    [InlineData("1\t\\x", "an escape that is not written")]
    [InlineData("1\t\\", "an escape that is not written")]
    [InlineData("1\t\\N\\N", "an escape that is not written")]
    public void What_is_never_written_is_not_read(string line, string because)
    {
        FormatException exception = Assert.Throws<FormatException>(() => CopyText.Read(Encoding.UTF8.GetBytes(line), new byte[]?[2]));

        Assert.Contains(because, exception.Message, StringComparison.Ordinal);
    }
}
