using FloworxPurge.Connections;
using FloworxPurge.Reporting;

namespace FloworxPurge.Extensibility;

/// <summary>Runs a query on the first context's connection and compares the first column of its first row.</summary>
/// <remarks>
/// Numbers are equal by value (<c>0</c>, <c>0L</c> and <c>0.0</c>, a text that writes the number, 1 and <see langword="true"/> where an
/// engine has no booleans);
/// other values by their invariant text, dates as ISO 8601. NULL equals only <see langword="null"/>, and no row equals nothing.
/// A query that fails is <see cref="Outcome.NotRun"/> with the message of the database.
/// </remarks>
internal sealed class ScalarSqlCheck : IPurgeCheck
{
    private readonly string _sql;
    private readonly object? _expected;

    /// <summary>Creates the check.</summary>
    /// <param name="sql">A query; sent as it is.</param>
    /// <param name="expected">The value, or <see langword="null"/> for NULL.</param>
    /// <exception cref="ArgumentException">There is no query.</exception>
    public ScalarSqlCheck(string sql, object? expected)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(sql);
        _sql = sql;
        _expected = expected;
    }

    /// <inheritdoc/>
    public async Task<CheckReport> RunAsync(ExtensionContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        string expected = ScalarValue.Text(_expected);
        try
        {
            object? actual = await ScalarReader.ReadAsync(context.Contexts[0], _sql, cancellationToken).ConfigureAwait(false);
            return actual is null
                ? new CheckReport { Outcome = Outcome.Failed, Expected = expected, Actual = "no row" }
                : new CheckReport
                {
                    Outcome = ScalarValue.AreEqual(_expected, actual) ? Outcome.Passed : Outcome.Failed,
                    Expected = expected,
                    Actual = ScalarValue.Text(actual),
                };
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new CheckReport
            {
                Outcome = Outcome.NotRun,
                Expected = expected,
                Actual = ScalarValue.Shorten(e.GetBaseException().Message),
            };
        }
    }
}
