using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge;

/// <summary>Purges in one call.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
public static class PurgeDbContextExtensions
{
    /// <summary>Plans a purge of the context's database and runs the plan.</summary>
    /// <param name="context">The context.</param>
    /// <param name="configure">Sets the options, or <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Stops the purge; everything is rolled back.</param>
    /// <returns>The report of a run whose verdict is <see cref="PurgeVerdict.Complete"/> or <see cref="PurgeVerdict.CompleteWithSkips"/>.</returns>
    /// <exception cref="PurgeException">It could not be planned, or the run has any other verdict; then the exception carries the report.</exception>
    /// <exception cref="ObjectDisposedException">The context is disposed.</exception>
    public static async Task<PurgeReport> PurgeAsync(this DbContext context, Action<PurgeOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        var purger = new Purger(configure ?? (_ => { }));
        PurgePlan plan = await purger.PlanAsync(context, cancellationToken).ConfigureAwait(false);
        return await purger.ExecuteAsync(context, plan, cancellationToken).ConfigureAwait(false);
    }
}
