namespace FloworxPurge.Reporting;

/// <summary>Turns a report into text. Any template engine fits behind it.</summary>
public interface IPurgeReportTemplate
{
    /// <summary>Writes the report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="output">Where to write to; stays open.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    /// <returns>A task that ends when all is written.</returns>
    /// <exception cref="ArgumentNullException">The report or the writer is null.</exception>
    Task RenderAsync(PurgeReport report, TextWriter output, CancellationToken cancellationToken = default);

    /// <summary>
    /// Finds mistakes in the template itself, so that they are known before a purge starts. The default implementation finds none.
    /// </summary>
    /// <exception cref="PurgeException">The template is not valid; the message names every mistake.</exception>
    void Validate()
    {
    }
}
