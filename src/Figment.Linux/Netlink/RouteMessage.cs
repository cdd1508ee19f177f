namespace Figment.Linux.Netlink;

/// <summary>RTM_* (rtnetlink(7)).</summary>
public enum RouteMessage : ushort
{
    NewLink = 16,
    DeleteLink = 17,
    GetLink = 18,
    SetLink = 19,
    NewAddress = 20,
    DeleteAddress = 21,
    GetAddress = 22,
    NewRoute = 24,
    DeleteRoute = 25,
    GetRoute = 26,
    NewNeighbor = 28,
    DeleteNeighbor = 29,
    GetNeighbor = 30,
    NewQueueDiscipline = 36,
    DeleteQueueDiscipline = 37,
    GetQueueDiscipline = 38,
}
