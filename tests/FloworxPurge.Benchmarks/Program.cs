using BenchmarkDotNet.Running;
using FloworxPurge.Benchmarks;

// dotnet run -c Release --project tests/FloworxPurge.Benchmarks -- plain
// dotnet run -c Release --project tests/FloworxPurge.Benchmarks -- --filter '*'
if (args is ["plain"])
{
    await PlainRunner.RunAsync(Console.Out).ConfigureAwait(false);
}
else
{
    BenchmarkSwitcher.FromAssembly(typeof(PlannerBenchmark).Assembly).Run(args);
}
