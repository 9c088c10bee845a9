using System.Globalization;

namespace FloworxPurge.Reporting;

/// <summary>Bars, one for each of the largest tables. Lengths are in the units of the picture.</summary>
internal sealed record BarsView(string Height, string Remark, IReadOnlyList<BarView> Bars);

internal sealed record BarView(string Table, string Short, string Rows, string Y, string TextY, string Width, string LabelX);

/// <summary>Boxes for tables, and arrows for foreign keys.</summary>
internal sealed record GraphView(
    string Width,
    string Height,
    string Remark,
    IReadOnlyList<BoxView> Boxes,
    IReadOnlyList<ArrowView> Arrows);

internal sealed record BoxView(
    string Title,
    string Kind,
    string X,
    string Y,
    string Width,
    string Height,
    string TextX,
    IReadOnlyList<LineView> Lines);

internal sealed record LineView(string Text, string Y);

internal sealed record ArrowView(string Title, string Path);

/// <summary>Lays out the pictures of the HTML view. Pure arithmetic: the same report gives the same picture.</summary>
internal static class ReportPictures
{
    private const int MostBars = 25;
    private const int BarPitch = 24;
    private const double WidestBar = 360;
    private const int BarsLeft = 250;

    private const int LongestLabel = 30;
    private const int LongestBoxLabel = 28;
    private const int MostLines = 4;
    private const int MostTables = 5000;
    private const int LineHeight = 16;

    /// <summary>The rows of tables as bars: deleted ones, or those that a plan would delete.</summary>
    public static BarsView? Bars(IReadOnlyList<(TableName Table, long Rows)> tables, ReportText text)
    {
        List<(TableName Table, long Rows)> filled = [.. tables
            .Where(table => table.Rows > 0)
            .OrderByDescending(table => table.Rows)
            .ThenBy(table => table.Table)];
        if (filled.Count == 0)
        {
            return null;
        }

        List<(TableName Table, long Rows)> shown = [.. filled.Take(MostBars)];
        double most = shown[0].Rows;
        IEnumerable<BarView> bars = shown.Select((table, i) =>
        {
            double width = Math.Max(1, table.Rows / most * WidestBar);
            return new BarView(
                table.Table.ToString(), Shorten(table.Table.ToString(), LongestLabel), text.Number(table.Rows),
                Units(i * BarPitch), Units((i * BarPitch) + 14), Units(width), Units(BarsLeft + width + 6));
        });
        int left = filled.Count - shown.Count;
        int empty = tables.Count - filled.Count;
        string remark = string.Concat(
            left == 0
                ? string.Empty
                : $"{Tables(left, text)} with {text.Number(filled.Skip(MostBars).Sum(table => table.Rows))} rows in all "
                    + $"{(left == 1 ? "is" : "are")} not shown. ",
            empty == 0 ? string.Empty : $"{Tables(empty, text)} without rows {(empty == 1 ? "is" : "are")} not shown.");
        return new BarsView(Units(shown.Count * BarPitch), remark.TrimEnd(), [.. bars]);
    }

    /// <summary>The foreign keys: what a table refers to is below it.</summary>
    public static GraphView? Graph(PurgeReport report, ReportText text)
    {
        if (report.ForeignKeys.Count == 0 || report.Tables.Count + report.Skips.Count > MostTables)
        {
            return null;
        }

        KeyGraph graph = KeyGraph.Of(report);
        if (graph.Boxes.Count == 0)
        {
            return null;
        }

        string?[] schemas = [.. graph.Boxes.SelectMany(box => box.Tables).Select(table => table.Schema).Distinct(StringComparer.Ordinal)];
        string Name(TableName table) => Shorten(
            (schemas.Length == 1 ? new TableName(null, table.Name) : table).ToString(),
            LongestBoxLabel);
        string[] Lines(KeyBox box)
        {
            int shown = box.Tables.Count > MostLines ? MostLines - 1 : box.Tables.Count;
            string[] more =
            [
                box.Tables.Count > shown ? $"and {text.Number(box.Tables.Count - shown)} more" : string.Empty,
                box.Hidden > 0 ? $"+ {text.Number(box.Hidden)} {(box.Hidden == 1 ? "dependent" : "dependents")}" : string.Empty,
            ];
            return [.. box.Tables.Order().Take(shown).Select(Name), .. more.Where(line => line.Length > 0)];
        }

        var layout = new KeyLayout(graph.Boxes, Lines);
        ILookup<(TableName Dependent, TableName Principal), string> names =
            report.ForeignKeys.ToLookup(key => (key.Dependent, key.Principal), key => key.ToString());
        return new GraphView(
            Units(layout.Width),
            Units(layout.Height),
            Remark(graph, text),
            [.. layout.Places.Select(place => new BoxView(
                $"{string.Join(", ", place.Box!.Tables)}: {place.Box.Kind}",
                place.Box.Kind,
                Units(place.X - (place.Width / 2)),
                Units(place.Y),
                Units(place.Width),
                Units(place.Height),
                Units(place.X),
                [.. place.Lines.Select((line, i) => new LineView(line, Units(place.Y + LineHeight + 2 + (i * LineHeight))))]))],
            [.. layout.Arrows().Select(arrow => new ArrowView(Title(arrow.From, arrow.To), arrow.Path))]);

        string Title(KeyLayout.Place from, KeyLayout.Place to) => string.Join(
            ", ",
            from.Box!.Tables.SelectMany(one => to.Box!.Tables.SelectMany(two => names[(one, two)])).Take(MostLines));
    }

    private static string Remark(KeyGraph graph, ReportText text)
    {
        string[] sentences =
        [
            "An arrow points from a table with a foreign key to the table that it refers to. Tables with the same keys share a box, "
                + "and a key is left out where others lead to the same table.",
            graph.Boxes.Any(box => box.Kind is "cycle") ? "A box with a broken line is a cycle." : string.Empty,
            graph.Boxes.Any(box => box.Kind is "skipped") ? "A box with a dotted line is skipped." : string.Empty,
            graph.Hidden > 0
                ? $"{Tables(graph.Hidden, text)} that nothing in the picture refers to {(graph.Hidden == 1 ? "is" : "are")} only counted."
                : string.Empty,
            graph.Alone > 0
                ? $"{Tables(graph.Alone, text)} without foreign keys {(graph.Alone == 1 ? "is" : "are")} not shown."
                : string.Empty,
        ];
        return string.Join(' ', sentences.Where(sentence => sentence.Length > 0));
    }

    private static string Tables(int count, ReportText text) => $"{text.Number(count)} {(count == 1 ? "table" : "tables")}";

    // The end of a name identifies a table better than its schema.
    private static string Shorten(string name, int longest)
    {
        if (name.Length <= longest)
        {
            return name;
        }

        int table = name.LastIndexOf('.', name.Length - 2) + 1;
        int start = Math.Max(table, name.Length - longest + 1);
        return string.Concat("\u2026", name.AsSpan(char.IsLowSurrogate(name[start]) ? start + 1 : start));
    }

    private static string Units(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
