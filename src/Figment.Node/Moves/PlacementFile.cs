using System.Text.Json;
using Figment.Api.Contract;
using Figment.Model;
using Figment.Node.Errors;
using Figment.Node.Lifecycle;

namespace Figment.Node.Moves;

/// <summary><c>placement.json</c> in an application's state folder, if it is at several nodes; it goes with the application.</summary>
internal static class PlacementFile
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <exception cref="NodeException">It is damaged.</exception>
    public static Placement? Read(Places places, string application)
    {
        string path = PathOf(places, application);
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), NodeJson.Default.Placement) ?? throw new JsonException("null") : null;
        }
        catch (JsonException exception)
        {
            throw new NodeException(ErrorCode.Failed, $"{path} does not say where the machines of {application} are: {exception.Message}", "figment down takes the application down on this node", exception);
        }
    }

    /// <summary>The applications that have one.</summary>
    public static IReadOnlyList<string> Applications(Places places) =>
        Directory.Exists(places.ApplicationStates) ? [.. Directory.EnumerateDirectories(places.ApplicationStates).Select(folder => Path.GetFileName(folder)).Where(name => File.Exists(PathOf(places, name)))] : [];

    public static void Write(Places places, string application, Placement placement)
    {
        Directory.CreateDirectory(places.ApplicationState(application));
        AtomicFile.Write(PathOf(places, application), JsonSerializer.SerializeToUtf8Bytes(placement, NodeJson.Default.Placement), Mode);
    }

    public static void Remove(Places places, string application) => File.Delete(PathOf(places, application));

    private static string PathOf(Places places, string application) => Path.Combine(places.ApplicationState(application), "placement.json");
}
