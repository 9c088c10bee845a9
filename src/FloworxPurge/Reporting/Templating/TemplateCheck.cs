using System.Globalization;
using FloworxPurge.Planning;

namespace FloworxPurge.Reporting;

/// <summary>Reads a Handlebars template as it stands and finds every name that no report will have, without a report.</summary>
/// <param name="source">The template.</param>
/// <param name="root">What the template is bound to.</param>
/// <param name="helpers">The words that write something, such as <c>identifier</c>, and how many values each takes.</param>
/// <param name="blockHelpers">The words that take a block, such as <c>columns</c>.</param>
/// <param name="sections">The sections that there are.</param>
internal sealed class TemplateCheck(string source, TemplateShape root, IReadOnlyDictionary<string, int> helpers, IReadOnlyCollection<string> blockHelpers, IReadOnlyCollection<string> sections)
{
    private static readonly string[] Loops = ["each", "with", "if", "unless"];

    private readonly List<string> _problems = [];
    private readonly List<string> _used = [];
    private readonly Stack<TemplateScope> _scopes = [];

    /// <summary>The mistakes, each with line and column.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>The sections that the template uses.</summary>
    public IReadOnlyList<string> Used => _used;

    /// <summary>Reads the template.</summary>
    public void Run()
    {
        _scopes.Push(new TemplateScope("", root, "", 0));
        foreach (TemplateTag tag in TemplateTag.Read(source, Problem))
        {
            Read(tag);
        }

        foreach (TemplateScope scope in _scopes.Where(scope => scope.Block.Length > 0).Reverse())
        {
            Problem(scope.Position, $"the block \"{{{{#{scope.Block}}}}}\" is not closed");
        }
    }

    private void Read(TemplateTag tag)
    {
        if (tag.Words.Count == 0 && tag.Sign is not '^')
        {
            Problem(tag.Position, "the tag is empty");
            return;
        }

        if (tag.Words.FirstOrDefault(word => word[0] is '(' or '&' or '*' or '{') is { } unknown)
        {
            Problem(tag.Position, $"\"{unknown}\" is more than templates of reports can do: they have names, the blocks each, with, if and unless, helpers and sections");
            return;
        }

        switch (tag.Sign)
        {
            case '#' or '^' when tag.Words.Count > 0:
                Open(tag);
                break;
            case '/':
                Close(tag);
                break;
            case '>':
                Section(tag);
                break;
            case ' ' when tag.Words[0] is not "else":
                Expression(tag);
                break;
            default:
                Else(tag);
                break;
        }
    }

    private void Open(TemplateTag tag)
    {
        string word = tag.Words[0];
        TemplateScope outer = _scopes.Peek();
        if (blockHelpers.Contains(word, StringComparer.Ordinal))
        {
            if (tag.Words.Count > 1 || tag.Sign is '^')
            {
                Problem(tag.Position, $"\"{word}\" takes no value; write {{{{#{word}}}}}");
            }

            _scopes.Push(new TemplateScope(word, outer.Shape, "", tag.Position) { KeepsPlace = true });
            return;
        }

        bool isLoop = Loops.Contains(word, StringComparer.Ordinal);
        if (isLoop && tag.Words.Count < 2)
        {
            Problem(tag.Position, $"\"{word}\" needs a name");
            _scopes.Push(new TemplateScope(word, new TemplateShape.Open(), "", tag.Position));
            return;
        }

        TemplateShape value = Resolve(isLoop ? tag.Words[1] : word, tag.Position);
        string kind = isLoop ? word : value is TemplateShape.List ? "each" : "with";
        string[] names = ReadBlockNames(tag, isLoop ? 2 : 1);
        if (!isLoop)
        {
            CheckSection(tag, value, kind, names);
        }

        if (kind is "each" && value is TemplateShape.Leaf)
        {
            Problem(tag.Position, $"\"{tag.Words[1]}\" is no list to loop over");
        }

        if (tag.Sign is '^')
        {
            // What stands in it is for a value that is not there, so it is bound to what is outside.
            _scopes.Push(new TemplateScope(word, outer.Shape, "", tag.Position) { KeepsPlace = value is TemplateShape.Leaf, IsInverted = true, IsEmptyLoop = value is not TemplateShape.Leaf });
            return;
        }

        TemplateShape shape = kind switch
        {
            "each" => value is TemplateShape.List list ? list.Item : value is TemplateShape.Named named ? TemplateShape.Common(named.Values.Values) : new TemplateShape.Open(),
            "with" => value,
            _ => outer.Shape,
        };
        _scopes.Push(new TemplateScope(word, shape, names.FirstOrDefault(""), tag.Position)
        {
            IndexName = names.Skip(1).FirstOrDefault(""),
            KeepsPlace = kind is "if" or "unless",
            IsLoop = kind is "each" || (!isLoop && value is TemplateShape.Open),
        });
    }

