using System.Runtime.InteropServices;

namespace Cluster.Compute.Kernels;

/// <summary>Zeroed native memory on a page boundary, outside the garbage collector's reach. Freed by <see cref="Dispose"/>.</summary>
public sealed unsafe class AlignedBuffer : IDisposable
{
    /// <summary>A page: wide enough for every vector width, and what transparent huge pages start from.</summary>
    private const nuint Alignment = 4096;

    private void* _pointer;

    /// <param name="byteLength">Bytes to reserve; at least 1.</param>
    /// <exception cref="OutOfMemoryException">The host does not have them.</exception>
    public AlignedBuffer(long byteLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(byteLength);
        ByteLength = byteLength;
        _pointer = NativeMemory.AlignedAlloc((nuint)byteLength, Alignment);
        NativeMemory.Clear(_pointer, (nuint)byteLength);
        GC.AddMemoryPressure(byteLength);
    }

    ~AlignedBuffer() => Free();

    public long ByteLength { get; }

    /// <exception cref="ObjectDisposedException">The buffer has been freed.</exception>
    public void* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pointer is null, this);
            return _pointer;
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_pointer is null) return;
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
        GC.RemoveMemoryPressure(ByteLength);
    }
}
