using System.Text.Json;
using Figment.Api.Contract;
using Figment.Node.Errors;
using Figment.Node.Identity;
using Figment.Node.Lifecycle;

namespace Figment.Node.Members;

/// <summary>Who belongs to the cluster, as this node has written it down.</summary>
internal sealed class MemberFile(string folder)
{
    private const string FileName = "nodes.json";

    /// <exception cref="NodeException">It is missing or damaged.</exception>
    public MemberList Read()
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), NodeJson.Default.MemberList) ?? throw new JsonException("it is null");
        }
        catch (Exception exception) when (exception is JsonException or IOException)
        {
            throw new NodeException(ErrorCode.Failed, $"{path} cannot be read: {exception.Message}", $"remove {folder}, remove this node from the cluster (figment node rm, on another node) and join again", exception);
        }
    }

    public void Write(MemberList list)
    {
        SecretFiles.MakeFolder(folder);
        AtomicFile.Write(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(list, NodeJson.Default.MemberList), SecretFiles.Secret);
    }
}
