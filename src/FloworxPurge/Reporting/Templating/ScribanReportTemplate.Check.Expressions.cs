using System.Numerics;
using System.Runtime.CompilerServices;
using Scriban.Syntax;

namespace FloworxPurge.Reporting;

/// <content>The check of a template: its expressions.</content>
internal sealed partial class ScribanReportTemplate
{
    private sealed partial class TemplateCheck
    {
        private static readonly TemplateShape.Leaf Flag = new(LeafKind.Flag);
        private static readonly TemplateShape.Leaf Number = new(LeafKind.Number);

        // What the engine knows of a loop.
        private static readonly TemplateShape.Named LoopState = new(new Dictionary<string, TemplateShape>(StringComparer.Ordinal)
        {
            ["index"] = Number,
            ["rindex"] = Number,
            ["length"] = Number,
            ["first"] = Flag,
            ["last"] = Flag,
            ["even"] = Flag,
            ["odd"] = Flag,
            ["changed"] = Flag,
        });

        /// <summary>Returns the shape of an expression, and reports what is wrong with it.</summary>
        private TemplateShape Shape(ScriptExpression? expression) => expression switch
        {
            not null when !RuntimeHelpers.TryEnsureSufficientExecutionStack() => Refused(expression, "it is nested too deeply"),
            // The parser has reported that it is missing.
            null => new TemplateShape.Open(),
            ScriptLiteral literal => Literal(literal),
            ScriptNestedExpression nested => Shape(nested.Expression),
            ScriptVariableGlobal or ScriptMemberExpression => FunctionName(expression) is { } function
                ? Call(expression, function, [])
                : Name(expression),
            ScriptIndexerExpression indexer => Index(indexer),
            ScriptBinaryExpression binary => Binary(binary),
            ScriptUnaryExpression unary => Unary(unary),
            ScriptConditionalExpression condition => Conditional(condition),
            ScriptFunctionCall call => Call(call, []),
            ScriptPipeCall pipe => Pipe(pipe, []),
            ScriptAssignExpression => Refused(expression, "an assignment must be a statement of its own; compare with =="),
            _ => Refused(
                expression,
                $"\"{expression}\" is more than templates of reports can do: they have names, values, operators and functions"),
        };

        private TemplateShape Literal(ScriptLiteral literal) => literal.Value switch
        {
            string or char => new TemplateShape.Leaf(LeafKind.Text),
            bool => Flag,
            null => new TemplateShape.Leaf(),
            BigInteger or double or float => Refused(literal, $"\"{literal}\" is too large a number"),
            _ => Number,
        };

        private TemplateShape Name(ScriptExpression expression)
        {
            switch (expression)
            {
                case ScriptVariableGlobal variable:
                    return Variable(variable);
                case ScriptMemberExpression { Target: ScriptVariableGlobal group } when IsGroup(group.Name):
                    return NoFunction(expression, expression.ToString());
                case ScriptMemberExpression { Target: { } target, Member: { } member }:
                    return Member(Shape(target), member.Name, expression);
                default:
                    return new TemplateShape.Open();
            }
        }

        private TemplateShape Variable(ScriptVariableGlobal variable)
        {
            string name = variable.Name;
            if (name is "for")
            {
                return _loops.Count > 0 ? LoopState : Refused(variable, "\"for\" is outside of a loop");
            }

            foreach ((string loop, TemplateShape shape) in _loops)
            {
                if (string.Equals(loop, name, StringComparison.Ordinal))
                {
                    return shape;
                }
            }

            if (_variables.TryGetValue(name, out TemplateShape? assigned) || root.Values.TryGetValue(name, out assigned))
            {
                return assigned;
            }

            if (IsGroup(name))
            {
                return NoFunction(variable, name);
            }

            IEnumerable<string> known = [.. root.Values.Keys, .. _variables.Keys, .. _loops.Select(loop => loop.Name)];
            return Refused(variable, $"there is no \"{name}\".{Meant(name, known)}");
        }

        private static bool IsGroup(string name)
            => Functions.ByName.Keys.Any(function => function.StartsWith(name + ".", StringComparison.Ordinal));

        private TemplateShape Member(TemplateShape target, string name, ScriptExpression expression)
        {
            switch (target)
            {
                case TemplateShape.Named named:
                    return named.Values.TryGetValue(name, out TemplateShape? value)
                        ? value
                        : Refused(expression, $"there is no \"{name}\" of \"{expression}\".{Meant(name, named.Values.Keys)}");
                case TemplateShape.List when name is "size":
                    return Number;
                case TemplateShape.List:
                    return Refused(expression, $"there is no \"{name}\" of \"{expression}\". It is a list; loop over it with for");
                case TemplateShape.Leaf or TemplateShape.Written:
                    return Refused(expression, $"there is no \"{name}\" of \"{expression}\". It is a value, and has no names in it");
                default:
                    return new TemplateShape.Open();
            }
        }