    /// <summary>A block without a word such as each: the engine has less of them than it looks.</summary>
    private void CheckSection(TemplateTag tag, TemplateShape value, string kind, string[] names)
    {
        string word = tag.Words[0];
        if (names.Length > 0)
        {
            Problem(tag.Position, $"only each and with give names; write {{{{#{kind} {string.Join(' ', tag.Words)}}}}}");
        }
        else if (tag.Sign is '#' && value is TemplateShape.Named)
        {
            // The engine binds such a block to some objects, and not to those of the report.
            Problem(tag.Position, $"\"{word}\" has names in it; write {{{{#with {word}}}}}");
        }
        else if (!TemplateTag.IsName(word) || (tag.Sign is '^' && word.Contains('.', StringComparison.Ordinal)))
        {
            // The engine does not find the end of such a block, or looks for a name like it.
            Problem(tag.Position, $"no block can begin with \"{word}\"; write {{{{#{(tag.Sign is '^' ? "unless" : value is TemplateShape.Leaf ? "if" : kind)} {word}}}}}");
        }
    }

    /// <summary>The names that a block gives to what it is bound to, as in <c>each skips as |skip i|</c>.</summary>
    private string[] ReadBlockNames(TemplateTag tag, int after)
    {
        string[] rest = [.. tag.Words.Skip(after)];
        if (rest.Length == 0)
        {
            return [];
        }

        string[] names = [.. rest.Skip(1).Select(name => name.Trim('|'))];
        if (rest is ["as", ['|', ..], ..] && rest[^1] is [.., '|'] && names.Length is 1 or 2 && names.All(name => name.Length > 0))
        {
            return names;
        }

        Problem(tag.Position, $"\"{tag.Words[0]}\" takes {(after == 1 ? "no value" : "one value")}, and may give names as in {{{{#each skips as |skip index|}}}}");
        return [];
    }

    private void Close(TemplateTag tag)
    {
        string word = tag.Words[0];
        TemplateScope scope = _scopes.Peek();
        if (!string.Equals(scope.Block, word, StringComparison.Ordinal))
        {
            Problem(tag.Position, scope.Block.Length == 0
                ? $"\"{{{{/{word}}}}}\" closes a block that is not open"
                : $"\"{{{{/{word}}}}}\" closes another block than \"{{{{#{scope.Block}}}}}\" of {TemplateTag.Place(source, scope.Position)}");
        }

        if (scope.Block.Length > 0)
        {
            _scopes.Pop();
        }
    }

