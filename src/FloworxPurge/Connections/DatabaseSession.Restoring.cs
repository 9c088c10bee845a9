using System.Data.Common;
using System.Globalization;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Connections;

/// <content>Reads of what is committed now, and rows that are sent in many small statements.</content>
internal sealed partial class DatabaseSession
{
    /// <summary>Reads one row of numbers as they are committed now, also where the transaction has a snapshot.</summary>
    public Task<IReadOnlyList<long>> QueryNumbersNowAsync(string sql, CancellationToken cancellationToken)
        => NumbersAsync(Dialect.ReadCurrent(sql), [], cancellationToken);

    /// <summary>Prepares an INSERT that is run many times. Not through EF, which would log each row.</summary>
    /// <param name="table">The delimited name.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="rows">The number of rows that one statement inserts.</param>
    public DbCommand PrepareInsert(string table, IReadOnlyList<Column> columns, int rows)
    {
        DbCommand command = Connection.CreateCommand();
        command.Transaction = Transaction?.GetDbTransaction();
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
                parameters.Add(Dialect.StageValue(parameter.ParameterName));
            }

            values.Add($"({string.Join(", ", parameters)})");
        }

        command.CommandText = $"INSERT INTO {table} ({string.Join(", ", columns.Select(column => Sql.DelimitIdentifier(column.Name)))}) "
            + $"VALUES {string.Join(", ", values)}";
        return command;
    }
}
