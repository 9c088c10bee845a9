using FloworxPurge.CommandLine.Tests.Kit;
using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>--rows names what the host has registered; what does not fit together is refused before anything is connected.</summary>
public sealed class RowsArgumentTests
{
    [Theory]
    [InlineData(
        "--rows test-user",
        "--rows \"test-user\" is not registered. Did you mean \"test-users\"? The host has \"subject\", \"tenant\", \"test-users\"; "
            + "--list-rows shows what they select.")]
    [InlineData("--rows subject", "--rows subject needs --rows-parameter email=VALUE.")]
    [InlineData(
        "--rows subject --rows-parameter emial=a@b --rows-parameter email=a@b",
        "--rows-parameter \"emial\" belongs to none of the rows. They have email.")]
    [InlineData(
        "--rows test-users --rows-parameter email=x",
        "--rows-parameter \"email\" belongs to none of the rows. They have no parameters.")]
    [InlineData("--rows-parameter email=x", "--rows-parameter needs --rows NAME")]
    [InlineData("--rows subject --rows-parameter email", "--rows-parameter has no name or no equals sign. Give NAME=VALUE.")]
    [InlineData("--rows subject --rows-parameter email=", "--rows-parameter \"email\" has no value. Give NAME=VALUE.")]
    [InlineData(
        "--rows subject --rows-parameter email=x --rows-parameter email=y",
        "--rows-parameter \"email\" is given more than once. Give it once.")]
    [InlineData("--rows test-users --show-parameters", "--show-parameters needs --rows-parameter NAME=VALUE")]
    [InlineData("--certificate a.html", "--certificate needs --rows NAME")]
    [InlineData("--rows test-users --certificate a.md", "--certificate \"a.md\" is for a file of another format")]
    [InlineData("--list-rows --json", "--list-rows writes no plan and no report")]
    [InlineData("--rows tenant --rows-parameter id=x", "--rows tenant: The input string 'x' was not in a correct format. Check the values")]
    [InlineData("--rows", "--rows needs a value: --rows NAME.")]
    public async Task A_mistake_is_one_line_and_ends_with_2(string line, string message)
    {
        await using CommandHost host = await CreateAsync();

        Assert.Contains(message, await host.RefusedAsync(PurgeExitCode.Usage, [.. line.Split(' '), "--force"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_that_is_wrong_with_names_and_parameters_is_one_message()
    {
        await using CommandHost host = await CreateAsync();

        string line = await host.RefusedAsync(
            PurgeExitCode.Usage,
            [.. "--force --rows subject --rows tenant --rows-parameter x=1".Split(' ')]);

        Assert.Contains("needs --rows-parameter email=VALUE", line, StringComparison.Ordinal);
        Assert.Contains("needs --rows-parameter id=VALUE", line, StringComparison.Ordinal);
        Assert.Contains("\"x\" belongs to none of the rows. They have email, id.", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_without_registered_rows_says_so()
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        Assert.Contains(
            "this host has registered no rows. Register them with services.AddRows(\"test-users\", ...)",
            await host.RefusedAsync(PurgeExitCode.Usage, "--rows", "test-users", "--force"),
            StringComparison.Ordinal);
        Assert.Contains("registered no rows", (await host.RunAsync("--list-rows")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_list_has_names_parameters_and_rules_and_needs_no_database()
    {
        await using CommandHost host = await CreateAsync();
        host.Elsewhere = _ => throw new InvalidOperationException("a context was created");

        CommandResult result = await host.RunAsync("--list-rows");

        Assert.Equal((PurgeExitCode.Complete, ""), (result.Code, result.Error));
        Assert.Equal(
            """
            subject
              --rows-parameter email=VALUE
              Rows<Person>(person => person.Email == values["email"])
            tenant
              --rows-parameter id=VALUE
              Give values of its parameters to see what it selects: The input string '' was not in a correct format.
            test-users
              Rows<Person>(person => person.IsTest)
              Keep<Person>(person => person.IsAdmin)

            """,
            result.Output);
        Assert.Contains(
            "Rows<Person>(person => person.Tenant == id)",
            (await host.RunAsync("--list-rows", "--rows-parameter", "id=17")).Output,
            StringComparison.Ordinal);
    }

    private static async Task<CommandHost> CreateAsync()
    {
        CommandHost host = await CommandHost.CreateAsync();
        host.Services = services => services
            .AddRows("test-users", options => options.Rows<Person>(person => person.IsTest).Keep<Person>(person => person.IsAdmin))
            .AddRows("subject", ["email"], (options, values) => options.Rows<Person>(person => person.Email == values["email"]))
            .AddRows("tenant", ["id"], (options, values) =>
            {
                int id = int.Parse(values["id"], System.Globalization.CultureInfo.InvariantCulture);
                options.Rows<Person>(person => person.Tenant == id);
            });
        return host;
    }

    private sealed class Person
    {
        public int Id { get; set; }

        public int Tenant { get; set; }

        public required string Email { get; set; }

        public bool IsTest { get; set; }

        public bool IsAdmin { get; set; }
    }
}
