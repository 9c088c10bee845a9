using Markdig;
using Markdig.Extensions.EmphasisExtras;
using Markdig.Extensions.Tables;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace FloworxPurge.Tests.Reporting;

/// <summary>Markdown read back the way a forge reads it: tables, automatic links, task lists, footnotes and mathematics on.</summary>
internal static class MarkdownReader
{
    private static readonly MarkdownPipeline Forge = new MarkdownPipelineBuilder()
        .UsePipeTables()
        .UseAutoLinks()
        .UseTaskLists()
        .UseFootnotes()
        .UseMathematics()
        .UseEmphasisExtras(EmphasisExtraOptions.Strikethrough)
        .Build();

    public static MarkdownDocument Read(string markdown) => Markdown.Parse(markdown, Forge);

    /// <summary>The headings, a line each.</summary>
    public static string[] Headings(MarkdownDocument document)
        => [.. document.Descendants<HeadingBlock>().Select(heading => $"{new string('#', heading.Level)} {Text(heading)}")];

    /// <summary>The cells of every table.</summary>
    public static string[][][] Tables(MarkdownDocument document)
        => [.. document
            .Descendants<Table>()
            .Select(table => table.OfType<TableRow>().Select(row => row.OfType<TableCell>().Select(cell => Text(cell)).ToArray()).ToArray())];

    /// <summary>The blocks by kind, one below the other: the shape without the text.</summary>
    public static string Shape(MarkdownDocument document)
        => string.Join('\n', document.Descendants<Block>().Select(block => block.GetType().Name));

    /// <summary>What a reader sees.</summary>
    public static string Text(MarkdownObject element)
        => string.Concat(
            (element is LeafBlock { Inline: { } inline } ? inline.Descendants<Inline>() : element.Descendants<Inline>()).Select(Text));

    private static string Text(Inline inline) => inline switch
    {
        LiteralInline literal => literal.Content.ToString(),
        CodeInline code => code.Content,
        HtmlEntityInline entity => entity.Transcoded.ToString(),
        LineBreakInline => " ",
        _ => "",
    };
}
