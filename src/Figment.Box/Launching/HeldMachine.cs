namespace Figment.Box.Launching;

/// <summary>A machine that arrived and waits for the word to run. Any thread.</summary>
/// <param name="tell">Says that it waits.</param>
/// <param name="goes">Says that it runs.</param>
internal sealed class HeldMachine(Action tell, Action goes)
{
    private readonly TaskCompletionSource<bool> _word = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether it runs.</summary>
    public bool Await()
    {
        tell();
        return _word.Task.GetAwaiter().GetResult();
    }

    /// <summary>It is not brought back from storage again.</summary>
    public void Go() => goes();

    public void Release(bool runs) => _word.TrySetResult(runs);

    /// <summary>Nobody is there any more who could say the word. Of a machine that runs this changes nothing.</summary>
    public void Drop() => _word.TrySetResult(false);
}
