namespace FloworxPurge.Benchmarks;

/// <summary>A table in Markdown, a row at a time.</summary>
internal static class Table
{
    public static async Task HeadAsync(TextWriter output, string title, params string[] columns)
        => await output.WriteLineAsync($"\n{title}\n\n| {string.Join(" | ", columns)} |\n|{string.Concat(columns.Select(_ => "---|"))}");

    public static async Task RowAsync(TextWriter output, string name, IEnumerable<double?> numbers)
        => await output.WriteLineAsync(
            $"| {name} | {string.Join(" | ", numbers.Select(number => number is { } n ? Goals.Text(n) : "-"))} |");
}
