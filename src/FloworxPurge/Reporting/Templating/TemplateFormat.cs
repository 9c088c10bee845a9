namespace FloworxPurge.Reporting;

/// <summary>What a template writes, which decides how values are escaped.</summary>
internal enum TemplateFormat
{
    /// <summary>Plain text, folded at 80 characters: hidden characters are shown by their number.</summary>
    Text,

    /// <summary>Markdown: also characters with a meaning in Markdown are escaped, HTML included.</summary>
    Markdown,

    /// <summary>HTML: also <c>&lt;</c>, <c>&gt;</c>, <c>&amp;</c> and quotes are escaped, for elements and quoted attributes.</summary>
    Html,

    /// <summary>XML: the same characters as for HTML.</summary>
    Xml,
}
