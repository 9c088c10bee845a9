using System.Globalization;
using FloworxPurge.Engines;
using FloworxPurge.Extensibility;

namespace FloworxPurge.Connections;

/// <summary>The settings of the session under which stored values are read and written as they are, and their values before.</summary>
/// <param name="session">The session.</param>
/// <param name="settings">The settings; null for those of a restore.</param>
internal sealed class PinnedSettings(DatabaseSession session, IReadOnlyList<SessionSetting>? settings = null)
{
    private readonly Stack<(SessionSetting Setting, string Before)> _changed = [];

    /// <summary>Changes the settings.</summary>
    public async Task ChangeAsync(CancellationToken cancellationToken)
    {
        if (settings is null && session.Dialect.PinForRestore is { } pin)
        {
            await session.ExecuteAsync(pin, [], cancellationToken).ConfigureAwait(false);
        }

        foreach (SessionSetting setting in settings ?? session.Dialect.RestoreSettings)
        {
            string before = Convert.ToString(
                await session.ReadScalarAsync(setting.State, cancellationToken).ConfigureAwait(false),
                CultureInfo.InvariantCulture) ?? string.Empty;
            SqlStatement change = setting.Change(before);
            _changed.Push((setting, before));
            await session.ExecuteAsync(change.Sql, change.Parameters, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Gives the session its values back.</summary>
    public async Task UndoAsync(CancellationToken cancellationToken)
    {
        while (_changed.TryPeek(out (SessionSetting Setting, string Before) changed))
        {
            SqlStatement undo = changed.Setting.Undo(changed.Before);
            await session.ExecuteAsync(undo.Sql, undo.Parameters, cancellationToken).ConfigureAwait(false);
            _changed.Pop();
        }
    }
}
