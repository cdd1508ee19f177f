using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace Figment.Typestate.Analyzers;

/// <summary>What the attributes of Figment.Typestate say about the symbols of one compilation. Safe for any thread.</summary>
internal sealed class Contracts
{
    private const string Namespace = "Figment.Typestate.";

    /// <summary>
    /// Members that end without an exception, a fault of the programmer aside. Named by metadata name; whole types only, so nothing stands here that allocates without bound or does input or output.
    /// </summary>
    private static readonly string[] InfallibleByNature =
    [
        "System.Span`1", "System.ReadOnlySpan`1", "System.MemoryExtensions", "System.Math", "System.MathF", "System.BitConverter", "System.Nullable`1", "System.TimeSpan",
        "System.Numerics.BitOperations", "System.Numerics.Vector", "System.Buffers.Binary.BinaryPrimitives", "System.Runtime.InteropServices.MemoryMarshal",
        "System.Runtime.CompilerServices.Unsafe", "System.Threading.Interlocked", "System.Threading.Volatile", "System.Diagnostics.Debug", "System.Environment",
        "System.Byte", "System.SByte", "System.Int16", "System.UInt16", "System.Int32", "System.UInt32", "System.Int64", "System.UInt64", "System.IntPtr", "System.UIntPtr",
        "System.Char", "System.Boolean", "System.Single", "System.Double", "System.String", "System.Array", "System.Object", "System.ValueType",
    ];

    private readonly INamedTypeSymbol _linear;
    private readonly INamedTypeSymbol? _borrow;
    private readonly INamedTypeSymbol? _trusted;
    private readonly INamedTypeSymbol? _infallible;
    private readonly INamedTypeSymbol? _sameBrand;
    private readonly INamedTypeSymbol? _doesNotReturn;
    private readonly HashSet<ISymbol> _assumedInfallible = new(SymbolEqualityComparer.Default);
    private readonly ConcurrentDictionary<ITypeSymbol, bool> _isLinear = new(SymbolEqualityComparer.Default);
    private readonly ConcurrentDictionary<ITypeSymbol, ITypeSymbol?> _hidden = new(SymbolEqualityComparer.Default);

    private Contracts(Compilation compilation, INamedTypeSymbol linear)
    {
        _linear = linear;
        _borrow = compilation.GetTypeByMetadataName(Namespace + "BorrowAttribute");
        _trusted = compilation.GetTypeByMetadataName(Namespace + "TrustedAttribute");
        _infallible = compilation.GetTypeByMetadataName(Namespace + "InfallibleAttribute");
        _sameBrand = compilation.GetTypeByMetadataName(Namespace + "SameBrandAttribute");
        _doesNotReturn = compilation.GetTypeByMetadataName("System.Diagnostics.CodeAnalysis.DoesNotReturnAttribute");
        _assumedInfallible.UnionWith(InfallibleByNature.Select(compilation.GetTypeByMetadataName).OfType<ISymbol>());
        var assume = compilation.GetTypeByMetadataName(Namespace + "AssumeInfallibleAttribute");
        _assumedInfallible.UnionWith(
            from attribute in compilation.Assembly.GetAttributes()
            where SymbolEqualityComparer.Default.Equals(attribute.AttributeClass, assume) && attribute.ConstructorArguments.Length == 1
            let type = attribute.ConstructorArguments[0].Value as INamedTypeSymbol
            where type is not null
            select type.OriginalDefinition);
    }

    /// <summary>Null where the compilation does not know Figment.Typestate: then there is nothing to check.</summary>
    public static Contracts? Of(Compilation compilation) =>
        compilation.GetTypeByMetadataName(Namespace + "LinearAttribute") is { } linear ? new Contracts(compilation, linear) : null;

    /// <summary>Marked so itself, a type parameter marked so, or a tuple with such a part.</summary>
    public bool IsLinear(ITypeSymbol? type) => type switch
    {
        null => false,
        INamedTypeSymbol or ITypeParameterSymbol => _isLinear.GetOrAdd(type, FindLinear),
        _ => false,
    };

    /// <summary>The linear type that a type hides from the check: an element, a type argument for a parameter that is not marked, what a pointer points to. Null if there is none.</summary>
    public ITypeSymbol? Hidden(ITypeSymbol? type) => type is null ? null : _hidden.GetOrAdd(type, FindHidden);

    /// <summary>The same for the type arguments of a method.</summary>
    public ITypeSymbol? Hidden(IMethodSymbol method) => Hidden(method.TypeParameters, method.TypeArguments);

    public bool IsBorrowed(IParameterSymbol parameter) =>
        parameter.RefKind is RefKind.In or RefKind.RefReadOnlyParameter || Has(parameter, _borrow);

    /// <summary>Properties, indexers and what is marked leave the value that they are called on to its owner.</summary>
    public bool BorrowsReceiver(IMethodSymbol method) =>
        method.MethodKind is MethodKind.PropertyGet or MethodKind.PropertySet || Has(method, _borrow);

