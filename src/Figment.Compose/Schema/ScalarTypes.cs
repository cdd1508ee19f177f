namespace Figment.Compose.Schema;

[Flags]
internal enum ScalarTypes
{
    None = 0,
    String = 1,
    Number = 2,
    Boolean = 4,
    Null = 8,
    Any = String | Number | Boolean | Null,
}
