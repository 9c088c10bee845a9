using System.Data.Common;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using MySql.Data.MySqlClient;

namespace FloworxPurge.Tests.Concurrency;

/// <summary>The purge is a login with all rights to the database; the other session is root's.</summary>
public sealed class MariaDbGapDatabase : GapDatabase
{
    private readonly MariaDbTestDatabase _database;
    private readonly string _login;

    private MariaDbGapDatabase(MariaDbTestDatabase database, string role, string login)
        : base(database)
    {
        _database = database;
        Role = role;
        _login = login;
    }

    public override IReadOnlyList<GapStatement> Statements => MariaDbStatements.All;

    protected override string Role { get; }

    protected override string DatabaseName => _database.Name;

    // 0 is not to wait at all; the smallest time that it could wait is a second.
    protected override string DoNotWait => "SET SESSION lock_wait_timeout = 0, innodb_lock_wait_timeout = 0";

    // Invisible columns are rows' content, too.
    protected override string RowQueries => """
        SELECT CONCAT('SELECT id, CONCAT_WS(''|'', ', GROUP_CONCAT(CONCAT('IFNULL(CAST("', c.COLUMN_NAME, '" AS CHAR), ''NULL'')') ORDER BY c.ORDINAL_POSITION SEPARATOR ', '), ') FROM "', t.TABLE_NAME, '"')
        FROM information_schema.TABLES t JOIN information_schema.COLUMNS c ON c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME
        WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')
        GROUP BY t.TABLE_NAME
        """;

    protected override string RestoreRows => """
        SET SESSION foreign_key_checks = 0, lock_wait_timeout = 5, innodb_lock_wait_timeout = 5;
        START TRANSACTION;
        DELETE FROM c; DELETE FROM p; DELETE FROM x; DELETE FROM kept; DELETE FROM kept2; DELETE FROM cand; DELETE FROM log;

        """ + Rows + "COMMIT; SET SESSION foreign_key_checks = 1;";

    private const string Rows = """
        INSERT INTO x VALUES (701, 'x701'), (702, 'x702'), (703, 'x703'), (704, 'x704'), (705, 'x705');
        INSERT INTO p VALUES (101, 'p101', 0), (102, 'p102', 0), (103, 'p103', 0), (104, 'p104', 0), (105, 'p105', 0);
        INSERT INTO c VALUES (201, 'c201', 101, 701), (202, 'c202', 102, 702), (203, 'c203', 103, 703), (204, 'c204', 101, 704), (205, 'c205', 102, 705);
        INSERT INTO kept VALUES (301, 'kept301', 101), (302, 'kept302', 102), (303, 'kept303', 103), (304, 'kept304', 104), (305, 'kept305', 105);
        INSERT INTO kept2 VALUES (401, 'kept401', 0), (402, 'kept402', 0), (403, 'kept403', 0), (404, 'kept404', 0), (405, 'kept405', 0);
        INSERT INTO cand VALUES (501, 'cand501', 0), (502, 'cand502', 0), (503, 'cand503', 0), (504, 'cand504', 0), (505, 'cand505', 0);
        INSERT INTO log VALUES (601, 'log601'), (602, 'log602'), (603, 'log603'), (604, 'log604'), (605, 'log605');

        """;

    public static async Task<MariaDbGapDatabase> CreateAsync(CancellationToken cancellationToken)
    {
        MariaDbTestDatabase database = await MariaDbTestDatabase.CreateAsync(cancellationToken: cancellationToken);
        (string role, string login) = await database.CreateLoginAsync(cancellationToken);
        return new(database, role, login);
    }

    public override long SessionOf(DbConnection connection) => ((MySqlConnection)connection).ServerThread;

    public override void ClearPool(DbContext context) => MySqlConnection.ClearPool((MySqlConnection)context.Database.GetDbConnection());

    protected override void UseProvider(DbContextOptionsBuilder options) => options.UseMySQL(_login);

    // A partitioned table has no foreign keys, and none references it.
    protected override string Rebuild(bool isPartitioned)
    {
        string partitions = isPartitioned
            ? "PARTITION BY RANGE (id) (PARTITION p_1 VALUES LESS THAN (104), PARTITION p_2 VALUES LESS THAN (300), PARTITION p_3 VALUES "
                + "LESS THAN (500))"
            : string.Empty;
        string key = isPartitioned ? string.Empty : ", CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id)";
        return $$"""
            SET SESSION lock_wait_timeout = 5, innodb_lock_wait_timeout = 5;
            DROP DATABASE "{database}";
            CREATE DATABASE "{database}";
            USE "{database}";
            GRANT ALL ON "{database}".* TO '{role}'@'%';
            GRANT REFERENCES ON *.* TO '{role}'@'%';
            SET GLOBAL net_retry_count = 10;
            CREATE TABLE x (id int NOT NULL PRIMARY KEY, note varchar(40));
            CREATE TABLE p (id int NOT NULL PRIMARY KEY, note varchar(40), amount int) {{partitions}};
            CREATE TABLE c (id int NOT NULL PRIMARY KEY, note varchar(40), p_id int NOT NULL, x_id int, CONSTRAINT c_x FOREIGN KEY (x_id) REFERENCES x (id){{key}});
            CREATE TABLE kept (id int NOT NULL PRIMARY KEY, note varchar(40), p_id int);
            CREATE TABLE kept2 (id int NOT NULL PRIMARY KEY, note varchar(40), amount int);
            CREATE TABLE cand (id int NOT NULL PRIMARY KEY, note varchar(40), amount int);
            CREATE TABLE log (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, note varchar(40)) AUTO_INCREMENT = 650;
            {{Rows}}
            """;
    }
}
