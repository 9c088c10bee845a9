using System.Data.Common;
using System.Reflection;
using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using Microsoft.Data.SqlClient;

namespace FloworxPurge.Tests.Dialects;

/// <summary>
/// What the plans for SQL Server do not show: errors, settings and the choice by the live connection. No server has to answer.
/// </summary>
public sealed class SqlServerDialectTests
{
    private static readonly SqlServerDialect Undetected = new();

    private static readonly TableName Table = new("dbo", "t");

    [Fact]
    public void The_provider_has_a_dialect_of_its_own()
        => Assert.IsType<SqlServerDialect>(EngineRegistry.Select("Microsoft.EntityFrameworkCore.SqlServer"));

    [Theory]
    [InlineData("is_edge ledger_type history_retention_period case-insensitive", true)]
    [InlineData("case-insensitive", true)]
    [InlineData("is_edge history_retention_period case-sensitive", false)]
    public void The_open_connection_determines_whether_names_have_a_case(string server, bool ignoresCase)
    {
        PurgeDialect dialect = Undetected.Detect(server);

        Assert.Equal(ignoresCase, dialect.Identifiers.Equals("Users", "users"));
        Assert.Equal(ignoresCase, dialect.ColumnIdentifiers.Equals("Id", "ID"));
        Assert.Null(dialect.ServerQuery);
        Assert.NotNull(Undetected.ServerQuery);
        Assert.True(Undetected.Identifiers.Equals("Users", "users"));
    }