    private void Else(TemplateTag tag)
    {
        if (_scopes.Peek().Block.Length == 0)
        {
            Problem(tag.Position, "\"else\" stands outside of any block");
            return;
        }

        TemplateScope scope = _scopes.Pop();
        if (tag.Sign is '^')
        {
            // The engine takes it for a name, and writes the whole view.
            Problem(tag.Position, "\"{{^}}\" is no else; write {{else}}");
        }
        else if (scope.HasElse)
        {
            Problem(tag.Position, $"the block \"{{{{#{scope.Block}}}}}\" of {TemplateTag.Place(source, scope.Position)} has its else already");
        }
        else if (blockHelpers.Contains(scope.Block, StringComparer.Ordinal))
        {
            Problem(tag.Position, $"\"{scope.Block}\" has no else");
        }
        else if (scope.IsInverted)
        {
            Problem(tag.Position, $"a block that begins with \"^\" has no else; write {{{{#{scope.Block}}}}} and turn both parts round");
        }

        // Behind it the block's own context is not there any more.
        _scopes.Push(scope.KeepsPlace || scope.IsInverted
            ? scope with { HasElse = tag.Words.Count < 2 }
            : scope with { Shape = _scopes.Peek().Shape, BlockName = "", IndexName = "", KeepsPlace = !scope.IsLoop, IsLoop = false, IsEmptyLoop = scope.IsLoop, HasElse = tag.Words.Count < 2 });

        if (tag.Words is ["else", "if" or "unless", var name])
        {
            Resolve(name, tag.Position);
        }
        else if (tag.Words.Count > 1)
        {
            Problem(tag.Position, $"\"{string.Join(' ', tag.Words)}\" is no condition; write else, else if or else unless, and one name");
        }
    }

    private void Section(TemplateTag tag)
    {
        string name = tag.Words[0];
        if (!sections.Contains(name, StringComparer.Ordinal))
        {
            Problem(tag.Position, $"there is no section \"{name}\".{NearMisses.Describe(name, sections)} The sections are {string.Join(", ", sections.Order(StringComparer.Ordinal))}");
        }
        else if (tag.Words.Count > 1 || !ReferenceEquals(_scopes.Peek().Shape, root))
        {
            Problem(tag.Position, $"the section \"{name}\" is written for the whole report: use it outside of each and with, and without arguments");
        }

        _used.Add(name);
    }

    private void Expression(TemplateTag tag)
    {
        string word = tag.Words[0];
        bool isHelper = helpers.TryGetValue(word, out int values);
        if (!isHelper && tag.Words.Count > 1)
        {
            Problem(tag.Position, $"there is no helper \"{word}\".{NearMisses.Describe(word, helpers.Keys)} The helpers are {string.Join(", ", helpers.Keys.Order(StringComparer.Ordinal))}");
            return;
        }

        if (isHelper && tag.Words.Count - 1 != values)
        {
            Problem(tag.Position, $"\"{word}\" {(values == 0 ? "takes no value" : tag.Words.Count == 1 ? "needs a value" : "takes one value")}");
        }

        if (!isHelper && TemplateTag.IsLiteral(word))
        {
            Problem(tag.Position, $"\"{word}\" is a value of its own and writes nothing; write it without the tag");
        }

        foreach (string name in isHelper ? tag.Words.Skip(1) : tag.Words)
        {
            switch (Resolve(name, tag.Position))
            {
                case TemplateShape.List:
                    Problem(tag.Position, $"\"{name}\" is a list; loop over it with each");
                    break;
                case TemplateShape.Named named:
                    Problem(tag.Position, $"\"{name}\" has names in it, and is nothing to write by itself; write one of {Names(named.Values.Keys)}");
                    break;
            }
        }
    }