        private TemplateShape Index(ScriptIndexerExpression indexer)
        {
            TemplateShape target = Shape(indexer.Target);
            TemplateShape index = Shape(indexer.Index);
            switch (target)
            {
                case TemplateShape.List list:
                    Given(indexer.Index, index, Takes.Number, "the place in a list");
                    return list.Item;
                case TemplateShape.Named when indexer.Index is ScriptLiteral { Value: string name }:
                    return Member(target, name, indexer);
                case TemplateShape.Named named:
                    Given(indexer.Index, index, Takes.Text, "the name in an object");
                    return TemplateShape.Common(named.Values.Values);
                case TemplateShape.Leaf or TemplateShape.Written:
                    return Refused(indexer, $"\"{indexer.Target}\" is a value, and has nothing in it");
                default:
                    return new TemplateShape.Open();
            }
        }

        private TemplateShape Binary(ScriptBinaryExpression binary)
        {
            (TemplateShape left, TemplateShape right) = (Shape(binary.Left), Shape(binary.Right));
            if (!Operators.Known.Contains(binary.Operator))
            {
                return Refused(binary, $"\"{binary.OperatorToken}\" is no operator of report templates");
            }

            switch (binary.Operator)
            {
                case ScriptBinaryOperator.And or ScriptBinaryOperator.Or:
                    return Flag;
                case ScriptBinaryOperator.EmptyCoalescing:
                    return IsLike(left, right)
                        ? TemplateShape.Common([left, right])
                        : Refused(binary, "both sides of \"??\" have to be of one kind");
                case ScriptBinaryOperator.CompareEqual or ScriptBinaryOperator.CompareNotEqual when IsNull(binary.Left)
                    || IsNull(binary.Right):
                    return Flag;
                case ScriptBinaryOperator.Add when !(
                    left is TemplateShape.Leaf { Kind: LeafKind.Number } && right is TemplateShape.Leaf { Kind: LeafKind.Number }):
                    Given(binary.Left, left, Takes.Text, "a side of \"+\"");
                    Given(binary.Right, right, Takes.Text, "a side of \"+\"");
                    return new TemplateShape.Leaf(IsNoNumber(left) || IsNoNumber(right) ? LeafKind.Text : LeafKind.Any);
                case ScriptBinaryOperator.Add or ScriptBinaryOperator.Subtract
                    or ScriptBinaryOperator.Multiply or ScriptBinaryOperator.Divide:
                    Given(binary.Left, left, Takes.Number, $"a side of \"{binary.OperatorToken}\"");
                    Given(binary.Right, right, Takes.Number, $"a side of \"{binary.OperatorToken}\"");
                    return Number;
                default:
                    Given(binary.Left, left, Takes.Text, "a side of a comparison");
                    Given(binary.Right, right, Takes.Text, "a side of a comparison");
                    return Flag;
            }
        }

        private static bool IsNoNumber(TemplateShape side) => side is TemplateShape.Leaf { Kind: LeafKind.Text or LeafKind.Flag };

        private static bool IsNull(ScriptExpression? side) => side is ScriptLiteral { Value: null };

        private TemplateShape Unary(ScriptUnaryExpression unary)
        {
            TemplateShape right = Shape(unary.Right);
            switch (unary.Operator)
            {
                case ScriptUnaryOperator.Not:
                    return Flag;
                case ScriptUnaryOperator.Negate or ScriptUnaryOperator.Plus:
                    Given(unary.Right, right, Takes.Number, "what stands behind a sign");
                    return Number;
                default:
                    return Refused(unary, $"\"{unary.OperatorToken}\" is no operator of report templates");
            }
        }

        private TemplateShape Conditional(ScriptConditionalExpression condition)
        {
            Shape(condition.Condition);
            (TemplateShape then, TemplateShape otherwise) = (Shape(condition.ThenValue), Shape(condition.ElseValue));
            return IsLike(then, otherwise)
                ? TemplateShape.Common([then, otherwise])
                : Refused(condition, "both values of \"?\" have to be of one kind");
        }

        private TemplateShape Pipe(ScriptPipeCall pipe, (ScriptExpression Node, TemplateShape Shape)[] before)
        {
            TemplateShape from = before.Length == 0 ? Shape(pipe.From) : Piped(pipe.From, before);
            return pipe.From is null ? from : Piped(pipe.To, [(pipe.From, from)]);
        }

        private TemplateShape Piped(ScriptExpression? to, (ScriptExpression Node, TemplateShape Shape)[] first) => to switch
        {
            null => new TemplateShape.Open(),
            ScriptPipeCall pipe => Pipe(pipe, first),
            ScriptFunctionCall call => Call(call, first),
            _ when FunctionName(to) is { } function => Call(to, function, first),
            _ => NoFunction(to, to.ToString()),
        };