    [Theory]
    [InlineData("case-insensitive", false, false, false)]
    [InlineData("is_edge history_retention_period case-insensitive", true, false, true)]
    [InlineData("is_edge ledger_type history_retention_period case-sensitive", true, true, true)]
    public void A_server_is_asked_only_for_columns_that_it_has(string server, bool edges, bool ledgers, bool retention)
    {
        CatalogQueries catalog = Undetected.Detect(server).Catalog!;

        Assert.Equal(edges, catalog.Tables.Contains("is_edge", StringComparison.Ordinal));
        Assert.Equal(ledgers, catalog.Tables.Contains("ledger_type", StringComparison.Ordinal));
        Assert.Equal(ledgers, catalog.Histories!.Contains("ledger_type", StringComparison.Ordinal));
        Assert.Equal(retention, catalog.Histories!.Contains("history_retention_period", StringComparison.Ordinal));
        Assert.Equal(retention, catalog.Objects.Contains("history_retention_period", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1222, true, false, false)]
    [InlineData(51222, true, false, false)]
    [InlineData(51223, false, false, false)]
    [InlineData(3906, false, true, false)]
    [InlineData(3908, false, true, false)]
    [InlineData(3930, false, false, true)]
    [InlineData(1205, false, false, false)]
    [InlineData(-2, false, false, false)]
    [InlineData(10054, false, false, false)]
    public void The_meaning_of_an_error_is_detected_from_its_number(int number, bool isLockTimeout, bool isReadOnly, bool isCommitRejected)
    {
        var exception = new ServerException();
        exception.Data["HelpLink.EvtID"] = number.ToString(System.Globalization.CultureInfo.InvariantCulture);

        foreach (DbException error in (DbException[])[exception, SqlClientException(number)])
        {
            Assert.Equal(isLockTimeout, Undetected.IsLockTimeout(error));
            Assert.Equal(isReadOnly, Undetected.IsReadOnly(error));
            Assert.Equal(isCommitRejected, Undetected.IsCommitRejected(error));
        }
    }

    [Fact]
    public void An_error_without_a_number_means_nothing()
    {
        Assert.False(Undetected.IsLockTimeout(new ServerException()));
        Assert.False(Undetected.IsReadOnly(new ServerException()));
        Assert.False(Undetected.IsCommitRejected(new ServerException()));
    }

    [Fact]
    public void A_reset_waits_for_another_as_long_as_for_any_lock_and_never_goes_on_without_it()
    {
        string wait = Undetected.WaitForPurgeLock!;

        Assert.DoesNotContain("@LockTimeout", wait, StringComparison.Ordinal);
        Assert.Contains("IF @result < 0 THROW 51222", wait, StringComparison.Ordinal);
        Assert.All(
            [wait, Undetected.AcquirePurgeLock!],
            text => Assert.Contains("IF @result < -1 THROW 51223", text, StringComparison.Ordinal));
    }

    [Fact]
    public void The_level_that_somebody_left_on_a_pooled_connection_is_not_taken_over()
        => Assert.Equal(System.Data.IsolationLevel.ReadCommitted, Undetected.Isolation);

    [Theory]
    [InlineData("-1", "SET LOCK_TIMEOUT -1")]
    [InlineData("0", "SET LOCK_TIMEOUT 0")]
    [InlineData("1500", "SET LOCK_TIMEOUT 1500")]
    [InlineData("99999999999", "SET LOCK_TIMEOUT 2147483647")]
    public void A_lock_timeout_is_a_number_in_the_text(string value, string expected)
    {
        SqlStatement statement = Undetected.SetLockTimeout(value)!;

        Assert.Equal(expected, statement.Sql);
        Assert.Empty(statement.Parameters);
        TransactSql.Parse(statement.Sql);
    }

    [Fact]
    public void A_lock_timeout_that_is_no_number_never_reaches_the_text()
        => Assert.Throws<FormatException>(() => Undetected.SetLockTimeout("0; DROP TABLE t"));

    [Theory]
    [InlineData("INFINITE", ", HISTORY_RETENTION_PERIOD = INFINITE")]
    [InlineData("6 MONTH", ", HISTORY_RETENTION_PERIOD = 6 MONTH")]
    [InlineData("1 YEAR", ", HISTORY_RETENTION_PERIOD = 1 YEAR")]
    [InlineData("30 DAY", ", HISTORY_RETENTION_PERIOD = 30 DAY")]
    [InlineData("2 WEEK", ", HISTORY_RETENTION_PERIOD = 2 WEEK")]
    [InlineData(null, "")]
    [InlineData("6 MONTH)); DROP TABLE t", "")]
    [InlineData("x DAY", "")]
    public void A_history_gets_its_own_retention_back(string? retention, string expected)
    {
        IReadOnlyList<string> statements = Undetected.PurgeHistory(
            SqlServerLive.Quoting,
            Table,
            new TableName("log", "t]History"),
            retention);

        Assert.Equal(
            [
                "ALTER TABLE [dbo].[t] SET (SYSTEM_VERSIONING = OFF)",
                "DELETE FROM [log].[t]]History]",
                $"ALTER TABLE [dbo].[t] SET (SYSTEM_VERSIONING = ON (HISTORY_TABLE = [log].[t]]History], DATA_CONSISTENCY_CHECK = "
                    + $"ON{expected}))",
            ],
            statements);
        Assert.All(statements, statement => TransactSql.Parse(statement));
    }

    [Theory]
    [InlineData("timestamp", "rowversion")]
    [InlineData("numeric", "decimal")]
    [InlineData("dec", "decimal")]
    [InlineData("integer", "int")]
    [InlineData("double precision", "float")]
    [InlineData("national character varying", "nvarchar")]
    [InlineData("[nvarchar]", "nvarchar")]
    [InlineData("[sys].[geography]", "geography")]
    [InlineData("datetime2", "datetime2")]
    public void Aliases_of_a_type_are_one(string name, string expected) => Assert.Equal(expected, Undetected.CanonicalTypeName(name));

    [Fact]
    public void Each_key_gets_its_own_state_back()
    {
        ForeignKey key = new()
        {
            Name = "FK]1",
            Dependent = Table,
            DependentColumns = ["a"],
            Principal = Table,
            PrincipalColumns = ["b"],
            OnDelete = default,
            IsEnforced = true,
        };
        ForeignKey[] keys = [key, key with { Name = "FK2", IsTrusted = false }];

        Assert.Equal(
            "ALTER TABLE [dbo].[t] NOCHECK CONSTRAINT [FK]]1]; ALTER TABLE [dbo].[t] NOCHECK CONSTRAINT [FK2]",
            Undetected.DisableConstraints(SqlServerLive.Quoting, keys));
        Assert.Equal(
            "ALTER TABLE [dbo].[t] WITH CHECK CHECK CONSTRAINT [FK]]1]; ALTER TABLE [dbo].[t] WITH NOCHECK CHECK CONSTRAINT [FK2]",
            Undetected.EnableConstraints(SqlServerLive.Quoting, keys));
    }

    // SqlException has no public constructor; its own factory fills the data, as it does when the server answers.
    private static SqlException SqlClientException(int number)
    {
        const BindingFlags hidden = BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;
        ConstructorInfo ofError = typeof(SqlError)
            .GetConstructors(hidden)
            .OrderBy(constructor => constructor.GetParameters().Length)
            .First(constructor => constructor.GetParameters()[0].ParameterType == typeof(int));
        object error = ofError.Invoke(
            [.. ofError.GetParameters().Select((parameter, i) => i == 0 ? number : Default(parameter.ParameterType))]);
        object errors = typeof(SqlErrorCollection)
            .GetConstructors(hidden)
            .Single(constructor => constructor.GetParameters().Length == 0)
            .Invoke([]);
        typeof(SqlErrorCollection).GetMethod("Add", hidden)!.Invoke(errors, [error]);
        MethodInfo create = typeof(SqlException)
            .GetMethods(hidden)
            .Where(method => method.Name == "CreateException")
            .OrderBy(method => method.GetParameters().Length)
            .First(method => method.GetParameters()[0].ParameterType == typeof(SqlErrorCollection));
        return (SqlException)create.Invoke(
            null,
            [.. create.GetParameters().Select((parameter, i) => i == 0 ? errors : Default(parameter.ParameterType))])!;
    }

    private static object? Default(Type type)
        => type == typeof(string) ? "16.00.4100" : type.IsValueType ? Activator.CreateInstance(type) : null;

    private sealed class ServerException() : DbException("an answer of the server");
}
