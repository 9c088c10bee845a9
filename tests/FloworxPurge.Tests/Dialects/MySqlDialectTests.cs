using System.Data;
using System.Data.Common;
using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using FloworxPurge.Tests.Planning;

namespace FloworxPurge.Tests.Dialects;

/// <summary>The statements for MySQL and MariaDB, as far as no server has to answer; the version strings are faked.</summary>
public sealed class MySqlDialectTests
{
    private const string MariaDbOnLinux = "10.11.19-MariaDB-0+deb12u1 Debian 12 0";

    private const string MySqlOnWindows = "8.4.3 MySQL Community Server - GPL 1";

    private static readonly MySqlDialect Undetected = new();

    [Theory]
    [InlineData(MariaDbOnLinux, "MariaDB", false)]
    [InlineData(MySqlOnWindows, "MySQL", true)]
    public void The_open_connection_determines_the_engine_and_whether_names_have_a_case(string server, string engine, bool ignoresCase)
    {
        PurgeDialect dialect = Undetected.Detect(server);

        Assert.Equal(engine, dialect.Engine);
        Assert.Equal(ignoresCase, dialect.Identifiers.Equals("Users", "users"));
        Assert.True(dialect.ColumnIdentifiers.Equals("Id", "ID"));
        Assert.NotNull(Undetected.ServerQuery);
        Assert.Null(dialect.ServerQuery);
    }

    [Fact]
    public void Nothing_commits_before_the_end()
    {
        Assert.Null(Undetected.Truncate(Facts.Quoting, [Facts.Name("a")]));
        Assert.True(Undetected.ResetsIdentityAfterCommit);
        Assert.Equal(IsolationLevel.RepeatableRead, Undetected.Isolation);
    }

    [Fact]
    public void A_table_of_another_database_is_named_with_it()
    {
        Assert.Equal("\"users\"", Undetected.Table(Facts.Quoting, new TableName(null, "users")));
        Assert.Equal("\"other\".\"users\"", Undetected.Table(Facts.Quoting, new TableName("other", "users")));
    }

    [Fact]
    public void Foreign_keys_that_were_turned_off_are_on_again_after_a_rollback()
    {
        Assert.False(Undetected.RollbackEnablesConstraints);
        Assert.Equal("SET SESSION foreign_key_checks = 0", Undetected.DisableConstraints(Facts.Quoting, []));
        Assert.Equal("SET SESSION foreign_key_checks = 1", Undetected.EnableConstraints(Facts.Quoting, []));
    }

    [Theory]
    [InlineData(1205, true, false, true)]
    [InlineData(1290, false, true, true)]
    [InlineData(1792, false, true, true)]
    [InlineData(1927, false, false, false)]
    [InlineData(2013, false, false, false)]
    [InlineData(null, false, false, false)]
    public void The_meaning_of_an_error_is_detected_from_its_number(int? code, bool isLockTimeout, bool isReadOnly, bool isCommitRejected)
    {
        var exception = new ServerException();
        if (code is not null)
        {
            exception.Data["Server Error Code"] = code;
        }

        Assert.Equal(isLockTimeout, Undetected.IsLockTimeout(exception));
        Assert.Equal(isReadOnly, Undetected.IsReadOnly(exception));
        Assert.Equal(isCommitRejected, Undetected.IsCommitRejected(exception));
    }

    private sealed class ServerException() : DbException("an answer of the server");
}
