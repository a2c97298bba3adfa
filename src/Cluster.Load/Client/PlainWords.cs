using System.Text;

namespace Cluster.Load.Client;

/// <summary>
/// Words for text prompts, each with its leading space: one token in cl100k, o200k and their descendants, so that n
/// words are n tokens. Picked by token id: shared ids give shared text.
/// </summary>
internal static class PlainWords
{
    private static readonly byte[][] s_words = [.. """
        the a each every this that one another our their small large new old fast slow early late simple complex single
        common local remote central open closed full empty quiet busy shared direct stable strong weak deep wide narrow
        long short first last next final main clear hidden system model request response queue cache memory page client
        server network link path step batch layer matrix number value result reason question answer idea plan design
        method process signal message stream window table index key map tree graph node edge group team person reader
        writer teacher student city river mountain road house garden forest island ocean market school library story
        letter book paper picture song voice language word sentence theory example experiment measure limit budget cost
        price rate speed time moment day night season year century history future machine engine tool device station
        """.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(w => Encoding.ASCII.GetBytes(" " + w))];

    public static IReadOnlyList<byte[]> All => s_words;

    public static ReadOnlySpan<byte> Of(int token) => s_words[token % s_words.Length];
}
