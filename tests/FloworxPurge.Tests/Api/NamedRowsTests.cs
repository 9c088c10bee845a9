using FloworxPurge.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge.Tests.Api;

/// <summary>A host registers rows under a name, for the operator's command.</summary>
public sealed class NamedRowsTests
{
    private static readonly Dictionary<string, string> None = [];

    [Fact]
    public void Rows_are_listed_with_their_rules_as_they_were_typed()
    {
        ServiceCollection services = [];
        services.AddRows(
            "test-users",
            options => options.Rows<User>(user => user.IsTest).Keep<User>(user => user.IsAdmin).RemoveOrphans<User>());

        NamedRows<PurgeOptions> rows = Assert.Single(NamedRows<PurgeOptions>.Of(services.BuildServiceProvider()));

        Assert.Equal("test-users", rows.Name);
        Assert.Empty(rows.Parameters);
        Assert.Equal(
            ["Rows<User>(user => user.IsTest)", "Keep<User>(user => user.IsAdmin)", "RemoveOrphans<User>()"],
            rows.Describe(None));
    }

    [Fact]
    public void Values_reach_the_rules_and_the_rules_do_not_show_them()
    {
        ServiceCollection services = [];
        services.AddRows("subject", ["email"], (options, values) => options.Rows<User>(user => user.Email == values["email"]));
        NamedRows<PurgeOptions> rows = Assert.Single(NamedRows<PurgeOptions>.Of(services.BuildServiceProvider()));

        var options = new PurgeOptions();
        rows.Configure(options, new Dictionary<string, string> { ["email"] = "jane@example.com" });

        Assert.Equal("Rows<User>(user => user.Email == values[\"email\"])", Assert.Single(options.RowRules.Rows).Text);
    }

    [Fact]
    public void A_second_registration_of_a_name_is_refused()
    {
        ServiceCollection services = [];
        services.AddRows("test-users", options => options.Rows<User>(user => user.IsTest));
        services.AddRows("Test-users", options => options.Rows<User>(user => user.IsTest));

        ArgumentException exception = Assert.Throws<ArgumentException>(
            () => services.AddRows("test-users", options => options.Rows<User>(user => user.IsAdmin)));

        Assert.Contains("rows named \"test-users\" are registered already", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_bad_name_is_in_one_message()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(
            () => new ServiceCollection().AddRows("--test users", ["a=b", "email", "email", " "], (_, _) => { }));

        Assert.Contains("the name is \"--test users\"", exception.Message, StringComparison.Ordinal);
        Assert.Contains("a parameter is \"a=b\"", exception.Message, StringComparison.Ordinal);
        Assert.Contains("a parameter is \" \"", exception.Message, StringComparison.Ordinal);
        Assert.Contains("the parameter \"email\" is named twice", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_selects_nothing_is_refused_since_it_would_purge_whole_tables()
    {
        ServiceCollection services = [];
        services.AddRows("admins", options => options.Keep<User>(user => user.IsAdmin));
        NamedRows<PurgeOptions> rows = Assert.Single(NamedRows<PurgeOptions>.Of(services.BuildServiceProvider()));

        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => rows.Configure(new PurgeOptions(), None));

        Assert.Contains("The rows \"admins\" select nothing", exception.Message, StringComparison.Ordinal);
    }

    private sealed class User
    {
        public required string Email { get; init; }

        public bool IsTest { get; init; }

        public bool IsAdmin { get; init; }
    }
}
