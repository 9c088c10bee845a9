using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using FloworxPurge.Schema;
using Scriban;
using Scriban.Parsing;
using Scriban.Runtime;
using Scriban.Runtime.Accessors;
using Scriban.Syntax;

namespace FloworxPurge.Reporting;

/// <content>Parsing and rendering. What validates renders: no value and no operation fails, and what is not there is written as
/// nothing.</content>
internal sealed partial class ScribanReportTemplate
{
    // Deeper than any person nests, and far from the end of the stack.
    private const int DeepestNesting = 100;

    private static readonly ParserOptions HowToParse = new() { ExpressionDepthLimit = DeepestNesting, ParseFloatAsDecimal = true };

    /// <summary>The report of a fleet.</summary>
    internal string Render(FleetView view)
        => Render(
            new RootNames(
                (ScriptObject)Data(JsonSerializer.SerializeToElement(view, ReportJson.FleetViewInfo))!,
                new Lazy<object?>(() => null),
                custom: null),
            CancellationToken.None);

    private string Render(PurgeReport report, CancellationToken cancellationToken)
    {
        if (_isOwn)
        {
            Validate(report.Details.Custom);
        }

        return Render(Names(report), cancellationToken);
    }

    private string Render(RootNames names, CancellationToken cancellationToken)
    {
        ReportFormat format = TemplateFiles.Format(Format);
        var context = new Context(format, _culture, new RenderBudget(_name, _isOwn), AllSections(), cancellationToken);
        try
        {
            return format.Finish(context.Render(_main.Parsed, names));
        }
        catch (ScriptAbortException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
        catch (ScriptRuntimeException e)
        {
            throw Cause(e)
                ?? new PurgeException(
                    $"The template \"{_name}\" cannot be rendered: {Place(e.Span)}: {(e.InnerException ?? e).Message.Trim()}",
                    e);
        }
    }

    private RootNames Names(PurgeReport report)
    {
        ReportView view = new ReportViewBuilder(report, new ReportText(_culture), Format is TemplateFormat.Html).Build();
        return new RootNames(
            (ScriptObject)Data(JsonSerializer.SerializeToElement(view, ReportJson.ViewInfo))!,
            new Lazy<object?>(() => Whole(report)),
            report.Details.Custom is { } custom ? Data(custom) : new ScriptObject(StringComparer.Ordinal));
    }

    // With what the JSON form leaves out where there is nothing to say.
    private static ScriptObject Whole(PurgeReport report)
    {
        var whole = (ScriptObject)Data(ReportJson.Element(report))!;
        whole.SetValue("hash", report.Hash, readOnly: true);
        whole.TryAdd("rowsAdded", new ScriptArray());
        foreach (object? table in ((ScriptArray)whole["kept"]!).Concat((ScriptArray)whole["skips"]!))
        {
            ((ScriptObject)table!).TryAdd("allowsInserts", false);
        }

        return whole;
    }

    /// <summary>
    /// A JSON value as the engine knows it. Numbers stay numbers, so that they are formatted by the template's culture and zero is false.
    /// </summary>
    private static object? Data(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var named = new ScriptObject(StringComparer.Ordinal);
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    // Of values of one name the last counts, as for most readers of JSON.
                    named.SetValue(property.Name, Data(property.Value), readOnly: true);
                }

                return named;
            case JsonValueKind.Array:
                var list = new ScriptArray(element.GetArrayLength());
                list.AddRange(element.EnumerateArray().Select(Data));
                return list;
            case JsonValueKind.String:
                return element.GetString();
            case JsonValueKind.Number:
                return element.TryGetInt64(out long whole)
                    ? whole
                    : ReportJson.IsCalculable(element)
                    ? element.GetDecimal()
                    : element.GetRawText();
            case JsonValueKind.True:
                return true;
            case JsonValueKind.False:
                return false;
            default:
                return null;
        }
    }

    /// <summary>
    /// In the text of a template " | " stands between cells. It is replaced before any value is filled in, so a value cannot add a cell.
    /// </summary>
    private static Template Parse(string source)
    {
        var template = Template.Parse(source, sourceFilePath: null, HowToParse);
        var open = new Stack<ScriptNode?>([template.Page]);
        while (open.TryPop(out ScriptNode? node))
        {
            if (node is ScriptRawStatement raw && raw.Text.ToString() is var text && text.Contains(" | ", StringComparison.Ordinal))
            {
                raw.Text = new ScriptStringSlice(text.Replace(" | ", ReportFormat.CellEnd.ToString(), StringComparison.Ordinal));
            }

            for (int i = 0; node is not null && i < node.ChildrenCount; i++)
            {
                open.Push(node.GetChildren(i));
            }
        }

        return template;
    }

    private static PurgeException? Cause(Exception exception)
        => exception as PurgeException ?? (exception.InnerException is { } inner ? Cause(inner) : null);

    private static string Place(SourceSpan span)
        => string.Create(CultureInfo.InvariantCulture, $"line {span.Start.Line + 1}, column {span.Start.Column + 1}");

    /// <summary>The names of the report. The JSON form is made only for templates that ask for it.</summary>
    private sealed class RootNames : ScriptObject
    {
        private readonly Lazy<object?> _report;

        public RootNames(ScriptObject view, Lazy<object?> report, object? custom)
            : base(view.Count + 2, autoImportStaticsFromThisType: false, StringComparer.Ordinal)
        {
            _report = report;
            foreach (KeyValuePair<string, object?> value in view)
            {
                SetValue(value.Key, value.Value, readOnly: true);
            }

            SetValue("report", null, readOnly: true);
            SetValue("custom", custom, readOnly: true);
        }

        public override bool TryGetValue(TemplateContext? context, SourceSpan span, string member, out object? value)
        {
            if (member is not "report")
            {
                return base.TryGetValue(context, span, member, out value);
            }

            value = _report.Value;
            return true;
        }
    }

    /// <summary>Text that is encoded already. Only the helpers of the format make it.</summary>
    private sealed record Encoded(string Text)
    {
        public override string ToString() => Text;
    }

    /// <summary>Text in memory that counts against the budget of the rendering.</summary>
    private sealed class CountedOutput(RenderBudget budget) : IScriptOutput
    {
        private readonly StringBuilder _text = new();

        public void Write(string text, int offset, int count)
        {
            budget.Write(count);
            _text.Append(text, offset, count);
        }

        public ValueTask WriteAsync(string text, int offset, int count, CancellationToken cancellationToken)
        {
            Write(text, offset, count);
            return ValueTask.CompletedTask;
        }

        public override string ToString() => _text.ToString();
    }

    /// <summary>One rendering.</summary>
    private sealed class Context : TemplateContext
    {
        private readonly Dictionary<string, Piece> _sections;

        public Context(
            ReportFormat format,
            CultureInfo culture,
            RenderBudget budget,
            Dictionary<string, Piece> sections,
            CancellationToken cancellationToken)
            : base(Functions.Builtin)
        {
            (Format, Budget, Words, _sections) = (format, budget, new ReportText(culture), sections);
            CancellationToken = cancellationToken;
            PushCulture(culture);

            // What is not there is nothing: the check has refused every name that is no name of the report.
            StrictVariables = false;
            EnableRelaxedTargetAccess = true;
            EnableRelaxedMemberAccess = true;
            EnableRelaxedIndexerAccess = true;
            EnableNullIndexer = true;

            // The budget limits more, and the same on every machine.
            (LoopLimit, LimitToString, RecursiveLimit) = (0, 0, 0);
            (AutoIndent, NewLine) = (false, "\n");
        }

        public ReportFormat Format { get; }

        public RenderBudget Budget { get; }

        /// <summary>Gets how numbers, times and enumerations are written.</summary>
        public ReportText Words { get; }

        public string Render(Template template, ScriptObject names)
        {
            PushGlobal(names);
            return Captured(template.Page);
        }

        /// <summary>What a part of the template writes.</summary>
        public string Captured(ScriptNode? part)
        {
            var output = new CountedOutput(Budget);
            PushOutput(output);
            try
            {
                Run(part);
            }
            finally
            {
                PopOutput();
            }

            return output.ToString();
        }

        /// <summary>Writes a section in place of its name. Its variables end with it.</summary>
        public void Include(string section)
        {
            Budget.Step();
            Run(_sections[section].Parsed.Page);
        }

        private void Run(ScriptNode? part)
        {
            PushGlobal(new ScriptObject(StringComparer.Ordinal));
            try
            {
                Evaluate(part, aliasReturnedFunction: false);
            }
            finally
            {
                PopGlobal();
            }
        }

        public override TemplateContext Write(SourceSpan span, object? textAsObject)
        {
            if (textAsObject is Encoded encoded)
            {
                Write(encoded.Text);
                return this;
            }

            // Counted before it is encoded, too, which may take several times the memory.
            string text = Text(textAsObject);
            Budget.Foresee(text.Length);
            Write(Format.Encode(text));
            return this;
        }

        /// <summary>A value as it is written, not encoded.</summary>
        public string Text(object? value) => value switch
        {
            null => "",
            string text => text,
            true => "true",
            false => "false",
            ScriptArray list => string.Create(CultureInfo.InvariantCulture, $"(a list of {list.Count} values)"),
            ScriptObject named => NameOf(named) ?? "(an object)",
            IScriptObject => "(an object)",
            IFormattable number => number.ToString(format: null, CurrentCulture),
            _ => value.ToString() ?? "",
        };

        public override string? ObjectToString(object? value, bool nested = false) => Text(value);

        public override object? Evaluate(ScriptNode? scriptNode, bool aliasReturnedFunction)
        {
            Budget.Expression();
            RuntimeHelpers.EnsureSufficientExecutionStack();
            object? value = scriptNode switch
            {
                ScriptBinaryExpression binary => new Operators(this).Binary(binary),
                ScriptUnaryExpression { Operator: ScriptUnaryOperator.Not } not => !ToBool(
                    not.Span,
                    Evaluate(not.Right, aliasReturnedFunction: false)),
                ScriptUnaryExpression sign => new Operators(this).Sign(sign),
                _ => base.Evaluate(scriptNode, aliasReturnedFunction),
            };
            return scriptNode?.Parent is ScriptForStatement loop && ReferenceEquals(loop.Iterator, scriptNode)
                ? ToLoopOver(loop, value)
                : value;
        }

        // What a condition takes for false: nothing, false, zero, and what is empty.
        public override bool ToBool(SourceSpan span, object? value) => value switch
        {
            null => false,
            bool flag => flag,
            string text => text.Length > 0,
            Encoded encoded => encoded.Text.Length > 0,
            ICollection list => list.Count > 0,
            _ => Operators.Number(value) is not 0,
        };

        // No index and no limit of a loop fails: what is no number is beyond the end.
        public override int ToInt(SourceSpan span, object? value)
            => Operators.Number(value) is { } number && number is >= int.MinValue and < int.MaxValue
                ? (int)number
                : value is null
                ? 0
                : int.MaxValue;

        // Nothing but data is looked into, and never by reflection; nothing but a list has places.
        protected override IObjectAccessor? GetMemberAccessorImpl(object target)
            => target is IScriptObject ? base.GetMemberAccessorImpl(target) : null;

        protected override IListAccessor? GetListAccessorImpl(object target, Type type)
            => target is ScriptArray ? base.GetListAccessorImpl(target, type) : null;

        protected override bool OnStepLoop(ScriptLoopStatementBase loop)
        {
            Budget.Step();
            return true;
        }

        private ScriptArray ToLoopOver(ScriptForStatement loop, object? value)
        {
            ScriptArray list = value switch
            {
                ScriptArray array => array,
                ScriptObject named => new ScriptArray(named.Select(Entry)),
                _ => [],
            };
            // Options make the engine read the whole list before the first round.
            Budget.Work(value is ScriptObject || loop.NamedArguments.Count > 0 ? list.Count : 0);
            return list;

            static object Entry(KeyValuePair<string, object?> value)
            {
                var entry = new ScriptObject(2, StringComparer.Ordinal);
                entry.SetValue("key", value.Key, readOnly: true);
                entry.SetValue("value", value.Value, readOnly: true);
                return entry;
            }
        }
    }
}
