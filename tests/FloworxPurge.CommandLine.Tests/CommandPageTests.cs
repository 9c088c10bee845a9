using System.Globalization;
using System.Text.RegularExpressions;
using FloworxPurge.CommandLine.Tests.Kit;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>What the pages say of the command is what it has.</summary>
public sealed partial class CommandPageTests
{
    private static readonly Page Command = Page.Read("src/FloworxPurge.CommandLine/command.md");

    [Fact]
    public void Exit_codes_are_all_there_with_their_names_and_no_other()
        => Assert.Equal(
            Enum.GetValues<PurgeExitCode>().Select(code => (((int)code).ToString(CultureInfo.InvariantCulture), $"`{code}`")),
            Command.Table("| exit code |").Select(row => (row[0], row[1])));

    [Fact]
    public void What_the_host_decides_is_all_there_with_its_defaults()
        => OptionDocs.AssertMatch(new PurgeCommandOptions(), Command.Table("| host option |"));

    [Fact]
    public async Task Command_line_options_are_those_that_the_help_names()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        foreach ((string[] help, string table) in ((string[], string)[])
            [
                (["--help"], "| command line |"), (["plan", "--help"], "| command line of `plan` |"),
                (["run", "--help"], "| command line of `run` |"), (["restore", "--help"], "| command line of `restore` |"),
            ])
        {
            string[] options = [.. HelpLine()
                .Matches((await host.RunAsync(help)).Output)
                .Select(match => match.Groups["option"].Value)
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal)];

            Assert.NotEmpty(options);
            Assert.Equal(
                options,
                Command.Table(table)
                    .SelectMany(row => Option().Matches(row[0]).Select(match => match.Value))
                    .Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Every_option_in_a_sentence_or_an_example_is_one_of_the_commands()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        var options = HelpLine()
            .Matches((await host.RunAsync("--help")).Output + (await host.RunAsync("plan", "--help")).Output
                + (await host.RunAsync("restore", "--help")).Output)
            .Select(match => match.Groups["option"].Value)
            .ToHashSet(StringComparer.Ordinal);

        // The sample's own, and those of other programs, stand on lines of their own.
        string[] named = [.. new[] { Page.Readme, Command, Page.Read("src/FloworxPurge.CommandLine/README.md") }
            .SelectMany(page => page.Text.Split('\n'))
            .Where(line => !((string[])["dotnet add", "dotnet run", "dotnet pack", "dotnet tool"])
                .Any(program => line.Contains(program, StringComparison.Ordinal)))
            .SelectMany(line => Option().Matches(line).Select(match => match.Value))
            .Except(["--sqlite", "--url"])];

        Assert.NotEmpty(named);
        Assert.Empty(named.Except(options, StringComparer.Ordinal));
    }

    [GeneratedRegex(
        @"^\s+(-\w, |-\?, -h, )?(?<option>--[a-z-]+)",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex HelpLine();

    [GeneratedRegex(@"(?<![\w-])--[a-z][a-z-]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Option();
}
