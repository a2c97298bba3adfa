namespace Cluster.Gateway.Text;

/// <summary>
/// Words for plausible prose. Each is one token with a leading space in cl100k, o200k and their descendants, so that a
/// text of n words and marks is n tokens whoever counts.
/// </summary>
internal static class Lexicon
{
    public static readonly string[] Determiners = ["the", "a", "each", "every", "this", "that", "one", "another", "our", "their"];

    public static readonly string[] Adjectives = Words("""
        small large new old fast slow early late simple complex single common local remote central open closed full empty
        quiet busy shared direct stable strong weak deep wide narrow long short first last next final main clear hidden
        useful careful modern typical average free heavy light warm cold dark bright recent natural human public private
        """);

    public static readonly string[] Nouns = Words("""
        system model request response queue cache memory token block page server client network link path step batch layer
        kernel matrix number value result reason question answer idea plan design method process signal message stream
        window table index key map tree graph node edge group team person reader writer teacher student city river
        mountain road house garden forest island ocean market school library story letter book paper picture song voice
        language word sentence theory example experiment measure limit budget cost price rate speed time moment day night
        season year century history future machine engine tool device sensor clock wheel bridge station train ship plane
        """);

    public static readonly string[] Verbs = Words("""
        keeps moves holds sends finds makes takes gives shows uses needs helps starts stops follows leads changes builds
        reads writes shares joins leaves meets reaches fills clears checks counts measures limits supports requires
        describes explains suggests improves reduces increases controls creates becomes includes allows avoids covers
        """);

    public static readonly string[] Prepositions = Words(
        "in on at with from for by after before under over near within without across behind between through during beyond");

    public static readonly string[] Conjunctions = Words("and but because while when so although unless since until");

    private static string[] Words(string text) =>
        text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
