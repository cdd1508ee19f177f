using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Figment.Linux.Errors;

/// <summary>
/// What a call was on, written only if it failed, and after errno was saved: writing it may load an assembly or ask the system, and overwrite errno.
/// The compiler makes it of an interpolated string.
/// </summary>
[InterpolatedStringHandler]
[EditorBrowsable(EditorBrowsableState.Never)]
public ref struct FailureText
{
    private DefaultInterpolatedStringHandler _text;

    public FailureText(int literalLength, int formattedCount)
    {
        Error = (Errno)Marshal.GetLastPInvokeError();
        _text = new DefaultInterpolatedStringHandler(literalLength, formattedCount);
    }

    public FailureText(int literalLength, int formattedCount, nint result, out bool isEnabled)
    {
        isEnabled = result < 0;
        if (isEnabled)
        {
            this = new FailureText(literalLength, formattedCount);
        }
    }

    internal Errno Error { get; }

    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    public void AppendFormatted(string? value) => _text.AppendFormatted(value);

    public void AppendFormatted<T>(T value, string? format = null) => _text.AppendFormatted(value, format);

    internal string Take() => _text.ToStringAndClear();
}
