using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.SqlClient;

namespace FloworxPurge.Tests.Dialects;

/// <summary>
/// An open connection to a <see cref="SqlServerStandIn"/>. As the driver does, it sends no command outside of the transaction that there
/// is.
/// </summary>
internal sealed class StandInConnection(SqlServerStandIn server) : DbConnection
{
    private StandInTransaction? _transaction;
    private ConnectionState _state = ConnectionState.Open;

    [AllowNull]
    public override string ConnectionString { get; set; } = "Server=nowhere;Database=shop";

    public override string Database => "shop";

    public override string DataSource => "nowhere";

    public override string ServerVersion => "16.00.4100";

    public override ConnectionState State => _state;

    private SqlServerStandIn Server => server;

    public override void Open() => _state = ConnectionState.Open;

    public override void Close() => _state = ConnectionState.Closed;

    public override void ChangeDatabase(string databaseName) => throw new NotSupportedException();

    protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel)
        => _transaction = new StandInTransaction(this, isolationLevel);

    protected override DbCommand CreateDbCommand() => new StandInCommand(this);

    private sealed class StandInTransaction(StandInConnection connection, IsolationLevel level) : DbTransaction
    {
        private readonly SqlServerStandIn.Content _before = connection.Server.Begin(level);

        public override IsolationLevel IsolationLevel => level;

        public override bool SupportsSavepoints => true;

        protected override DbConnection? DbConnection => IsOpen ? connection : null;

        private bool IsOpen => ReferenceEquals(connection._transaction, this);

        public override void Commit() => End("commits", content: null);

        public override void Rollback() => End("rolls back", _before);

        protected override void Dispose(bool disposing)
        {
            if (IsOpen)
            {
                Rollback();
            }

            base.Dispose(disposing);
        }

        private void End(string how, SqlServerStandIn.Content? content)
        {
            if (!IsOpen)
            {
                throw new InvalidOperationException("This SqlTransaction has completed; it is no longer usable.");
            }

            connection._transaction = null;
            connection.Server.End(how, content);
        }
    }

    private sealed class StandInCommand(StandInConnection connection) : DbCommand
    {
        // For its parameters alone.
        private readonly SqlCommand _parameters = new();

        [AllowNull]
        public override string CommandText { get; set; } = string.Empty;

        public override int CommandTimeout { get; set; }

        public override CommandType CommandType { get; set; } = CommandType.Text;

        public override bool DesignTimeVisible { get; set; }

        public override UpdateRowSource UpdatedRowSource { get; set; }

        protected override DbConnection? DbConnection { get; set; } = connection;

        protected override DbParameterCollection DbParameterCollection => _parameters.Parameters;

        protected override DbTransaction? DbTransaction { get; set; }

        public override void Cancel()
        {
        }

        public override void Prepare()
        {
        }

        public override int ExecuteNonQuery()
        {
            Check();
            return connection.Server.Do(CommandText, Parameters);
        }

        public override object? ExecuteScalar()
        {
            using DbDataReader reader = ExecuteDbDataReader(CommandBehavior.Default);
            return reader.Read() ? reader.GetValue(0) : null;
        }

        protected override DbParameter CreateDbParameter() => new SqlParameter();

        protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior)
        {
            Check();
            using var table = new DataTable();
            foreach (object?[] row in connection.Server.Ask(CommandText, Parameters))
            {
                while (table.Columns.Count < row.Length)
                {
                    table.Columns.Add(columnName: null, typeof(object));
                }

                table.Rows.Add(row);
            }

            return table.CreateDataReader();
        }

        protected override void Dispose(bool disposing)
        {
            _parameters.Dispose();
            base.Dispose(disposing);
        }

        private void Check()
        {
            if (connection.State != ConnectionState.Open || !ReferenceEquals(DbTransaction, connection._transaction))
            {
                throw new InvalidOperationException(
                    "The command needs the open connection, and the transaction that the connection is in.");
            }
        }
    }
}
