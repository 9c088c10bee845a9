using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace FloworxPurge.Tests.Kit;

/// <summary>
/// The exceptions that a method's own body throws: by a throw expression, or by a ThrowIf of theirs. What it calls is not looked at.
/// </summary>
internal static class ThrownExceptions
{
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    private static readonly Dictionary<short, OpCode> Codes = typeof(OpCodes)
        .GetFields()
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value);

    public static IReadOnlySet<Type> Of(MethodBase method)
    {
        HashSet<Type> thrown = [];
        foreach (MethodBase body in new[] { method, method.GetCustomAttribute<AsyncStateMachineAttribute>()?.StateMachineType.GetMethod("MoveNext", All) }
            .OfType<MethodBase>())
        {
            AddThrown(body, thrown);
        }

        return thrown;
    }

    private static void AddThrown(MethodBase body, HashSet<Type> thrown)
    {
        byte[] il = body.GetMethodBody()?.GetILAsByteArray() ?? [];
        Type? made = null;
        for (int at = 0; at < il.Length;)
        {
            OpCode code = il[at] == 0xFE ? Codes[(short)(0xFE00 | il[at + 1])] : Codes[il[at]];
            at += code.Size;
            MethodBase? called = code.OperandType == OperandType.InlineMethod
                ? body.Module.ResolveMethod(
                    BitConverter.ToInt32(il, at),
                    body.DeclaringType!.IsGenericType ? body.DeclaringType.GetGenericArguments() : null,
                    body.IsGenericMethod ? body.GetGenericArguments() : null)
                : null;
            if (code == OpCodes.Throw && made is not null)
            {
                thrown.Add(made);
            }
            else if (code == OpCodes.Call
                && called!.Name.StartsWith("ThrowIf", StringComparison.Ordinal)
                && called.DeclaringType!.IsAssignableTo(typeof(Exception)))
            {
                thrown.Add(called.DeclaringType);
            }

            made = code == OpCodes.Newobj && called!.DeclaringType!.IsAssignableTo(typeof(Exception)) ? called.DeclaringType : null;
            at += SizeOf(code, il, at);
        }
    }

    private static int SizeOf(OpCode code, byte[] il, int at) => code.OperandType switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(il, at)),
        _ => 4,
    };
}