    public bool IsTrusted(ISymbol? symbol)
    {
        for (; symbol is IMethodSymbol or INamedTypeSymbol or IPropertySymbol or IFieldSymbol or IEventSymbol; symbol = symbol.ContainingSymbol)
        {
            if (Has(symbol, _trusted) || symbol is INamedTypeSymbol type && IsLinear(type))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a member promises to end without an exception: marked itself, by its property or by a type around it, or known to.</summary>
    public bool IsInfallible(ISymbol member)
    {
        var definition = member.OriginalDefinition;
        return Promises(definition)
            || definition.ContainingType is { } type && _assumedInfallible.Contains(type.OriginalDefinition)
            || IsField(definition)
            || definition is IMethodSymbol { MethodKind: MethodKind.Constructor } constructor && (constructor.IsImplicitlyDeclared && constructor.Parameters.IsEmpty || IsException(constructor.ContainingType));
    }

    /// <summary>A loop over it calls nothing that may throw: the compiler counts through an array, and enumerates a span or a string by what is known not to.</summary>
    public bool IsEnumeratedInfallibly(ITypeSymbol? type) =>
        type is IArrayTypeSymbol || type is INamedTypeSymbol named && _assumedInfallible.Contains(named.OriginalDefinition);

    /// <summary>Whether it is marked so, which is to be checked.</summary>
    public bool Promises(ISymbol? member)
    {
        for (var symbol = member; symbol is not null and not INamespaceSymbol; symbol = (symbol as IMethodSymbol)?.AssociatedSymbol ?? symbol.ContainingSymbol)
        {
            if (Has(symbol, _infallible))
            {
                return true;
            }
        }

        return false;
    }

    public bool NeverReturns(IMethodSymbol method) => Has(method.OriginalDefinition, _doesNotReturn);

    /// <summary>The parameters whose brand a parameter carries or demands. Empty where nothing is said.</summary>
    public ImmutableArray<string> Brands(IParameterSymbol parameter) => Brands(parameter.OriginalDefinition.GetAttributes());

    /// <summary>The parameters whose brands the parts of a result carry.</summary>
    public ImmutableArray<string> ResultBrands(IMethodSymbol method) => Brands(method.OriginalDefinition.GetReturnTypeAttributes());

    /// <summary>In what a method promises less, or takes more, than the one that it stands in for. Null if in nothing.</summary>
    public string? Difference(IMethodSymbol promised, IMethodSymbol method)
    {
        if (IsLinear(method.ContainingType) && BorrowsReceiver(promised) != BorrowsReceiver(method))
        {
            return "who owns what it is called on afterwards";
        }

        for (int index = 0; index < Math.Min(promised.Parameters.Length, method.Parameters.Length); index++)
        {
            var (expected, actual) = (promised.Parameters[index], method.Parameters[index]);
            if (IsLinear(expected.Type) && IsBorrowed(expected) != IsBorrowed(actual))
            {
                return $"who owns '{actual.Name}' afterwards";
            }

            if (IsLinear(expected.Type) && expected.RefKind != RefKind.Out && Brands(actual).Length > Brands(expected).Length)
            {
                return $"what it demands of '{actual.Name}'";
            }
        }

        if (Promises(promised) && !IsInfallible(method))
        {
            return "that it may throw: mark it [Infallible]";
        }

        return ResultBrands(promised).Length > ResultBrands(method).Length ? "the brand of its result" : null;
    }

    private ImmutableArray<string> Brands(ImmutableArray<AttributeData> attributes)
    {
        foreach (var attribute in attributes)
        {
            if (SymbolEqualityComparer.Default.Equals(attribute.AttributeClass, _sameBrand) && attribute.ConstructorArguments.Length == 1 && attribute.ConstructorArguments[0] is { Kind: TypedConstantKind.Array, IsNull: false } names)
            {
                return [.. names.Values.Select(name => name.Value as string ?? "")];
            }
        }

        return [];
    }

    private bool FindLinear(ITypeSymbol type) =>
        type is INamedTypeSymbol { IsTupleType: true } tuple
            ? tuple.TupleElements.Any(element => IsLinear(element.Type))
            : Has(type.OriginalDefinition, _linear);

    private ITypeSymbol? FindHidden(ITypeSymbol type) => type switch
    {
        IArrayTypeSymbol array => IsLinear(array.ElementType) ? array.ElementType : Hidden(array.ElementType),
        IPointerTypeSymbol pointer => IsLinear(pointer.PointedAtType) ? pointer.PointedAtType : Hidden(pointer.PointedAtType),
        INamedTypeSymbol { IsTupleType: true } tuple => tuple.TupleElements.Select(element => Hidden(element.Type)).FirstOrDefault(hidden => hidden is not null),
        INamedTypeSymbol { IsGenericType: true, IsUnboundGenericType: false } named => Hidden(named.TypeParameters, named.TypeArguments) ?? Hidden(named.ContainingType),
        _ => null,
    };

    private ITypeSymbol? Hidden(ImmutableArray<ITypeParameterSymbol> parameters, ImmutableArray<ITypeSymbol> arguments)
    {
        for (int index = 0; index < arguments.Length; index++)
        {
            if (IsLinear(arguments[index]) && !IsLinear(parameters[index].OriginalDefinition))
            {
                return arguments[index];
            }

            if (Hidden(arguments[index]) is { } hidden)
            {
                return hidden;
            }
        }

        return null;
    }

    /// <summary>Making an exception is part of throwing it.</summary>
    private static bool IsException(ITypeSymbol? type)
    {
        while (type is { Name: not "Exception" } or { ContainingNamespace.Name: not "System" })
        {
            type = type.BaseType;
        }

        return type is not null;
    }

    /// <summary>An accessor that the compiler wrote.</summary>
    private static bool IsField(ISymbol member) =>
        member is IMethodSymbol { AssociatedSymbol: IPropertySymbol property }
        && property.ContainingType.GetMembers().OfType<IFieldSymbol>().Any(field => SymbolEqualityComparer.Default.Equals(field.AssociatedSymbol, property))
        && member.DeclaringSyntaxReferences.All(reference => reference.GetSyntax() is Microsoft.CodeAnalysis.CSharp.Syntax.AccessorDeclarationSyntax { Body: null, ExpressionBody: null });

    private static bool Has(ISymbol symbol, INamedTypeSymbol? attribute) =>
        attribute is not null && symbol.GetAttributes().Any(data => SymbolEqualityComparer.Default.Equals(data.AttributeClass, attribute));
}