        private TemplateShape Call(ScriptFunctionCall call, (ScriptExpression Node, TemplateShape Shape)[] first)
        {
            (ScriptExpression Node, TemplateShape Shape)[] given = [
                .. first,
                .. call.Arguments.Select(argument => (argument, Shape(argument)))];
            return call.Target is null ? new TemplateShape.Open()
                : FunctionName(call.Target) is { } function ? Call(call, function, given)
                : NoFunction(call.Target, call.Target.ToString());
        }

        private TemplateShape Call(ScriptExpression call, Function function, (ScriptExpression Node, TemplateShape Shape)[] given)
        {
            if (given.Length < function.Required || given.Length > function.Parameters.Length)
            {
                string wanted = function.Parameters.Length == 0 ? "no value"
                    : function.Required == function.Parameters.Length ? Values(function.Required)
                    : $"{function.Required} to {Values(function.Parameters.Length)}";
                return Refused(call, $"\"{function.Name}\" takes {wanted}, and is given {given.Length}");
            }

            TemplateShape? member = null;
            for (int i = 0; i < given.Length; i++)
            {
                if (function.Parameters[i] is Takes.Member)
                {
                    member = MemberPath(given[i].Node, given[0].Shape, function.Name);
                }
                else if (function.Parameters[i] is Takes.Values && given.Length > 1 && function.Parameters[1] is Takes.Member)
                {
                    // Sorted by a value in its entries, a list may have any.
                    Given(given[i].Node, given[i].Shape, Takes.List, $"value {i + 1} of \"{function.Name}\"");
                }
                else
                {
                    Given(given[i].Node, given[i].Shape, function.Parameters[i], $"value {i + 1} of \"{function.Name}\"");
                }
            }

            return function.Result([.. given.Select(value => value.Shape), .. member is null ? Array.Empty<TemplateShape>() : [member]]);

            static string Values(int count) => count == 1 ? "one value" : $"{count} values";
        }

        /// <summary>
        /// Determines whether a value can stand where it does. What is not known can: at run time, what does not fit is nothing.
        /// </summary>
        private void Given(ScriptExpression? node, TemplateShape shape, Takes takes, string where)
        {
            string? problem = takes switch
            {
                Takes.Values => shape is TemplateShape.Open
                    or TemplateShape.List { Item: TemplateShape.Leaf or TemplateShape.Open or TemplateShape.Named { IsName: true } }
                    ? null
                    : "has to be a list of single values",
                Takes.List => shape is TemplateShape.List or TemplateShape.Open ? null : "has to be a list",
                Takes.Number => shape is TemplateShape.Leaf { Kind: LeafKind.Number or LeafKind.Any } or TemplateShape.Open
                    ? null
                    : "has to be a number",
                Takes.NumberFormat => node is ScriptLiteral { Value: string format } && Functions.IsNumberFormat(format)
                    ? null
                    : "has to be a format of .NET for numbers, in quotes, such as 'N0'",
                Takes.TimePattern => node is ScriptLiteral { Value: string { Length: > 0 } }
                    ? null
                    : "has to be a pattern of times, in quotes, such as '%d.%m.%Y'",
                _ => shape is TemplateShape.Leaf or TemplateShape.Open or TemplateShape.Named { IsName: true }
                    ? null
                    : "has to be a single value",
            };
            if (problem is not null)
            {
                Problem(node, $"{where} {problem}");
            }
        }

        private TemplateShape MemberPath(ScriptExpression node, TemplateShape list, string function)
        {
            if (node is not ScriptLiteral { Value: string path })
            {
                return Refused(node, $"value 2 of \"{function}\" has to be the name of a value in the entries, in quotes");
            }

            TemplateShape shape = list is TemplateShape.List { Item: var item } ? item : new TemplateShape.Open();
            foreach (string name in path.Split('.'))
            {
                shape = Member(shape, name, node);
            }

            if (shape is TemplateShape.List or TemplateShape.Named { IsName: false })
            {
                return Refused(node, $"\"{path}\" is no single value of the entries");
            }

            return shape;
        }

        private static Function? FunctionName(ScriptExpression expression) => expression switch
        {
            ScriptVariableGlobal variable => Functions.ByName.GetValueOrDefault(variable.Name),
            ScriptMemberExpression
            {
                Target: ScriptVariableGlobal group,
                Member: ScriptVariableGlobal member,
            } => Functions.ByName.GetValueOrDefault($"{group.Name}.{member.Name}"),
            _ => null,
        };

        private TemplateShape.Open NoFunction(ScriptExpression node, string name)
            => Refused(node, $"there is no function \"{name}\".{Meant(name, Functions.ByName.Keys)}");

        private TemplateShape.Open Refused(ScriptExpression node, string why)
        {
            Problem(node, why);
            return new TemplateShape.Open();
        }
    }
}
