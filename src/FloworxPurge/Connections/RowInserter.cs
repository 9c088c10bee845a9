using System.Data.Common;
using System.Globalization;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Connections;

/// <summary>Inserts many rows into a temporary table, several in a statement. Not through EF, which would log each row.</summary>
internal sealed class RowInserter : IAsyncDisposable
{
    private const int MostBytes = 512 * 1024;

    private readonly DbCommand _one;
    private readonly DbCommand _many;
    private readonly int _size;
    private readonly int _width;
    private readonly List<object[]> _rows = [];
    private long _bytes;

    /// <summary>Prepares the statements.</summary>
    /// <param name="session">The session, in its transaction.</param>
    /// <param name="table">The delimited name.</param>
    /// <param name="columns">The columns.</param>
    public RowInserter(DatabaseSession session, string table, IReadOnlyList<Column> columns)
    {
        _width = columns.Count;
        _size = Math.Max(1, session.Dialect.MostStageParameters / _width);
        _one = Create(session, table, columns, 1);
        _many = Create(session, table, columns, _size);
    }

    /// <summary>Adds a row, which is sent with others.</summary>
    /// <param name="row">The values of the columns.</param>
    /// <param name="cancellationToken">Cancels the statement.</param>
    public async Task AddAsync(object[] row, CancellationToken cancellationToken)
    {
        _rows.Add(row);
        foreach (object value in row)
        {
            _bytes += value is string text ? text.Length : value is byte[] bytes ? bytes.Length : sizeof(long);
        }

        if (_rows.Count == _size)
        {
            await SendAsync(_many, 0, _size, cancellationToken).ConfigureAwait(false);
            Clear();
        }
        else if (_bytes > MostBytes)
        {
            await FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Sends the rows that are left.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        for (int i = 0; i < _rows.Count; i++)
        {
            await SendAsync(_one, i, 1, cancellationToken).ConfigureAwait(false);
        }

        Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync().ConfigureAwait(false);
        await _many.DisposeAsync().ConfigureAwait(false);
    }

    private static DbCommand Create(DatabaseSession session, string table, IReadOnlyList<Column> columns, int rows)
    {
        DbCommand command = session.Connection.CreateCommand();
        command.Transaction = session.Transaction?.GetDbTransaction();
        int number = 0;
        List<string> values = [];
        for (int row = 0; row < rows; row++)
        {
            List<string> parameters = [];
            foreach (Column _ in columns)
            {
                DbParameter parameter = command.CreateParameter();
                parameter.ParameterName = "@p" + number++.ToString(CultureInfo.InvariantCulture);
                parameter.Value = DBNull.Value;
                command.Parameters.Add(parameter);
                parameters.Add(session.Dialect.StageValue(parameter.ParameterName));
            }

            values.Add($"({string.Join(", ", parameters)})");
        }

        string names = string.Join(", ", columns.Select(column => session.Sql.DelimitIdentifier(column.Name)));
        command.CommandText = $"INSERT INTO {table} ({names}) VALUES {string.Join(", ", values)}";
        return command;
    }

    private async Task SendAsync(DbCommand command, int first, int count, CancellationToken cancellationToken)
    {
        for (int row = 0; row < count; row++)
        {
            for (int column = 0; column < _width; column++)
            {
                command.Parameters[(row * _width) + column].Value = _rows[first + row][column];
            }
        }

        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private void Clear()
    {
        _rows.Clear();
        _bytes = 0;
    }
}
