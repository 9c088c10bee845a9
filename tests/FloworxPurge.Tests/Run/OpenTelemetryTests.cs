using System.Diagnostics;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace FloworxPurge.Tests.Run;

/// <summary>What OpenTelemetry collects of a purge, and that the page of telemetry names all of it.</summary>
[Collection(nameof(OneAtATime))]
public sealed class OpenTelemetryTests : IDisposable
{
    private static readonly Page Telemetry = Page.Read("src/FloworxPurge/telemetry.md");

    private readonly List<Activity> _spans = [];
    private readonly List<MetricSnapshot> _metrics = [];
    private readonly TracerProvider _traces;
    private readonly MeterProvider _meters;

    public OpenTelemetryTests()
    {
        _traces = Sdk.CreateTracerProviderBuilder().AddSource("FloworxPurge").AddInMemoryExporter(_spans).Build();
        _meters = Sdk.CreateMeterProviderBuilder().AddMeter("FloworxPurge").AddInMemoryExporter(_metrics).Build();
    }

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_run_is_a_tree_of_spans()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite, "a->b");

        await scenario.PurgeAsync(options => options
            .AddTarget("cache", async (_, _) => await Task.Yield())
            .AddCheck("health", new ScalarSqlCheck("SELECT 1", 1)));

        Assert.Equal(
            [
                "plan",
                "purge",
                "purge/attempt",
                "purge/attempt/read facts",
                "purge/attempt/count rows",
                "purge/attempt/unit",
                "purge/attempt/unit/DELETE a",
                "purge/attempt/unit/DELETE b",
                "purge/attempt/verify",
                "purge/attempt/commit",
                "purge/attempt/verify after the commit",
                "purge/target cache",
                "purge/check health",
            ],
            Paths());
        Assert.All(
            _spans,
            span => Assert.Equal(
                span.DisplayName.StartsWith("DELETE", StringComparison.Ordinal) ? ActivityKind.Client : ActivityKind.Internal,
                span.Kind));
        Assert.All(_spans, span => Assert.Equal(ActivityStatusCode.Unset, span.Status));
    }

    [Fact]
    public async Task Spans_name_the_database_the_operation_and_the_rows()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite, "a");

        PurgeReport report = await scenario.PurgeAsync();

        Assert.All(
            _spans,
            span => Assert.Equal(("sqlite", report.Database!.Database), (span.GetTagItem("db.system.name"), span.GetTagItem("db.namespace"))));
        Activity step = Span("DELETE a");
        Assert.Equal(
            ("DELETE", "a", "DELETE FROM \"a\"", 1, "Delete", 3L),
            (
                step.GetTagItem("db.operation.name"),
                step.GetTagItem("db.collection.name"),
                step.GetTagItem("db.query.text"),
                step.GetTagItem("floworxpurge.step.number"),
                step.GetTagItem("floworxpurge.step.kind"),
                step.GetTagItem("floworxpurge.rows.deleted")));
        Assert.Equal(
            ("Complete", 3L, report.PlanFingerprint),
            (
                Span("purge").GetTagItem("floworxpurge.verdict"),
                Span("purge").GetTagItem("floworxpurge.rows.deleted"),
                Span("purge").GetTagItem("floworxpurge.plan.fingerprint")));
        Assert.Equal(1, Span("plan").GetTagItem("floworxpurge.plan.tables"));
    }

    [Fact]
    public async Task A_failure_is_named_by_its_SQLSTATE_from_the_step_to_the_attempt()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql, "a");
        await scenario.Database.RaiseOnDeleteAsync("a", "not this one", CancellationToken);

        PurgeException exception = await scenario.FailAsync();

        string state = Assert.IsType<PostgresException>(exception.InnerException).SqlState;
        var connection = new NpgsqlConnectionStringBuilder(Assert.IsType<PostgreSqlTestDatabase>(scenario.Database).ConnectionString);
        Activity step = _spans.Single(span => span.Kind == ActivityKind.Client && span.Status == ActivityStatusCode.Error);
        Assert.All(
            [step, Span("unit"), Span("attempt")],
            span => Assert.Equal(
                (ActivityStatusCode.Error, state, state),
                (span.Status, span.GetTagItem("error.type"), span.GetTagItem("db.response.status_code"))));
        Assert.Equal(
            (ActivityStatusCode.Error, "Failed", "Failed"),
            (Span("purge").Status, Span("purge").GetTagItem("error.type"), Span("purge").GetTagItem("floworxpurge.verdict")));
        Assert.Equal(
            ("postgresql", $"{connection.Database}|public", connection.Host),
            (step.GetTagItem("db.system.name"), step.GetTagItem("db.namespace"), step.GetTagItem("server.address")));
    }

    [Fact]
    public async Task A_refused_run_is_an_error_without_a_statement()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite, "a");

        await scenario.FailAsync(options => options.MaxRows = 1);

        Assert.Equal((ActivityStatusCode.Error, "Refused"), (Span("purge").Status, Span("purge").GetTagItem("error.type")));
        Assert.DoesNotContain(_spans, span => span.Kind == ActivityKind.Client);
    }

    [Fact]
    public async Task A_target_and_a_check_that_fail_are_errors_of_their_spans()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite, "a");

        await scenario.FailAsync(options => options
            .AddTarget("cache", (_, _) => throw new InvalidOperationException("closed"))
            .AddCheck("health", new ScalarSqlCheck("SELECT 'secret'", "other")));

        Activity target = Span("target cache");
        Assert.Equal(
            (ActivityStatusCode.Error, "Failed", "Failed"),
            (target.Status, target.GetTagItem("error.type"), target.GetTagItem("floworxpurge.target.outcome")));
        Activity check = Span("check health");
        Assert.Equal(
            (ActivityStatusCode.Error, "Failed", "Failed"),
            (check.Status, check.GetTagItem("error.type"), check.GetTagItem("floworxpurge.check.outcome")));
        Assert.DoesNotContain("secret", check.StatusDescription + string.Join(' ', check.Tags), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Histograms_have_the_bounds_that_the_page_names()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite, "a");

        await scenario.PurgeAsync();
        await scenario.Graph.FillAsync(scenario.Database, cancellationToken: CancellationToken);
        await scenario.Database.RaiseOnDeleteAsync("a", "not this one", CancellationToken);
        await scenario.FailAsync();
        _meters.ForceFlush();

        foreach (string[] row in Telemetry.Table("| instrument |"))
        {
            MetricSnapshot metric = _metrics.Last(metric => $"`{metric.Name}`" == row[0]);
            Assert.Equal(row[2], $"`{metric.Unit}`");
            HashSet<string> tags = [];
            foreach (MetricPoint point in metric.MetricPoints)
            {
                foreach (KeyValuePair<string, object?> tag in point.Tags)
                {
                    tags.Add(tag.Key);
                }

                if (row[1] == "histogram")
                {
                    List<string> bounds = [];
                    foreach (HistogramBucket bucket in point.GetHistogramBuckets())
                    {
                        bounds.Add(FormattableString.Invariant($"{bucket.ExplicitBound}"));
                    }

                    Assert.Equal(row[4], string.Join(", ", bounds.SkipLast(1)));
                }
            }

            Assert.Equal(Page.Codes(row[3]).Order(StringComparer.Ordinal), tags.Order(StringComparer.Ordinal));
        }

        Assert.Equal(4, _metrics.Select(metric => metric.Name).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task The_page_names_every_span_and_every_attribute()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql, "a<->b, c");
        await scenario.PurgeAsync(options => options
            .AddTarget("NAME", async (_, _) => await Task.Yield())
            .AddCheck("NAME", new ScalarSqlCheck("SELECT 1", 1))
            .ResetIdentity = true);
        await scenario.Graph.FillAsync(scenario.Database, cancellationToken: CancellationToken);
        await scenario.Database.RaiseOnDeleteAsync("c", "not this one", CancellationToken);
        await scenario.FailAsync(options => options.BestEffort = true);

        string[] attributes = [.. Telemetry.Table("| attribute |").SelectMany(row => Page.Codes(row[0]))];
        string[] spans = [.. Telemetry.Table("| span |").SelectMany(row => Page.Codes(row[0]))];
        Assert.Empty(
            _spans.SelectMany(span => span.TagObjects.Select(tag => tag.Key)).Distinct(StringComparer.Ordinal).Except(
                attributes,
                StringComparer.Ordinal));
        Assert.Empty(
            _spans.Where(span => span.Kind == ActivityKind.Internal).Select(span => span.DisplayName).Distinct(StringComparer.Ordinal).Except(
                spans,
                StringComparer.Ordinal));
    }

    [Fact]
    public async Task Resets_have_no_spans_and_no_metrics()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite, "a->b");

        await using (DatabaseResetter resetter = await DatabaseResetter.CreateAsync(scenario.Context, cancellationToken: CancellationToken))
        {
            Assert.Equal(6, (await resetter.ResetAsync(CancellationToken)).Rows);
        }

        _meters.ForceFlush();
        Assert.Empty(_spans);
        Assert.Empty(_metrics);
    }

    [Fact]
    public async Task A_lock_before_rows_are_counted_is_a_part_of_the_attempt()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql, "a");

        await scenario.PurgeAsync(options => options.LockTables = true);

        string step = Assert.Single(Paths(), path => path.Contains("LOCK", StringComparison.OrdinalIgnoreCase));
        Assert.StartsWith("purge/attempt/Lock", step, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_listener_that_throws_stops_no_run_and_is_noted()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite, "a->b");
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "FloworxPurge",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = _ => throw new InvalidOperationException("the exporter is full"),
            ActivityStopped = _ => throw new InvalidOperationException("the exporter is full"),
        };
        ActivitySource.AddActivityListener(listener);
        Activity? before = Activity.Current;

        PurgeReport report = await scenario.PurgeAsync(options => options.AddCheck("health", new ScalarSqlCheck("SELECT 1", 1)));

        Assert.Equal((PurgeVerdict.Complete, 6), (report.Verdict, report.RowsDeleted));
        Assert.Same(before, Activity.Current);
        Assert.Contains(
            "A listener to activities or metrics failed, and may not know all of the run: InvalidOperationException: the exporter is full.",
            Assert.Single(report.Notes, note => note.Text.StartsWith("A listener", StringComparison.Ordinal)).Text,
            StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _traces.Dispose();
        _meters.Dispose();
    }

    private Activity Span(string name) => _spans.Single(span => span.DisplayName == name);

    // Each span with its parents, in the order in which they began.
    private List<string> Paths()
    {
        var byId = _spans.ToDictionary(span => span.SpanId);
        return [.. _spans.OrderBy(span => span.StartTimeUtc).ThenBy(span => Path(span).Length).Select(Path)];

        string Path(Activity span)
            => byId.TryGetValue(span.ParentSpanId, out Activity? parent) ? $"{Path(parent)}/{span.DisplayName}" : span.DisplayName;
    }
}
