using System.Globalization;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using Scriban;
using Scriban.Parsing;
using Scriban.Syntax;

namespace FloworxPurge.Reporting;

/// <content>The check of a template: its statements. Unknown statements are refused.</content>
internal sealed partial class ScribanReportTemplate
{
    /// <summary>
    /// Reads a template and finds, without a report, every name that no report has and everything that templates of reports cannot do.
    /// </summary>
    /// <param name="root">The names of the report.</param>
    /// <param name="sections">The sections that there are.</param>
    private sealed partial class TemplateCheck(TemplateShape.Named root, IReadOnlyCollection<string> sections)
    {
        private const int MostProblems = 100;
        private const int LongestName = 100;

        private static readonly string[] LoopOptions = ["limit", "offset", "reversed"];

        private readonly List<(TextPosition At, string Text)> _problems = [];
        private readonly List<string> _used = [];
        private readonly Dictionary<string, TemplateShape> _variables = new(StringComparer.Ordinal);
        private readonly Stack<(string Name, TemplateShape Shape)> _loops = new();
        private ScriptEscapeStatement? _lastTag;

        /// <summary>Gets the sections that it includes.</summary>
        public IReadOnlyList<string> Used => _used;

        /// <summary>The mistakes, each with line and column, in the order of the text.</summary>
        public string[] Run(Piece piece)
        {
            Block(piece.Parsed.Page?.Body);
            bool isOpen = _lastTag is { IsEntering: true } tag
                && (!piece.Parsed.HasErrors || !piece.Source[tag.Span.Start.Offset..].Contains("}}", StringComparison.Ordinal));
            if (isOpen)
            {
                Problem(_lastTag, "the tag is not closed");
            }

            // A block without its end is found where it begins, and a tag without its end, too.
            foreach (LogMessage message in piece.Parsed.Messages.Where(message
                => !message.Message.Contains("The <end> statement was not "
                    + "found", StringComparison.Ordinal) && !(isOpen && message.Span.Start.Offset > _lastTag!.Span.Start.Offset)))
            {
                _problems.Add((message.Span.Start.Line < 0 ? End(piece.Source) : message.Span.Start, Plain(message.Message)));
            }

            string[] all = [.. _problems
                .OrderBy(problem => (problem.At.Line, problem.At.Column))
                .Select(problem => $"{Place(new SourceSpan("", problem.At, problem.At))}: {problem.Text}")
                .Distinct(StringComparer.Ordinal)];
            return all.Length <= MostProblems
                ? all
                : [.. all.Take(MostProblems), string.Create(CultureInfo.InvariantCulture, $"and {all.Length - MostProblems} more")];
        }

        private static TextPosition End(string source)
            => new(source.Length, source.Count(character => character == '\n'), source.Length - source.LastIndexOf('\n') - 1);

        // The engine names its classes and quotes by a grave accent.
        private static string Plain(string message)
        {
            int colon = message.StartsWith("Error while parsing", StringComparison.Ordinal)
                ? message.IndexOf(": ", StringComparison.Ordinal) + 2
                : 0;
            string text = message[colon..];
            int syntax = text.LastIndexOf(" in: ", StringComparison.Ordinal);
            text = (syntax > 0 ? text[..syntax] : text).Replace('`', '"').Trim().TrimEnd('.');
            return text.Length == 0 ? message : char.ToLowerInvariant(text[0]) + text[1..];
        }

        private void Block(ScriptBlockStatement? block)
        {
            foreach (ScriptStatement statement in block?.Statements ?? [])
            {
                Statement(statement);
            }
        }

