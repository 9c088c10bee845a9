using FloworxPurge.Extensibility;

namespace FloworxPurge.Engines;

/// <summary>A setting of the session that a run changes, and gives back its value.</summary>
/// <param name="State">A query for one text, the value.</param>
/// <param name="Change">The statement that sets what a run needs, from the value that there is.</param>
/// <param name="Undo">The statement that sets the value again.</param>
internal sealed record SessionSetting(string State, Func<string, SqlStatement> Change, Func<string, SqlStatement> Undo);
