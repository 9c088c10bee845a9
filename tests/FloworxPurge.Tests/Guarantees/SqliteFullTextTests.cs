using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Resetting;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>
/// A full-text index with external content shows the rows of a table, and SQLite's documentation keeps it up to date by three triggers. Its
/// rows are those of the table: they go with them, without any option, and the index is checked before the commit.
/// </summary>
public sealed class SqliteFullTextTests
{
    private const string Fts5 = """
        CREATE VIRTUAL TABLE posts_fts USING fts5(title, body, content='posts', content_rowid='Id');
        CREATE TRIGGER posts_ai AFTER INSERT ON posts BEGIN
          INSERT INTO posts_fts(rowid, title, body) VALUES (new.Id, new.title, new.body);
        END;
        CREATE TRIGGER posts_ad AFTER DELETE ON posts BEGIN
          INSERT INTO posts_fts(posts_fts, rowid, title, body) VALUES ('delete', old.Id, old.title, old.body);
        END;
        CREATE TRIGGER posts_au AFTER UPDATE ON posts BEGIN
          INSERT INTO posts_fts(posts_fts, rowid, title, body) VALUES ('delete', old.Id, old.title, old.body);
          INSERT INTO posts_fts(rowid, title, body) VALUES (new.Id, new.title, new.body);
        END;
        """;

    private const string Fts4 = """
        CREATE VIRTUAL TABLE posts_fts USING fts4(content="posts", title, body);
        CREATE TRIGGER posts_ai AFTER INSERT ON posts BEGIN
          INSERT INTO posts_fts(docid, title, body) VALUES (new.Id, new.title, new.body);
        END;
        CREATE TRIGGER posts_bd BEFORE DELETE ON posts BEGIN
          DELETE FROM posts_fts WHERE docid = old.Id;
        END;
        """;

