using FloworxPurge.Tests.Conformance.Models;

namespace FloworxPurge.Tests.Conformance;

/// <summary>An entity type in a filter stands for every table that only it is stored in.</summary>
public abstract class MembershipConformance(Engine engine) : ModelGroup(engine)
{
    [Fact]
    public async Task Keeping_a_type_keeps_what_it_owns_and_the_join_tables_that_only_it_maps()
    {
        string[] whole = ["Badges", "Friends", "Leaders", "MemberSkills", "Members", "Skills"];

        Assert.Equal(whole, await KeptByAsync(MembershipModels.Membership, options => options.Exclude<Member>().Exclude<Skill>()));
        Assert.Equal(whole, await KeptByAsync(MembershipModels.Membership, options => options.Exclude<Leader>().Exclude<Skill>()));
    }

    [Fact]
    public async Task Keeping_both_types_that_map_a_join_table_keeps_it()
        => Assert.Equal(
            ["Badges", "Courses", "Enrolments", "Friends", "Leaders", "MemberSkills", "Members", "Skills"],
            await KeptByAsync(MembershipModels.Membership, options => options.Exclude<Course>().Exclude<Leader>().Exclude<Skill>()));

    [Fact]
    public async Task Including_both_types_that_map_a_join_table_includes_it()
    {
        Assert.Equal(["Skills"], await KeptByAsync(MembershipModels.Membership, options => options.Include<Member>().Include<Course>()));
        Assert.Equal(
            ["Courses", "Skills"],
            await KeptByAsync(MembershipModels.Membership, options => options.Include<Member>().Include("Enrolments")));
    }

    [Fact]
    public async Task Keeping_both_tables_that_a_join_table_joins_keeps_it_by_whatever_rules_they_are_kept()
    {
        string[] whole = ["Badges", "Courses", "Enrolments", "Friends", "Leaders", "MemberSkills", "Members", "Skills"];

        Assert.Equal(
            whole,
            await KeptByAsync(MembershipModels.Membership, options => options.Exclude("Members").Exclude("Leaders").Exclude("Courses").Exclude("Skills")));
        Assert.Equal(
            whole,
            await KeptByAsync(MembershipModels.Membership, options => options.Exclude<Member>().Exclude("Courses").Exclude("Skills")));
        Assert.Equal(
            whole,
            await KeptByAsync(MembershipModels.Membership, options => options.Exclude("*e*ers").Exclude<Course>().Exclude<Skill>()));
    }

    [Fact]
    public async Task Keeping_a_table_by_its_name_keeps_the_tables_of_what_its_entities_own()
        => Assert.Equal(
            ["Badges", "Friends", "Members"],
            await KeptByAsync(MembershipModels.Membership, options => options.Exclude("Members")));
}

public sealed class SqliteMembershipConformance() : MembershipConformance(Engine.Sqlite);

public sealed class PostgreSqlMembershipConformance() : MembershipConformance(Engine.PostgreSql);

public sealed class AnsiMembershipConformance() : MembershipConformance(Engine.Ansi);

public sealed class MariaDbMembershipConformance() : MembershipConformance(Engine.MariaDb);
