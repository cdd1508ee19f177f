namespace Figment.Cli.Sessions;

/// <summary>Ctrl-P Ctrl-Q in what is typed, as docker has it. A Ctrl-P that something else follows goes on to the program.</summary>
internal sealed class DetachKeys
{
    private const byte CtrlP = 0x10;
    private const byte CtrlQ = 0x11;

    private bool _pending;

    /// <param name="typed">What came from the terminal.</param>
    /// <param name="detached">The user wants to leave.</param>
    /// <returns>What the program gets.</returns>
    public byte[] Filter(ReadOnlySpan<byte> typed, out bool detached)
    {
        var passed = new List<byte>(typed.Length + 1);
        foreach (byte key in typed)
        {
            if (_pending && key == CtrlQ)
            {
                detached = true;
                return [.. passed];
            }

            if (_pending)
            {
                passed.Add(CtrlP);
            }

            _pending = key == CtrlP;
            if (!_pending)
            {
                passed.Add(key);
            }
        }

        detached = false;
        return [.. passed];
    }
}
