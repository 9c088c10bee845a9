using FloworxPurge.Connections;
using FloworxPurge.Tests.Dialects;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Tests.Planning;

/// <summary>A literal takes the place of a parameter, and of nothing that only looks like one.</summary>
public sealed class ScriptTextTests
{
    private static readonly Dictionary<string, string> Literals = new(StringComparer.Ordinal) { ["@p"] = "1", ["@p_1"] = "'@p'" };

    private static readonly ISqlGenerationHelper MySqlQuoting = new DbContext(
        new DbContextOptionsBuilder().AllowManyProviders().UseMySQL("Server=nowhere").Options).GetService<ISqlGenerationHelper>();

    [Theory]
    [InlineData("a = @p AND b = @p_1", "a = 1 AND b = '@p'")]
    [InlineData("(@p)", "(1)")]
    [InlineData("@p2 @pp @p@ x@p @@p _@p", "@p2 @pp @p@ x@p @@p _@p")]
    [InlineData("'@p' = @p", "'@p' = 1")]
    [InlineData("'it''s @p' = @p", "'it''s @p' = 1")]
    [InlineData("\"@p\" = @p", "\"@p\" = 1")]
    [InlineData("-- @p\n@p -- @p", "-- @p\n1 -- @p")]
    [InlineData("/* @p */ @p", "/* @p */ 1")]
    [InlineData("/*/ @p */ @p", "/*/ @p */ 1")]
    [InlineData("@p 'open @p", "1 'open @p")]
    public void In_SQL_of_every_engine(string sql, string script) => AssertScript(Facts.Quoting, sql, script);

    [Theory]
    [InlineData("`@p` = @p", "`@p` = 1")]
    [InlineData("'it\\'s @p' = @p", "'it\\'s @p' = 1")]
    [InlineData("'\\\\' = @p", "'\\\\' = 1")]
    public void In_SQL_of_MySQL(string sql, string script) => AssertScript(MySqlQuoting, sql, script);

    [Theory]
    [InlineData("[@p] = @p", "[@p] = 1")]
    [InlineData("[a]]@p] = @p", "[a]]@p] = 1")]
    [InlineData("'\\' = @p", "'\\' = 1")]
    public void In_SQL_of_SQL_Server(string sql, string script) => AssertScript(SqlServerLive.Quoting, sql, script);

    private static void AssertScript(ISqlGenerationHelper quoting, string sql, string script)
        => Assert.Equal(script, ScriptText.WithLiterals(sql, Literals, quoting));
}
