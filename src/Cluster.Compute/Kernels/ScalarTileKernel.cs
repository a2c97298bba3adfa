namespace Cluster.Compute.Kernels;

/// <summary>Plain C#: runs anywhere, and is what the vector kernels are read against.</summary>
public sealed unsafe class ScalarTileKernel : TileKernel
{
    public override string Name => "scalar";

    public override bool IsSupported => true;

    public override int TileRows => 4;

    public override int PanelWidth => 4;

    public override int DepthStep => 1;

    public override void Tile(int rows, void* a, void* b, void* c, nint ldc, int depth, bool accumulate) =>
        Tile(rows, (float*)a, (float*)b, (float*)c, ldc, depth, accumulate);

    private static void Tile(int rows, float* a, float* b, float* c, nint ldc, int depth, bool accumulate)
    {
        for (var row = 0; row < rows; row++)
        {
            float c0 = 0, c1 = 0, c2 = 0, c3 = 0;
            for (nint k = 0; k < depth; k++)
            {
                var x = a[k * rows + row];
                var panel = b + k * 4;
                c0 += x * panel[0];
                c1 += x * panel[1];
                c2 += x * panel[2];
                c3 += x * panel[3];
            }
            var target = c + row * ldc;
            if (accumulate)
            {
                c0 += target[0];
                c1 += target[1];
                c2 += target[2];
                c3 += target[3];
            }
            target[0] = c0;
            target[1] = c1;
            target[2] = c2;
            target[3] = c3;
        }
    }
}