    private TemplateShape Resolve(string path, int position)
    {
        if (TemplateTag.IsLiteral(path))
        {
            return new TemplateShape.Leaf();
        }

        // Behind a slash the engine looks the name up in the whole view.
        string steps = path;
        while (steps.StartsWith("../", StringComparison.Ordinal) || steps.StartsWith("./", StringComparison.Ordinal))
        {
            steps = steps[(steps.IndexOf('/', StringComparison.Ordinal) + 1)..];
        }

        if (steps.Contains('/', StringComparison.Ordinal))
        {
            Problem(position, $"\"{path}\" joins names by \"/\"; write \"{path[..^steps.Length]}{steps.Replace('/', '.')}\"");
            return new TemplateShape.Open();
        }

        if (path[0] is '@')
        {
            return ResolveData(path, position);
        }

        // Blocks that do not change the context are not counted by "../".
        List<TemplateScope> scopes = [.. _scopes.Where(scope => !scope.KeepsPlace)];
        string rest = path;
        int up = 0;
        while (rest.StartsWith("../", StringComparison.Ordinal) || rest is "..")
        {
            rest = rest[Math.Min(3, rest.Length)..];
            up++;
        }

        if (up >= scopes.Count)
        {
            Problem(position, $"\"{path}\" goes further out than the template");
            return new TemplateShape.Open();
        }

        if (scopes.Take(up).Any(scope => scope.IsEmptyLoop))
        {
            // The engine counts an empty list as a step, and a value that is not there as none.
            Problem(position, $"\"{path}\" goes out of the part for an empty list; write @root and the whole path");
            return new TemplateShape.Open();
        }

        if (up == 0 && _scopes.Any(scope => scope.IndexName.Length > 0 && string.Equals(scope.IndexName, rest, StringComparison.Ordinal)))
        {
            return new TemplateShape.Leaf();
        }

        if (up == 0 && _scopes.Any(scope => scope.BlockName.Length > 0 && string.Equals(scope.BlockName, rest.Split('.')[0], StringComparison.Ordinal)))
        {
            TemplateScope named = _scopes.First(scope => scope.BlockName.Length > 0 && string.Equals(scope.BlockName, rest.Split('.')[0], StringComparison.Ordinal));
            return Walk(named.Shape, rest[named.BlockName.Length..].TrimStart('.'), path, position);
        }

        return Walk(scopes[up].Shape, rest is "this" or "." ? "" : rest.StartsWith("this.", StringComparison.Ordinal) ? rest["this.".Length..] : rest.StartsWith("./", StringComparison.Ordinal) ? rest[2..] : rest, path, position);
    }

    /// <summary>What the engine itself knows.</summary>
    private TemplateShape ResolveData(string path, int position)
    {
        if (path is "@root" || path.StartsWith("@root.", StringComparison.Ordinal))
        {
            return Walk(root, path["@root".Length..].TrimStart('.'), path, position);
        }

        if (path is not ("@index" or "@key" or "@first" or "@last"))
        {
            return Unknown(path, path, ["@index", "@key", "@first", "@last", "@root"], position);
        }

        if (!_scopes.Any(scope => scope.IsLoop))
        {
            Problem(position, $"\"{path}\" stands outside of a loop");
        }

        return new TemplateShape.Leaf();
    }

    private TemplateShape Walk(TemplateShape shape, string rest, string path, int position)
    {
        foreach (string segment in rest.Split('.').Where(segment => segment.Length > 0))
        {
            switch (shape)
            {
                case TemplateShape.Named named when named.Values.TryGetValue(segment, out TemplateShape? value):
                    shape = value;
                    break;
                case TemplateShape.Named named:
                    return Unknown(segment, path, named.Values.Keys, position);
                case TemplateShape.List:
                    Problem(position, $"there is no \"{segment}\" of \"{path}\". It is a list; loop over it with each");
                    return new TemplateShape.Open();
                case TemplateShape.Leaf:
                    return Unknown(segment, path, [], position);
            }
        }

        return shape;
    }

    private TemplateShape.Open Unknown(string segment, string path, IEnumerable<string> known, int position)
    {
        string[] names = [.. known];
        string choices = names.Length == 0 ? " It is a value, and has no names in it" : $"{NearMisses.Describe(segment, names)} The names are {Names(names)}";
        Problem(position, $"there is no \"{segment}\"{(string.Equals(segment, path, StringComparison.Ordinal) ? "" : $" of \"{path}\"")}.{choices}");
        return new TemplateShape.Open();
    }

    private static string Names(IEnumerable<string> names) => string.Join(", ", names.Order(StringComparer.Ordinal));

    private void Problem(int position, string what) => _problems.Add($"{TemplateTag.Place(source, position)}: {what}");
}
