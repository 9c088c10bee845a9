using System.Globalization;
using Scriban.Parsing;
using Scriban.Runtime;
using Scriban.Syntax;

namespace FloworxPurge.Reporting;

/// <content>The operators, which fail for no value: what cannot be calculated is nothing.</content>
internal sealed partial class ScribanReportTemplate
{
    private sealed class Operators(Context context)
    {
        /// <summary>Gets the operators that templates can use.</summary>
        public static IReadOnlyList<ScriptBinaryOperator> Known { get; } =
        [
            ScriptBinaryOperator.And, ScriptBinaryOperator.Or, ScriptBinaryOperator.EmptyCoalescing,
            ScriptBinaryOperator.CompareEqual, ScriptBinaryOperator.CompareNotEqual,
            ScriptBinaryOperator.CompareLess, ScriptBinaryOperator.CompareLessOrEqual,
            ScriptBinaryOperator.CompareGreater, ScriptBinaryOperator.CompareGreaterOrEqual,
            ScriptBinaryOperator.Add, ScriptBinaryOperator.Subtract, ScriptBinaryOperator.Multiply, ScriptBinaryOperator.Divide,
        ];

        /// <summary>
        /// A number as such; null for everything else. There are no others: what a decimal does not hold is text, or refused by the check.
        /// </summary>
        public static decimal? Number(object? value) => value switch
        {
            long whole => whole,
            decimal number => number,
            int whole => whole,
            _ => null,
        };

        public object? Binary(ScriptBinaryExpression binary)
        {
            object? left = context.Evaluate(binary.Left, aliasReturnedFunction: false);
            switch (binary.Operator)
            {
                case ScriptBinaryOperator.And:
                    return context.ToBool(binary.Span, left)
                        && context.ToBool(binary.Span, context.Evaluate(binary.Right, aliasReturnedFunction: false));
                case ScriptBinaryOperator.Or:
                    return context.ToBool(binary.Span, left)
                        || context.ToBool(binary.Span, context.Evaluate(binary.Right, aliasReturnedFunction: false));
                case ScriptBinaryOperator.EmptyCoalescing:
                    return left ?? context.Evaluate(binary.Right, aliasReturnedFunction: false);
            }

            object? right = context.Evaluate(binary.Right, aliasReturnedFunction: false);
            return binary.Operator switch
            {
                ScriptBinaryOperator.CompareEqual => AreEqual(left, right),
                ScriptBinaryOperator.CompareNotEqual => !AreEqual(left, right),
                ScriptBinaryOperator.CompareLess => Compare(left, right) < 0,
                ScriptBinaryOperator.CompareLessOrEqual => Compare(left, right) <= 0,
                ScriptBinaryOperator.CompareGreater => Compare(left, right) > 0,
                ScriptBinaryOperator.CompareGreaterOrEqual => Compare(left, right) >= 0,
                ScriptBinaryOperator.Add when IsNoNumber(left) || IsNoNumber(right) => Joined(left, right),
                _ => Calculate(binary.Operator, Number(left), Number(right)),
            };
        }

        public decimal? Sign(ScriptUnaryExpression sign)
            => Number(context.Evaluate(sign.Right, aliasReturnedFunction: false)) * (sign.Operator is ScriptUnaryOperator.Negate ? -1 : 1);

        /// <summary>Orders numbers by value, and everything else as text, letter by letter; null where one of them is not there.</summary>
        public int? Compare(object? left, object? right)
        {
            if (left is null || right is null)
            {
                return null;
            }

            if (Number(left) is { } first && Number(right) is { } second)
            {
                return first.CompareTo(second);
            }

            (string one, string two) = (context.Text(left), context.Text(right));
            context.Budget.Work(Math.Min(one.Length, two.Length));
            return string.CompareOrdinal(one, two);
        }

        // A list or an object is compared with nothing only: the check lets no other comparison through.
        private bool AreEqual(object? left, object? right)
            => left is null || right is null
                ? left is null && right is null
                : left is not IScriptObject && right is not IScriptObject && Compare(left, right) == 0;

        // A number and nothing is nothing: what was not counted is in no sum.
        private static bool IsNoNumber(object? value) => value is not null && Number(value) is null;

        private string Joined(object? left, object? right)
        {
            (string one, string two) = (context.Text(left), context.Text(right));
            context.Budget.Work(one.Length + two.Length);
            return one + two;
        }

        private static decimal? Calculate(ScriptBinaryOperator operation, decimal? left, decimal? right)
        {
            try
            {
                return operation switch
                {
                    ScriptBinaryOperator.Add => left + right,
                    ScriptBinaryOperator.Subtract => left - right,
                    ScriptBinaryOperator.Multiply => left * right,
                    ScriptBinaryOperator.Divide when right is not 0 => left / right,
                    _ => null,
                };
            }
            catch (OverflowException)
            {
                // Beyond 28 digits there is no result that a report could show.
                return null;
            }
        }
    }
}
