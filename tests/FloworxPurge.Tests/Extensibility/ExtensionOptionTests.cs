using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;

namespace FloworxPurge.Tests.Extensibility;

/// <summary>A problem of a check or a target is reported before anything is purged.</summary>
public sealed class ExtensionOptionTests
{
    private static readonly Uri Health = new("http://localhost/health");

    [Fact]
    public void Two_checks_of_one_name_are_refused()
    {
        PurgeOptions options = new PurgeOptions().AddCheck("users", new RowCountCheck("users"));

        ArgumentException exception = Assert.Throws<ArgumentException>(() => options.AddCheck("users", new RowCountCheck("clients")));

        Assert.Equal("name", exception.ParamName);
        Assert.Contains("\"users\" already", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_check_needs_a_name()
        => Assert.Throws<ArgumentException>(() => new PurgeOptions().AddCheck(" ", new RowCountCheck("users")));

    [Fact]
    public void A_target_needs_a_name()
        => Assert.Contains(
            "Nameless has no name",
            Assert.Throws<ArgumentException>(() => new PurgeOptions().AddTarget(new Nameless())).Message,
            StringComparison.Ordinal);

    [Fact]
    public void All_problems_of_an_endpoint_check_are_reported_when_the_purger_is_made()
    {
        var check = new HttpEndpointCheck(Health)
        {
            Method = null!,
            ExpectedStatus = 99,
            Timeout = TimeSpan.Zero,
            RetryDelay = TimeSpan.FromSeconds(-1),
            Retries = -1,
            ExpectedJson = { ["a..b"] = 1 },
            Headers = { ["Authorization"] = "Bearer secret\r\nX: y" },
        };

        string message = Assert.Throws<ArgumentException>(() => new Purger(options => options.AddCheck("health", check))).Message;

        Assert.All(
            [
                "check \"health\": Method is null",
                "ExpectedStatus is 99",
                "Timeout is 00:00:00",
                "RetryDelay is -00:00:01",
                "Retries is -1",
                "\"a..b\"",
                "\"Authorization\""],
            problem => Assert.Contains(problem, message, StringComparison.Ordinal));
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endpoint_check_that_is_not_valid_is_not_run()
    {
        CheckReport result = await new HttpEndpointCheck(Health) { Retries = -1, ExpectedStatus = 700 }.RunAsync(After.Purge());

        Assert.Equal(Outcome.NotRun, result.Outcome);
        Assert.Contains("ExpectedStatus is 700; give 200 to 599; Retries is -1", result.Actual, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/health", "it is relative")]
    [InlineData("ftp://host/", "its scheme is ftp")]
    [InlineData("http://me:secret@host/", "user info")]
    [InlineData("ftp://me:secret@host/", "its scheme is ftp; give http or https; it has user info")]
    public void An_address_that_is_none_is_refused(string address, string problem)
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(
            () => new HttpEndpointCheck(new Uri(address, UriKind.RelativeOrAbsolute)));

        Assert.Contains(problem.Replace("/health", "", StringComparison.Ordinal), exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(".")]
    [InlineData("a.")]
    [InlineData("a.b.c")]
    [InlineData("\"a")]
    [InlineData("\"\"")]
    public void A_table_name_that_is_none_is_refused_with_what_else_is_wrong(string table)
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => new RowCountCheck(table, expected: -2));

        Assert.Equal("table", exception.ParamName);
        Assert.Contains("is not the name of a table", exception.Message, StringComparison.Ordinal);
        Assert.Contains("the expected number is -2", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_negative_number_of_rows_is_refused()
    {
        Assert.Equal("expected", Assert.Throws<ArgumentException>(() => new RowCountCheck("users", expected: -1)).ParamName);
        Assert.Equal("expected", Assert.Throws<ArgumentException>(() => RowCountCheck.For<string>(expected: -1)).ParamName);
    }

    [Fact]
    public void A_query_is_needed()
        => Assert.Equal("sql", Assert.Throws<ArgumentException>(() => new ScalarSqlCheck(" ", 0)).ParamName);

    private sealed class Nameless : IPurgeTarget
    {
        public string Name => "";

        public bool SupportsDryRun => false;

        public Task<TargetReport> PurgeAsync(ExtensionContext context, CancellationToken cancellationToken = default)
            => throw new NotSupportedException();
    }
}