    private const string Rows = "INSERT INTO posts (Id, title, body) VALUES (1, 'tea', 'green'), (2, 'cups', 'white'), (3, 'tea', 'black')";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Fts5)]
    [InlineData(Fts4)]
    public async Task An_index_over_a_purged_table_loses_the_entries_of_its_rows_without_any_option(string index)
    {
        await using SqliteTestDatabase database = await CreateAsync(index, Rows);
        await using ScenarioContext context = Context(database);
        Assert.Equal(2, await FoundAsync(database));

        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);
        PurgeReport report = await new Purger().ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 3), (report.Verdict, report.RowsDeleted));
        Assert.Contains(
            plan.Notes,
            note => note.Grade == LogLevel.Information && note.Text.StartsWith("Full-text index \"posts_fts\" shows its rows and is not "
                + "a kept table", StringComparison.Ordinal));
        Assert.Contains(
            report.Verifications,
            item => item is { Name: "full-text index posts_fts of purged table posts", Outcome: Outcome.Passed });
        Assert.Equal(0, await FoundAsync(database));
        await database.ExecuteAsync(Rows, CancellationToken);
        Assert.Equal(2, await FoundAsync(database));
    }

    [Fact]
    public async Task An_index_that_would_be_left_with_entries_of_deleted_rows_fails_the_run_and_says_how_to_rebuild_it()
    {
        await using SqliteTestDatabase database = await CreateAsync(
            Fts5,
            "DROP TRIGGER posts_ad",
            "CREATE TRIGGER posts_ad AFTER DELETE ON posts WHEN old.Id > 1 BEGIN INSERT INTO posts_fts(posts_fts, rowid, title, body) "
                + "VALUES ('delete', old.Id, old.title, old.body); END",
            Rows);
        await using ScenarioContext context = Context(database);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Failed, exception.Report?.Verdict);
        Assert.Contains("INSERT INTO \"posts_fts\" (\"posts_fts\") VALUES ('rebuild')", exception.Message, StringComparison.Ordinal);
        Assert.Equal((3, 2), (await database.CountAsync("posts", cancellationToken: CancellationToken), await FoundAsync(database)));
    }

    [Fact]
    public async Task An_index_that_no_trigger_keeps_up_to_date_is_warned_about()
    {
        await using SqliteTestDatabase database = await CreateAsync(Fts5, Rows, "DROP TRIGGER posts_ad");
        await using ScenarioContext context = Context(database);

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        PlanNote note = Assert.Single(report.Notes, note => note.Grade == LogLevel.Warning);
        Assert.Equal(
            "Full-text index \"posts_fts\" shows its rows, and no trigger deletes their entries: it finds the words of deleted rows "
                + "until it is rebuilt (INSERT INTO \"posts_fts\" (\"posts_fts\") VALUES ('rebuild')).",
            note.Text);
    }

    [Fact]
    public async Task An_index_over_a_kept_table_keeps_its_entries()
    {
        await using SqliteTestDatabase database = await CreateAsync(
            Fts5,
            Rows,
            "CREATE TABLE other (Id INTEGER PRIMARY KEY)",
            "INSERT INTO other VALUES (1)",
            "CREATE TRIGGER other_ad AFTER DELETE ON other BEGIN DELETE FROM posts WHERE Id = old.Id; END");
        await using var context = new ScenarioContext(database, IdTables.Model("posts", "other"));

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => context.PurgeAsync(options => options.Exclude("posts"), cancellationToken: CancellationToken));

        Assert.Contains("posts", exception.Message, StringComparison.Ordinal);
        Assert.Equal(2, await FoundAsync(database));
    }

    [Fact]
    public async Task An_index_with_rows_of_its_own_is_a_kept_table()
    {
        await using SqliteTestDatabase database = await CreateAsync(
            "CREATE VIRTUAL TABLE notes USING fts5(body)",
            "INSERT INTO notes (rowid, body) VALUES (1, 'tea')",
            "CREATE TRIGGER posts_ad AFTER DELETE ON posts BEGIN DELETE FROM notes WHERE rowid = old.Id; END",
            Rows);
        await using ScenarioContext context = Context(database);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: CancellationToken));

        Assert.Contains("kept table notes", exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT COUNT(*) FROM notes WHERE notes MATCH 'tea'", CancellationToken));
    }

    [Fact]
    public async Task A_reset_of_the_table_takes_the_entries_too()
    {
        await using SqliteTestDatabase database = await CreateAsync(Fts5, Rows);
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(database, ["posts"], cancellationToken: CancellationToken);

        Assert.Equal(3, (await resetter.ResetAsync(CancellationToken)).Rows);
        Assert.Equal(0, await FoundAsync(database));
        await database.ExecuteAsync("INSERT INTO posts_fts (posts_fts, rank) VALUES ('integrity-check', 1)", CancellationToken);
    }

    [Theory]
    [InlineData("content=posts", true)]
    [InlineData("content = \"posts\"", true)]
    [InlineData("content=[posts]", true)]
    [InlineData("content=`POSTS`", true)]
    [InlineData("content=''", false)]
    [InlineData("content='gone'", false)]
    [InlineData("tokenize='porter'", false)]
    public async Task The_table_is_read_from_the_definition_however_it_is_written(string content, bool isShown)
    {
        await using SqliteTestDatabase database = await CreateAsync(
            $"CREATE VIRTUAL TABLE posts_fts USING FTS5 (title, body, {content}, content_rowid='Id')");
        await using ScenarioContext context = Context(database);

        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);

        Assert.Equal(isShown, plan.Notes.Any(note => note.Text.StartsWith("Full-text index", StringComparison.Ordinal)));
    }

    private static async Task<SqliteTestDatabase> CreateAsync(params string[] statements)
    {
        SqliteTestDatabase database = SqliteTestDatabase.Create();
        await database.ExecuteAsync("CREATE TABLE posts (Id INTEGER PRIMARY KEY, title TEXT, body TEXT)", CancellationToken);
        foreach (string statement in statements)
        {
            await database.ExecuteAsync(statement, CancellationToken);
        }

        return database;
    }

    private static ScenarioContext Context(SqliteTestDatabase database) => new(database, IdTables.Model("posts"));

    private static Task<long> FoundAsync(SqliteTestDatabase database)
        => database.ScalarAsync<long>("SELECT COUNT(*) FROM posts_fts WHERE posts_fts MATCH 'tea'", CancellationToken);
}
