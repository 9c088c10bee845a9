namespace FloworxPurge.Tests.RowScopes.Properties;

/// <summary>What every generated entity type implements, so that a rule can name it.</summary>
public interface INumbered
{
    int Number { get; }
}

/// <summary>The properties that the generated entity types choose from.</summary>
public abstract class ScopeEntity : INumbered
{
    public int Id { get; set; }

    public int Part { get; set; }

    public int Tenant { get; set; }

    public string Code { get; set; } = "";

    public int Alternate { get; set; }

    public int Number { get; set; }

    public int Hidden { get; set; }

    public string? Note { get; set; }

    public int? Extra { get; set; }

    public int? Missing { get; set; }

    public int? A0 { get; set; }

    public int? A1 { get; set; }

    public int? A2 { get; set; }

    public int? A3 { get; set; }

    public int? A4 { get; set; }

    public int? A5 { get; set; }

    public int? B0 { get; set; }

    public int? B1 { get; set; }

    public int? B2 { get; set; }

    public int? B3 { get; set; }

    public int? B4 { get; set; }

    public int? B5 { get; set; }

    public string? C0 { get; set; }

    public string? C1 { get; set; }

    public string? C2 { get; set; }

    public string? C3 { get; set; }

    public string? C4 { get; set; }

    public string? C5 { get; set; }
}

public class E0 : ScopeEntity;

public class E1 : ScopeEntity;

public class E2 : ScopeEntity;

public class E3 : ScopeEntity;

public class E4 : ScopeEntity;

public class E5 : ScopeEntity;

public class E6 : ScopeEntity;

public sealed class D0 : E0
{
    public int? More { get; set; }
}

public sealed class D1 : E1
{
    public int? More { get; set; }
}

public sealed class D2 : E2
{
    public int? More { get; set; }
}

public sealed class D3 : E3
{
    public int? More { get; set; }
}

public sealed class D4 : E4
{
    public int? More { get; set; }
}

public sealed class D5 : E5
{
    public int? More { get; set; }
}

public sealed class D6 : E6
{
    public int? More { get; set; }
}