        private void Statement(ScriptStatement statement)
        {
            switch (statement)
            {
                case ScriptEscapeStatement tag:
                    _lastTag = tag;
                    break;
                case ScriptRawStatement or ScriptNopStatement or ScriptEndStatement:
                    // The parser reports an end without a block.
                    break;
                case ScriptExpressionStatement
                {
                    Expression: ScriptFunctionCall { Target: ScriptVariableGlobal { Name: Functions.Include } } call,
                }:
                    Include(call);
                    break;
                case ScriptExpressionStatement { Expression: ScriptAssignExpression assign }:
                    Assign(assign);
                    break;
                case ScriptExpressionStatement expression:
                    Written(expression.Expression);
                    break;
                case ScriptIfStatement condition:
                    If(condition);
                    break;
                case ScriptForStatement loop and not ScriptTableRowStatement:
                    For(loop);
                    break;
                case ScriptWrapStatement wrap:
                    Wrap(wrap);
                    break;
                case ScriptBreakStatement or ScriptContinueStatement:
                    if (_loops.Count == 0)
                    {
                        Problem(statement, "it is outside of a loop");
                    }

                    break;
                default:
                    Problem(
                        statement,
                        $"\"{FirstWord(statement)}\" is no statement of report templates; they have if, for, wrap, include, break, "
                            + $"continue and assignments");
                    break;
            }
        }

        private void Written(ScriptExpression? expression)
        {
            switch (Shape(expression))
            {
                case TemplateShape.List:
                    Problem(expression, $"\"{expression}\" is a list; loop over it with for, or write it with array.join");
                    break;
                case TemplateShape.Named { IsName: false } named:
                    Problem(
                        expression,
                        $"\"{expression}\" has names in it, and is nothing to write by itself; write one of {Names(named.Values.Keys)}");
                    break;
            }
        }

        private void If(ScriptIfStatement condition)
        {
            Shape(condition.Condition);
            Block(condition.Then);
            ScriptStatement? last = condition.Then;
            for (ScriptConditionStatement? next = condition.Else; next is not null;)
            {
                if (next is ScriptIfStatement other)
                {
                    Shape(other.Condition);
                    Block(other.Then);
                    (last, next) = (other.Then, other.Else);
                }
                else
                {
                    last = Else(next as ScriptElseStatement);
                    next = null;
                }
            }

            Ends(condition, "if", last);
        }

        private ScriptBlockStatement? Else(ScriptElseStatement? other)
        {
            Block(other?.Body);
            return other?.Body;
        }

        private void For(ScriptForStatement loop)
        {
            TemplateShape item = Shape(loop.Iterator) switch
            {
                TemplateShape.List list => list.Item,
                TemplateShape.Named named => Entry(TemplateShape.Common(named.Values.Values)),
                TemplateShape.Open => new TemplateShape.Open(),
                _ => NoList(loop.Iterator),
            };
            foreach (ScriptNamedArgument option in loop.NamedArguments)
            {
                LoopOption(option);
            }

            string name = "";
            if (loop.Variable is ScriptVariableGlobal variable)
            {
                name = variable.Name;
                IsFree(variable, "a loop");
            }
            else if (loop.Variable is not null)
            {
                Problem(loop.Variable, $"\"{loop.Variable}\" is no name for what a loop is at; write a plain name");
            }

            _loops.Push((name, item));
            Block(loop.Body);
            _loops.Pop();
            Ends(loop, "for", loop.Else is null ? loop.Body : Else(loop.Else));
        }

        private void LoopOption(ScriptNamedArgument option)
        {
            string name = option.Name?.Name ?? "";
            if (!LoopOptions.Contains(name, StringComparer.Ordinal))
            {
                Problem(option, $"\"{name}\" is no option of a loop.{Meant(name, LoopOptions)}");
            }
            else if (option.Value is not null && Shape(option.Value) is var value && name is not "reversed")
            {
                Given(option.Value, value, Takes.Number, name);
                if (name is "limit"
                    && (option.Value is ScriptUnaryExpression or ScriptNestedExpression { Expression: ScriptUnaryExpression }
                        || Operators.Number((option.Value as ScriptLiteral)?.Value) < 1))
                {
                    Problem(option, "limit has to be 1 or more");
                }
            }
        }

        // An object is looped over as entries.
        private static TemplateShape.Named Entry(TemplateShape value)
            => new(
                new Dictionary<string, TemplateShape>(StringComparer.Ordinal)
                {
                    ["key"] = new TemplateShape.Leaf(LeafKind.Text),
                    ["value"] = value,
                });

        private TemplateShape.Open NoList(ScriptExpression? iterator)
        {
            if (iterator is not null)
            {
                Problem(iterator, $"\"{iterator}\" is no list to loop over");
            }

            return new TemplateShape.Open();
        }

