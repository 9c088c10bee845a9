using System.Text;
using FloworxPurge.Schema;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace FloworxPurge.Tests.Kit;

/// <summary>The SQL of the tests as SQL Server reads it, each statement in a batch of its own.</summary>
/// <remarks>
/// Some statements have to be alone in a batch (CREATE VIEW, TRIGGER and SCHEMA), and a batch knows no column that it adds itself.
/// So no statement may use a variable that another one declares.
/// </remarks>
internal static class TransactSqlBatches
{
    /// <summary>Splits at the semicolons that end a statement, and replaces the phrases that T-SQL lacks.</summary>
    public static IReadOnlyList<string> Split(string sql)
    {
        List<TSqlParserToken> tokens = Tokens(sql);
        List<string> batches = [];
        var batch = new StringBuilder();
        int depth = 0;
        for (int i = 0; i < tokens.Count; i++)
        {
            depth += Nesting(tokens, i);
            if (tokens[i].TokenType == TSqlTokenType.Semicolon && depth == 0)
            {
                Add(batches, batch);
            }
            else
            {
                batch.Append(Translate(tokens, i));
            }
        }

        Add(batches, batch);
        return batches;
    }

    // Microsoft's own lexer knows names, strings and comments from words.
    private static List<TSqlParserToken> Tokens(string sql)
    {
        using var reader = new StringReader(sql);
        IList<TSqlParserToken> tokens = new TSql160Parser(initialQuotedIdentifiers: true).GetTokenStream(
            reader,
            out IList<ParseError> errors);
        return errors.Count == 0
            ? [.. tokens.Where(token => token.TokenType != TSqlTokenType.EndOfFile)]
            : throw new FormatException($"{errors[0].Message} in: {sql}");
    }

    private static void Add(List<string> batches, StringBuilder batch)
    {
        string sql = batch.ToString().Trim();
        batch.Clear();
        if (sql.Length > 0)
        {
            batches.Add(sql);
        }
    }

    private static int Nesting(List<TSqlParserToken> tokens, int i) => tokens[i].TokenType switch
    {
        TSqlTokenType.Begin when Beside(tokens, i, 1) is not (TSqlTokenType.Tran or TSqlTokenType.Transaction) => 1,
        TSqlTokenType.Case => 1,
        TSqlTokenType.End => -1,
        _ => 0,
    };

    private static string Translate(List<TSqlParserToken> tokens, int i) => tokens[i] switch
    {
        // As EF Core calls a text of any length.
        { TokenType: TSqlTokenType.Identifier } type when IsWord(type, "text") && IsName(Beside(tokens, i, -1)) => "nvarchar(max)",
        { TokenType: TSqlTokenType.Identifier } literal when IsWord(literal, "true") => "1",
        { TokenType: TSqlTokenType.Identifier } literal when IsWord(literal, "false") => "0",
        { TokenType: TSqlTokenType.Column } when Beside(tokens, i, -1) == TSqlTokenType.Add => "",
        TSqlParserToken token => token.Text,
    };

    private static bool IsWord(TSqlParserToken token, string word) => token.Text.Equals(word, StringComparison.OrdinalIgnoreCase);

    private static bool IsName(TSqlTokenType? type)
        => type is TSqlTokenType.Identifier or TSqlTokenType.QuotedIdentifier or TSqlTokenType.AsciiStringOrQuotedIdentifier;

    private static TSqlTokenType? Beside(List<TSqlParserToken> tokens, int i, int step)
    {
        do
        {
            i += step;
        }
        while (i >= 0
            && i < tokens.Count
            && tokens[i].TokenType is TSqlTokenType.WhiteSpace or TSqlTokenType.SingleLineComment or TSqlTokenType.MultilineComment);

        return i >= 0 && i < tokens.Count ? tokens[i].TokenType : null;
    }
}
