namespace FloworxPurge.Tests.Reporting;

/// <summary>Texts that try to be more than text: markup of every view, characters that hide, turn round or break.</summary>
internal static class HostileTexts
{
    /// <summary>All of them; each has something that a person can see.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "a|b", "`code`", "``", "```mermaid\ngraph TD; a-->b\n```", "~~~\ncode\n~~~",
        "<script>alert(1)</script>", "</script><script>alert(1)</script>", "<!-- -->", "--><img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>",
        "\" onmouseover=\"alert(1)", "' onfocus='alert(1)' autofocus='", "x\" style=\"background:url(https://evil.example/x)", "javascript:alert(1)",
        "<a href=\"javascript:alert(1)\">x</a>", "<svg/onload=alert(1)>", "</style><style>*{display:none}", "</title><h1>x</h1>", "</code></td></tr></table><h2>x</h2>",
        "<base href=https://evil.example/>", "<meta http-equiv=refresh content=0;url=https://evil.example>", "<iframe srcdoc=\"<script>alert(1)</script>\">",
        "]]>", "<![CDATA[x]]>", "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>&e;", "<?xml version=\"1.0\"?>", "&lt;b&gt;", "&#60;script&#62;", "&amp;lt;", "&nbsp;&#x202E;",
        "line\r\nline\n# heading\n- "
            + "item", "a\n\n\nb", "a\u2028b\u2029c\u0085d", "\u202Etxt.exe", "\u2066x\u2069", "zero\u200Bwidth\u200D\uFEFF", "\u0007\u001B[31m\u0000x", "\u009B31m", "\u001Fcell\u001Eline",
        "**bold** _it_ ~~no~~ "
            + "$x$", "$$\\int x$$", "[link](https://example.com)", "![image](x)", "[ref]: https://evil.example", "[^1]: note", "x[^1]", "\\", "a\\|b", "\\\\|",
        "https://evil.example", "see http://evil.example/a_b for more", "www.evil.example", "mail@evil.example", "mailto:mail@evil.example", "xmpp:mail@evil.example/x", "@mention", "#123", "GH-123", "owner/name#1", "!5", ":smile:", "a@@b", "0123456789012345678901234567890123456789",
        "{{ summary }} {{ include 'text' "
            + "}}", "{%{x}%}", "{{ for table in tables }}", "- item", "1. item", "1) item", "+ item", "* item", "- [ ] task", "---", "***", "===", "> quote", "# heading", "    code", "a  ", "a:", "a :",
        "\uD800", "\uDC00x", "a\uFFFEb\uFFFFc", "\U0001FFFE", "\uFDD0", "fill\u3164er\u115F", "join\u034Fer", "\uFFFD", "\U0001F600\U0001F468\u200D\U0001F469", "\u05E9\u05DC\u05D5\u05DD", "\u0645\u0631\u062D\u0628\u0627 a", "e\u0301\u0301\u0301", "\uFF5C\uFF1Cscript\uFF1E",
        "{U+202E}", "x | y | z", "Table | Reason", new string('x', 300), string.Join('_', Enumerable.Repeat("part", 60)), new string('<', 500), string.Concat(
            Enumerable.Repeat("\U0001F600", 100)), new string('w', 20_000),
    ];

    /// <summary>Texts that show nothing.</summary>
    public static IReadOnlyList<string> Blank { get; } = [" ", "", "\t", "\n"];
}
