using Scriban;
using Scriban.Runtime;
using Scriban.Syntax;

namespace FloworxPurge.Reporting;

/// <content>How the engine calls what templates can use: functions, words before a block, and sections.</content>
internal sealed partial class ScribanReportTemplate
{
    /// <summary>What a function takes in a place.</summary>
    private enum Takes
    {
        /// <summary>Any single value, as text.</summary>
        Text,

        /// <summary>A number.</summary>
        Number,

        /// <summary>A list.</summary>
        List,

        /// <summary>A list of single values.</summary>
        Values,

        /// <summary>The name of a value in the entries of the list, or a path of names, as text in quotes.</summary>
        Member,

        /// <summary>A format of .NET for numbers, in quotes.</summary>
        NumberFormat,

        /// <summary>A pattern of a time, in quotes.</summary>
        TimePattern,
    }

    /// <summary>A function of templates. It fails for no value: what it cannot read is nothing.</summary>
    /// <param name="Name">Its name, with a point for one of a group.</param>
    /// <param name="Parameters">What it takes.</param>
    /// <param name="Required">How many of them have to be given.</param>
    /// <param name="Result">What it gives, by what it is given.</param>
    /// <param name="Run">What it does. Arguments that are not given are null.</param>
    private sealed record Function(
        string Name,
        Takes[] Parameters,
        int Required,
        Func<IReadOnlyList<TemplateShape>, TemplateShape> Result,
        Func<Context, ScriptArray, object?> Run) : IScriptCustomFunction
    {
        public int RequiredParameterCount => Required;

        public int ParameterCount => Parameters.Length;

        public ScriptVarParamKind VarParamKind => ScriptVarParamKind.None;

        public Type ReturnType => typeof(object);

        public ScriptParameterInfo GetParameterInfo(int index) => new(typeof(object), "value");

        public object? Invoke(
            TemplateContext context,
            ScriptNode? callerContext,
            ScriptArray arguments,
            ScriptBlockStatement? blockStatement)
        {
            var own = (Context)context;
            own.Budget.Work(arguments.Sum(Size));
            object? result = Run(own, arguments);
            own.Budget.Work(Size(result));
            return result;
        }

        public ValueTask<object?> InvokeAsync(
            TemplateContext context,
            ScriptNode? callerContext,
            ScriptArray arguments,
            ScriptBlockStatement? blockStatement)
            => ValueTask.FromResult(Invoke(context, callerContext, arguments, blockStatement));

        private static long Size(object? value) => value switch
        {
            string text => text.Length,
            Encoded encoded => encoded.Text.Length,
            ScriptArray list => list.Count + list.Sum(entry => (entry as string)?.Length ?? 0L),
            _ => 1,
        };
    }

    /// <summary>A word before a block: <c>wrap columns</c>.</summary>
    /// <param name="Name">The word.</param>
    /// <param name="Parameters">How many texts follow it.</param>
    /// <param name="IsTable">Whether it lays out cells.</param>
    /// <param name="LayOut">What becomes of the block.</param>
    private sealed record Wrapper(
        string Name,
        int Parameters,
        bool IsTable,
        Func<Context, string, ScriptArray, string> LayOut) : IScriptCustomFunction
    {
        public int RequiredParameterCount => Parameters;

        public int ParameterCount => Parameters;

        public ScriptVarParamKind VarParamKind => ScriptVarParamKind.None;

        public Type ReturnType => typeof(object);

        public ScriptParameterInfo GetParameterInfo(int index) => new(typeof(object), "value");

        public object Invoke(
            TemplateContext context,
            ScriptNode? callerContext,
            ScriptArray arguments,
            ScriptBlockStatement? blockStatement)
        {
            var own = (Context)context;
            string lines = own.Captured(blockStatement);
            own.Budget.Work(IsTable ? Cost(lines) : lines.Length);
            string laidOut = LayOut(own, lines, arguments);
            own.Budget.Work(laidOut.Length);
            return new Encoded(laidOut);
        }

        public ValueTask<object?> InvokeAsync(
            TemplateContext context,
            ScriptNode? callerContext,
            ScriptArray arguments,
            ScriptBlockStatement? blockStatement)
            => ValueTask.FromResult<object?>(Invoke(context, callerContext, arguments, blockStatement));

        // The most characters that the layout can have: each cell may be padded to the longest of its column, has its tags in HTML,
        // and is folded in plain text, where every line has all columns.
        private static long Cost(string lines)
        {
            const int narrowest = 12;
            const int tags = 32;
            string[] rows = lines.Split('\n');
            long columns = rows.Max(row => row.Count(character => character == ReportFormat.CellEnd) + 1);
            return ((long)rows.Length * rows.Max(row => row.Length))
                + rows.Sum(row => ((row.Split(ReportFormat.CellEnd).Max(cell => cell.Length) / narrowest) + 1) * columns * tags);
        }
    }

    /// <summary>Writes a section: <c>include 'limits'</c>.</summary>
    private sealed class Includer : IScriptCustomFunction
    {
        public int RequiredParameterCount => 1;

        public int ParameterCount => 1;

        public ScriptVarParamKind VarParamKind => ScriptVarParamKind.None;

        public Type ReturnType => typeof(object);

        public ScriptParameterInfo GetParameterInfo(int index) => new(typeof(object), "section");

        public object? Invoke(
            TemplateContext context,
            ScriptNode? callerContext,
            ScriptArray arguments,
            ScriptBlockStatement? blockStatement)
        {
            ((Context)context).Include((string)arguments[0]!);
            return null;
        }

        public ValueTask<object?> InvokeAsync(
            TemplateContext context,
            ScriptNode? callerContext,
            ScriptArray arguments,
            ScriptBlockStatement? blockStatement)
            => ValueTask.FromResult(Invoke(context, callerContext, arguments, blockStatement));
    }
}