        private void Wrap(ScriptWrapStatement wrap)
        {
            (ScriptExpression? word, IReadOnlyList<ScriptExpression> given) = wrap.Target is ScriptFunctionCall call
                ? (call.Target, [.. call.Arguments])
                : (wrap.Target, (IReadOnlyList<ScriptExpression>)[]);
            if (word is ScriptVariableGlobal { Name: var name } target)
            {
                if (!Functions.Wrappers.TryGetValue(name, out Wrapper? wrapper))
                {
                    Problem(target, $"there is no \"wrap {name}\".{Meant(name, Functions.Wrappers.Keys)}");
                }
                else if (given.Count != wrapper.Parameters)
                {
                    Problem(
                        target,
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"\"wrap {name}\" takes {wrapper.Parameters} values, and is given {given.Count}"));
                }

                foreach (ScriptExpression value in given)
                {
                    Given(value, Shape(value), Takes.Text, $"a value of \"wrap {name}\"");
                }
            }
            else if (word is not null)
            {
                Problem(word, $"wrap must be followed by one of {Names(Functions.Wrappers.Keys)}");
            }

            Block(wrap.Body);
            Ends(wrap, "wrap", wrap.Body);
        }

        private void Assign(ScriptAssignExpression assign)
        {
            TemplateShape value = Shape(assign.Value);
            if (assign.EqualToken.TokenType != TokenType.Equal)
            {
                Problem(assign, $"\"{assign.EqualToken}\" is no assignment of report templates; write name = name + value");
            }
            else if (assign.Target is not ScriptVariableGlobal variable)
            {
                Problem(assign, $"\"{assign.Target}\" cannot be assigned to; write a plain name");
            }
            else if (IsFree(variable, "a variable"))
            {
                if (_loops.Any(loop => string.Equals(loop.Name, variable.Name, StringComparison.Ordinal)))
                {
                    Problem(assign, $"\"{variable.Name}\" is what the loop is at; choose another name");
                }
                else if (_variables.TryGetValue(variable.Name, out TemplateShape? before) && !IsLike(before, value))
                {
                    Problem(assign, $"\"{variable.Name}\" was something else before; choose another name");
                }
                else
                {
                    _variables[variable.Name] = before is null ? value : TemplateShape.Common([before, value]);
                }
            }
        }

        private static bool IsLike(TemplateShape one, TemplateShape two)
            => one is TemplateShape.Open || two is TemplateShape.Open || one.GetType() == two.GetType();

        private bool IsFree(ScriptVariable variable, string ofWhat)
        {
            if (!root.Values.ContainsKey(variable.Name) && !Functions.Taken.Contains(variable.Name) && variable.Name is not "for")
            {
                return true;
            }

            Problem(variable, $"\"{variable.Name}\" cannot be the name of {ofWhat}: it is the report's or a function's; choose another");
            return false;
        }

        private void Include(ScriptFunctionCall call)
        {
            if (call.Arguments is not [ScriptLiteral { Value: string name }])
            {
                Problem(call, "include takes the name of one section, in quotes");
                return;
            }

            if (!sections.Contains(name, StringComparer.Ordinal))
            {
                Problem(call, $"there is no section \"{name}\".{Meant(name, sections)}");
            }

            _used.Add(name);
        }

        private void Ends(ScriptStatement block, string word, ScriptStatement? last)
        {
            if (last is not ScriptBlockStatement { Statements: [.., ScriptEndStatement] })
            {
                Problem(block, $"the block \"{word}\" is not closed; write {{{{ end }}}}");
            }
        }

        private static string FirstWord(ScriptNode node) => node.ToString().Split(' ', '\n')[0];

        // Suggestions, or all names if there are none.
        private string Meant(string wanted, IEnumerable<string> known)
            => _problems.Count > MostProblems || wanted.Length > LongestName
                ? ""
                : Suggestions.Find(wanted, known) ?? (known.Any() ? $" There are {Names(known)}" : " There are no names");

        private static string Names(IEnumerable<string> names) => string.Join(", ", names.Order(StringComparer.Ordinal));

        private void Problem(ScriptNode? node, string what) => _problems.Add((node?.Span.Start ?? default, what));
    }
}
