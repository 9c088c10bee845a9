using System.Globalization;
using Scriban.Functions;
using Scriban.Runtime;

namespace FloworxPurge.Reporting;

/// <content>The functions that templates can use: those of Scriban that report authors need, under its names, and the helpers of the
/// formats.</content>
internal sealed partial class ScribanReportTemplate
{
    private static class Functions
    {
        /// <summary>The word that includes a section.</summary>
        public const string Include = "include";

        // Wider than any line of a report.
        private const int WidestPadding = 1000;
        private const int MostDigits = 15;

        private static readonly DateTimeFunctions Times = new();
        private static readonly string[] Iso8601 = [
            "yyyy-MM-dd",
            "yyyy-MM-dd'T'HH:mmK",
            "yyyy-MM-dd'T'HH:mm:ssK",
            "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

        private static readonly Func<IReadOnlyList<TemplateShape>, TemplateShape> Text = _ => new TemplateShape.Leaf(LeafKind.Text);
        private static readonly Func<IReadOnlyList<TemplateShape>, TemplateShape> Amount = _ => new TemplateShape.Leaf(LeafKind.Number);
        private static readonly Func<IReadOnlyList<TemplateShape>, TemplateShape> Flag = _ => new TemplateShape.Leaf(LeafKind.Flag);
        private static readonly Func<IReadOnlyList<TemplateShape>, TemplateShape> Written = _ => new TemplateShape.Written();
        private static readonly Func<IReadOnlyList<TemplateShape>, TemplateShape> SameList = given => given[0];
        private static readonly Func<IReadOnlyList<TemplateShape>, TemplateShape> Entry = given
            => given[0] is TemplateShape.List list ? list.Item : new TemplateShape.Open();

        public static IReadOnlyDictionary<string, Function> ByName { get; } = new[]
        {
            new Function("identifier", [Takes.Text], 1, Written, (run, given) => new Encoded(run.Format.Name(run.Text(given[0])))),
            new Function("h1", [Takes.Text], 1, Written, (run, given) => new Encoded(run.Format.Heading(run.Text(given[0]), level: 1))),
            new Function("h2", [Takes.Text], 1, Written, (run, given) => new Encoded(run.Format.Heading(run.Text(given[0]), level: 2))),
            new Function("h3", [Takes.Text], 1, Written, (run, given) => new Encoded(run.Format.Heading(run.Text(given[0]), level: 3))),
            new Function("contents", [], 0, Written, (_, _) => new Encoded(ReportFormat.Contents.ToString())),
            new Function(
                "number",
                [Takes.Number],
                1,
                Text,
                (run, given) => given[0] is null ? ReportText.NotCounted
                    : Operators.Number(given[0]) is { } number ? run.Words.Number((long)Math.Clamp(number, long.MinValue, long.MaxValue))
                    : null),
            new Function("milliseconds", [Takes.Text], 1, Text, (run, given) => run.Words.Milliseconds(run.Text(given[0]))),
            new Function("time", [Takes.Text], 1, Text, (run, given) => run.Words.PreciseTime(run.Text(given[0]))),
            new Function("label", [Takes.Text], 1, Text, (run, given) => ReportText.Label(run.Text(given[0]))),
            new Function("short", [Takes.Text], 1, Text, (run, given) => ReportText.Short(run.Text(given[0]))),
            new Function("line_break", [], 0, Written, (_, _) => new Encoded(ReportFormat.LineBreak.ToString())),

            OfText("upcase", text => text.ToUpperInvariant()),
            OfText("downcase", text => text.ToLowerInvariant()),
            OfText("capitalize", text => text.Length == 0 ? "" : char.ToUpperInvariant(text[0]) + text[1..]),
            OfText("strip", text => text.Trim()),
            new Function("string.size", [Takes.Text], 1, Amount, (run, given) => run.Text(given[0]).Length),
            new Function(
                "string.truncate",
                [Takes.Text, Takes.Number, Takes.Text],
                2,
                Text,
                (run, given) => Truncate(run.Text(given[0]), Whole(given[1]), given[2] is { } end ? run.Text(end) : "...")),
            new Function(
                "string.slice",
                [Takes.Text, Takes.Number, Takes.Number],
                2,
                Text,
                (run, given) => Slice(run.Text(given[0]), Whole(given[1]), given[2] is { } length ? Whole(length) : int.MaxValue)),
            new Function(
                "string.replace",
                [Takes.Text, Takes.Text, Takes.Text],
                3,
                Text,
                (run, given) => Replace(run, run.Text(given[0]), run.Text(given[1]), run.Text(given[2]))),
            new Function(
                "string.contains",
                [Takes.Text, Takes.Text],
                2,
                Flag,
                (run, given) => run.Text(given[0]).Contains(run.Text(given[1]), StringComparison.Ordinal)),
            new Function(
                "string.starts_with",
                [Takes.Text, Takes.Text],
                2,
                Flag,
                (run, given) => run.Text(given[0]).StartsWith(run.Text(given[1]), StringComparison.Ordinal)),
            new Function(
                "string.ends_with",
                [Takes.Text, Takes.Text],
                2,
                Flag,
                (run, given) => run.Text(given[0]).EndsWith(run.Text(given[1]), StringComparison.Ordinal)),
            new Function(
                "string.pad_left",
                [Takes.Text, Takes.Number],
                2,
                Text,
                (run, given) => run.Text(given[0]).PadLeft(Math.Clamp(Whole(given[1]), 0, WidestPadding))),
            new Function(
                "string.pad_right",
                [Takes.Text, Takes.Number],
                2,
                Text,
                (run, given) => run.Text(given[0]).PadRight(Math.Clamp(Whole(given[1]), 0, WidestPadding))),
            new Function(
                "string.split",
                [Takes.Text, Takes.Text],
                2,
                _ => new TemplateShape.List(new TemplateShape.Leaf(LeafKind.Text)),
                (run, given) => new ScriptArray(run.Text(given[0]).Split(run.Text(given[1]), StringSplitOptions.RemoveEmptyEntries))),

            new Function("array.size", [Takes.List], 1, Amount, (_, given) => ListOf(given[0]).Count),
            new Function("array.first", [Takes.List], 1, Entry, (_, given) => ListOf(given[0]).FirstOrDefault()),
            new Function("array.last", [Takes.List], 1, Entry, (_, given) => ListOf(given[0]).LastOrDefault()),
            new Function(
                "array.limit",
                [Takes.List, Takes.Number],
                2,
                SameList,
                (_, given) => new ScriptArray(ListOf(given[0]).Take(Whole(given[1])))),
            new Function(
                "array.offset",
                [Takes.List, Takes.Number],
                2,
                SameList,
                (_, given) => new ScriptArray(ListOf(given[0]).Skip(Whole(given[1])))),
            new Function("array.reverse", [Takes.List], 1, SameList, (_, given) => new ScriptArray(Enumerable.Reverse(ListOf(given[0])))),
            new Function(
                "array.sort",
                [Takes.Values, Takes.Member],
                1,
                SameList,
                (run, given) => Sort(run, ListOf(given[0]), given[1] as string)),
            new Function(
                "array.map",
                [Takes.List, Takes.Member],
                2,
                given => new TemplateShape.List(given[^1]),
                (run, given) => new ScriptArray(ListOf(given[0]).Select(entry => Member(run, entry, given[1] as string)))),
            new Function(
                "array.uniq",
                [Takes.Values],
                1,
                SameList,
                (run, given) => new ScriptArray(ListOf(given[0]).DistinctBy(run.Text, StringComparer.Ordinal))),
            new Function(
                "array.compact",
                [Takes.List],
                1,
                SameList,
                (_, given) => new ScriptArray(ListOf(given[0]).Where(entry => entry is not null))),
            new Function(
                "array.join",
                [Takes.Values, Takes.Text],
                2,
                Text,
                (run, given) => Join(run, ListOf(given[0]), run.Text(given[1]))),
            new Function(
                "array.contains",
                [Takes.Values, Takes.Text],
                2,
                Flag,
                (run, given) =>
                    ListOf(given[0]).Any(entry => string.Equals(run.Text(entry), run.Text(given[1]), StringComparison.Ordinal))),

            OfNumber("abs", [], (number, _) => Math.Abs(number)),
            OfNumber("ceil", [], (number, _) => Math.Ceiling(number)),
            OfNumber("floor", [], (number, _) => Math.Floor(number)),
            OfNumber(
                "round",
                [Takes.Number],
                (number, digits) => Math.Round(number, Math.Clamp(digits, 0, MostDigits), MidpointRounding.AwayFromZero)),
            new Function(
                "math.format",
                [Takes.Number, Takes.NumberFormat],
                2,
                Text,
                (run, given) => Operators.Number(given[0])?.ToString(given[1] as string, run.CurrentCulture)),

            new Function(
                "date.to_string",
                [Takes.Text, Takes.TimePattern],
                2,
                Text,
                (run, given) => Time(run, run.Text(given[0]), given[1] as string)),
        }.ToDictionary(function => function.Name, StringComparer.Ordinal);

        /// <summary>Gets the words before a block.</summary>
        public static IReadOnlyDictionary<string, Wrapper> Wrappers { get; } = new[]
        {
            new Wrapper("columns", 0, IsTable: true, (run, lines, _) => run.Format.Columns(lines, hasHeader: true)),
            new Wrapper("pairs", 0, IsTable: true, (run, lines, _) => run.Format.Columns(lines, hasHeader: false)),
            new Wrapper("list", 0, IsTable: false, (run, lines, _) => run.Format.List(ReportFormat.LinesOf(lines))),
            new Wrapper("paragraphs", 0, IsTable: false, (run, lines, _) => run.Format.Paragraphs(ReportFormat.LinesOf(lines))),
            new Wrapper(
                "section",
                2,
                IsTable: false,
                (run, lines, given) => string.IsNullOrWhiteSpace(lines)
                    ? string.Empty
                    : run.Format.Section(run.Text(given[0]), run.Text(given[1]), lines)),
        }
            .ToDictionary(wrapper => wrapper.Name, StringComparer.Ordinal);

        /// <summary>All of them, as the engine looks them up.</summary>
        public static ScriptObject Builtin { get; } = AsObject();

        /// <summary>Gets the names that variables cannot have: functions and their groups.</summary>
        public static HashSet<string> Taken { get; } = Builtin.Keys.ToHashSet(StringComparer.Ordinal);

        /// <summary>Determines whether a format of a number is one, and no result of it is long.</summary>
        public static bool IsNumberFormat(string format)
        {
            if (format.Length is 0 or > 40 || (format.Length > 3 && char.IsAsciiLetter(format[0]) && format.Skip(1).All(char.IsAsciiDigit)))
            {
                return false;
            }

            try
            {
                _ = 1.5m.ToString(format, CultureInfo.InvariantCulture);
                return true;
            }
            catch (FormatException)
            {
                return false;
            }
        }

        private static ScriptObject AsObject()
        {
            var builtin = new ScriptObject(StringComparer.Ordinal);
            builtin.SetValue(Include, new Includer(), readOnly: true);
            foreach (Wrapper wrapper in Wrappers.Values)
            {
                builtin.SetValue(wrapper.Name, wrapper, readOnly: true);
            }

            foreach (IGrouping<string, Function> group in ByName.Values
                .GroupBy(function => function.Name.Split('.')[0], StringComparer.Ordinal))
            {
                if (group.First().Name.Contains('.', StringComparison.Ordinal))
                {
                    var members = new ScriptObject(StringComparer.Ordinal);
                    foreach (Function function in group)
                    {
                        members.SetValue(function.Name[(group.Key.Length + 1)..], function, readOnly: true);
                    }

                    builtin.SetValue(group.Key, members, readOnly: true);
                }
                else
                {
                    builtin.SetValue(group.Key, group.First(), readOnly: true);
                }
            }

            builtin.IsReadOnly = true;
            return builtin;
        }

        private static Function OfText(string name, Func<string, string> run)
            => new($"string.{name}", [Takes.Text], 1, Text, (context, given) => run(context.Text(given[0])));

        private static Function OfNumber(string name, Takes[] others, Func<decimal, int, decimal> run)
            => new(
                $"math.{name}",
                [Takes.Number, .. others],
                1,
                Amount,
                (_, given) => Operators.Number(given[0]) is { } number ? run(number, given.Count > 1 ? Whole(given[1]) : 0) : null);

        private static ScriptArray ListOf(object? value) => value as ScriptArray ?? [];

        private static int Whole(object? value)
            => Operators.Number(value) is { } number ? (int)Math.Clamp(number, int.MinValue, int.MaxValue) : 0;

        private static string Truncate(string text, int length, string end)
            => text.Length <= length
                ? text
                : string.Concat(text.AsSpan(0, Boundary(text, Math.Clamp(length - end.Length, 0, text.Length))), end);

        private static string Slice(string text, int start, int length)
        {
            int from = Math.Clamp(start < 0 ? text.Length + start : start, 0, text.Length);
            return text.Substring(from, Math.Clamp(length, 0, text.Length - from));
        }

        // Not between the halves of a character.
        private static int Boundary(string text, int at) => at > 0 && at < text.Length && char.IsLowSurrogate(text[at]) ? at - 1 : at;

        private static string Replace(Context run, string text, string what, string by)
        {
            if (what.Length == 0)
            {
                return text;
            }

            run.Budget.Work((long)text.Length / what.Length * by.Length);
            return text.Replace(what, by, StringComparison.Ordinal);
        }

        private static string Join(Context run, ScriptArray list, string separator)
        {
            run.Budget.Work((long)list.Count * separator.Length);
            var texts = new List<string>(list.Count);
            foreach (object? entry in list)
            {
                texts.Add(run.Text(entry));
                run.Budget.Work(texts[^1].Length);
            }

            return string.Join(separator, texts);
        }

        // Stable, numbers by value, texts letter by letter, what is not there last.
        private static ScriptArray Sort(Context run, ScriptArray list, string? path)
        {
            var operators = new Operators(run);
            return new ScriptArray(list
                .Select(entry => (Entry: entry, Key: path is null ? entry : Member(run, entry, path)))
                .Order(Comparer<(object? Entry, object? Key)>.Create((one, two)
                    => operators.Compare(one.Key, two.Key) ?? (one.Key is null).CompareTo(two.Key is null)))
                .Select(pair => pair.Entry));
        }

        private static object? Member(Context run, object? entry, string? path)
        {
            foreach (string name in (path ?? "").Split('.'))
            {
                if (entry is not ScriptObject named || !named.TryGetValue(run, default, name, out entry))
                {
                    return null;
                }
            }

            return entry;
        }

        // Times of the report are texts in ISO 8601, and stay in UTC. What is no such time, or none of the culture's calendar, is written
        // as it is.
        private static string? Time(Context run, string text, string? pattern)
            => DateTimeOffset.TryParseExact(
                text,
                Iso8601,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out DateTimeOffset time)
                && time.UtcDateTime >= run.CurrentCulture.DateTimeFormat.Calendar.MinSupportedDateTime
                && time.UtcDateTime <= run.CurrentCulture.DateTimeFormat.Calendar.MaxSupportedDateTime
                ? Times.ToString(time.UtcDateTime, pattern ?? "", run.CurrentCulture)
                : text;
    }
}
