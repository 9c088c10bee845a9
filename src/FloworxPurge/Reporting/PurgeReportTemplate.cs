using System.Globalization;

namespace FloworxPurge.Reporting;

/// <summary>
/// Turns a report into text. <see cref="FromFile"/> and <see cref="FromString"/> create a template in Scriban; a class that derives from
/// this one uses any other template engine.
/// </summary>
/// <remarks>
/// The names that a template in Scriban can use, its statements and its functions are in report-format.md. The library's templates are
/// immutable, and safe to use from several threads at once.
/// </remarks>
public abstract class PurgeReportTemplate
{
    /// <summary>
    /// Gets the template of the report as one HTML file that needs no network: light and dark, for screen and paper, with pictures of rows
    /// and foreign keys.
    /// </summary>
    public static PurgeReportTemplate Html => PurgeReportTemplates.Html;

    /// <summary>Gets the template of the report as Markdown with tables and without raw HTML.</summary>
    public static PurgeReportTemplate Markdown => PurgeReportTemplates.Markdown;

    /// <summary>Gets the template of the report as plain text, at most 80 characters wide.</summary>
    public static PurgeReportTemplate Text => PurgeReportTemplates.Text;

    /// <summary>
    /// Gets the template of the report as JUnit XML: a test case for each table, verification, target and check, so that a CI server shows
    /// a purge as tests.
    /// </summary>
    public static PurgeReportTemplate JUnit => PurgeReportTemplates.JUnit;

    /// <summary>Gets the template of the report as JSON, the same as <see cref="PurgeReport.ToJson"/>.</summary>
    public static PurgeReportTemplate Json => PurgeReportTemplates.Json;

    /// <summary>
    /// Gets the template of a certificate that rows of a person or a tenant were erased (<c>Rows</c>): one HTML page to print and to sign,
    /// about a committed run. Of any other report it says that it is no certificate, and why.
    /// </summary>
    public static PurgeReportTemplate ErasureCertificate => PurgeReportTemplates.Certificate;

    /// <summary>
    /// Gets the names of the sections that <see cref="WithSection"/> can replace. The default implementation returns none.
    /// </summary>
    public virtual IReadOnlyList<string> Sections => [];

    /// <summary>Creates a template in Scriban, which escapes every value for the format that its name ends with.</summary>
    /// <param name="source">The template's text.</param>
    /// <param name="name">
    /// What errors call it, such as <c>report.html</c> or <c>report.html.scriban</c>. Its ending selects the format: <c>.html</c>,
    /// <c>.htm</c>, <c>.md</c>, <c>.markdown</c>, <c>.txt</c> or <c>.xml</c>, in upper or lower case; <c>.scriban</c> or <c>.sbn</c> may
    /// follow.
    /// </param>
    /// <returns>The template; nothing of it is checked yet, see <see cref="Validate()"/>.</returns>
    /// <exception cref="ArgumentNullException">The source is null.</exception>
    /// <exception cref="ArgumentException">
    /// The name is null, empty or white space, or has no ending of a format; the message names the endings.
    /// </exception>
    public static PurgeReportTemplate FromString(string source, string name)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return ScribanReportTemplate.FromString(source, PurgeReportTemplates.FormatOf(name, nameof(name)), name);
    }

    /// <summary>Creates a template in Scriban from a file, as <see cref="FromString"/> does with the file's path as its name.</summary>
    /// <param name="path">The file, in UTF-8, such as <c>chat.txt.scriban</c>.</param>
    /// <returns>The template; nothing of it is checked yet, see <see cref="Validate()"/>.</returns>
    /// <exception cref="ArgumentException">
    /// The path is null, empty or white space, or has no ending of a format; the message names the endings.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static PurgeReportTemplate FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        TemplateFormat format = PurgeReportTemplates.FormatOf(path, nameof(path));
        return ScribanReportTemplate.FromString(File.ReadAllText(path), format, path);
    }

    /// <summary>Creates the same template with one section written another way.</summary>
    /// <param name="section">One of <see cref="Sections"/>.</param>
    /// <param name="source">The section's text; an empty one leaves the section out.</param>
    /// <returns>The other template.</returns>
    /// <exception cref="ArgumentException">There is no such section; the message names those that there are.</exception>
    /// <exception cref="ArgumentNullException">The section or its source is null.</exception>
    public virtual PurgeReportTemplate WithSection(string section, string source)
    {
        ArgumentNullException.ThrowIfNull(section);
        ArgumentNullException.ThrowIfNull(source);
        throw new ArgumentException($"There is no section \"{section}\": the template has none.", nameof(section));
    }

    /// <summary>
    /// Creates the same template with a piece of one's own, which the template and its sections can include as
    /// <c>{{ include 'name' }}</c>.
    /// </summary>
    /// <param name="name">The name. Giving the same name again replaces the piece.</param>
    /// <param name="source">The piece's text. It sees the report and <c>custom</c>, and no variable of what includes it.</param>
    /// <returns>The other template.</returns>
    /// <exception cref="ArgumentException">The name is null, empty or white space, or the library has a section of that name.</exception>
    /// <exception cref="ArgumentNullException">The source is null.</exception>
    /// <exception cref="NotSupportedException">The template is not one in Scriban.</exception>
    public virtual PurgeReportTemplate WithPartial(string name, string source)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(source);
        throw new NotSupportedException($"{GetType().Name} includes no pieces; a template in Scriban does.");
    }

    /// <summary>
    /// Creates the same template with numbers and times as in a culture; they are culture-invariant otherwise. Words stay English, times
    /// UTC.
    /// </summary>
    /// <param name="culture">The culture.</param>
    /// <returns>The other template.</returns>
    /// <exception cref="ArgumentNullException">The culture is null.</exception>
    /// <exception cref="NotSupportedException">The template is not one in Scriban.</exception>
    public virtual PurgeReportTemplate WithCulture(CultureInfo culture)
    {
        ArgumentNullException.ThrowIfNull(culture);
        throw new NotSupportedException($"{GetType().Name} writes in no other culture; a template in Scriban does.");
    }

    /// <summary>
    /// Determines whether a file of this name can hold what the template writes: its ending is not the one of another format that the
    /// library knows. The default implementation returns <see langword="true"/>.
    /// </summary>
    /// <param name="path">The file's name or path; the file need not exist.</param>
    /// <returns>Whether it can.</returns>
    /// <exception cref="ArgumentException">The path is null, empty or white space.</exception>
    public virtual bool IsFor(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return true;
    }

    /// <summary>Writes the report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="output">Where to write to; stays open.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    /// <returns>A task that ends when all is written.</returns>
    /// <exception cref="ArgumentNullException">The report or the writer is null.</exception>
    /// <exception cref="PurgeException">The template is not valid, or its output or its loops exceed the limits in reports.md.</exception>
    public abstract Task RenderAsync(PurgeReport report, TextWriter output, CancellationToken cancellationToken = default);

    /// <summary>
    /// Finds mistakes in the template itself, without a report, so that they are known before a purge starts. The default implementation
    /// finds none; a template in Scriban finds every unknown name but those under <c>custom</c>.
    /// </summary>
    /// <exception cref="PurgeException">The template is not valid; the message names every mistake.</exception>
    public virtual void Validate()
    {
    }
}
