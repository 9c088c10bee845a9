using BenchmarkDotNet.Running;
using FloworxPurge.Benchmarks;

// dotnet run -c Release --project tests/FloworxPurge.Benchmarks -- plain
// dotnet run -c Release --project tests/FloworxPurge.Benchmarks -- plain reset
// dotnet run -c Release --project tests/FloworxPurge.Benchmarks -- plain others
// dotnet run -c Release --project tests/FloworxPurge.Benchmarks -- --filter '*'
if (args is ["plain", .. var sections])
{
    if (sections.Except(PlainRunner.Sections).ToList() is { Count: > 0 } unknown)
    {
        await Console.Error.WriteLineAsync(
            $"There is no section {string.Join(", ", unknown)}: name any of {string.Join(", ", PlainRunner.Sections)}, or none for all.");
        return 1;
    }

    await PlainRunner.RunAsync(sections, Console.Out);
}
else
{
    BenchmarkSwitcher.FromAssembly(typeof(PlannerBenchmark).Assembly).Run(args);
}

return 0;
