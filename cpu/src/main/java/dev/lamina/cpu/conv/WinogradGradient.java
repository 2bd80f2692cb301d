package dev.lamina.cpu.conv;

import dev.lamina.core.backend.Task;
import dev.lamina.cpu.code.Caches;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.conv.WinogradCode.Kind;
import dev.lamina.cpu.gemm.Call;
import dev.lamina.cpu.gemm.Lanes;
import dev.lamina.cpu.gemm.Step;
import dev.lamina.cpu.gemm.TileProduct;

/**
 * The gradient of a kernel by {@link Winograd}'s minimal filtering. Bands of x and y are transformed to planes (36, tiles, channels), whose products are added up
 * in planes (36, C, columns); these become taps at the end. For that, channels of x come in chunks and those of y in panels.
 */
final class WinogradGradient implements GradientBands {
    static final Filter FILTER = Filter.LARGE;
    private static final int MOST_CHANNELS = 64;
    private static final int MOST_COLUMNS = 128;
    private static final int FEWEST_TILES = 28;

    private final int channels;
    private final int columns;
    private final int chunk;
    private final int panel;
    private final Axis height;
    private final Axis width;
    private final Lanes lanes;
    private final Isa isa;
    private final Tiling tiling;
    private final long sourceRow;
    private final long aboveRow;
    private final long sourcePlane;
    private final long abovePlane;
    private final long sumPlane;
    private final Table zeros;

    /** One item for each channel of x. */
    private final Table[] taps = new Table[2];

    private final Table[] sources;
    private final Table[] aboves;

    /** By: 1 last chunk or panel. */
    private final Step[] toSource = new Step[2];

    private final Step[] toAbove = new Step[2];

    /** By: 1 last panel, 2 last chunk. */
    private final Step[] toTaps = new Step[4];

    /** For each kind of band, by: 1 last panel, 2 last chunk, 4 goes on from before. */
    private final Step[][] products;

    WinogradGradient(Task.Convolution task, Isa isa, int parts) {
        this.isa = isa;
        lanes = new Lanes(isa.vectorBits(), Float.BYTES);
        int[] x = task.x().dims();
        int[] y = task.y().dims();
        channels = x[3];
        columns = y[3];
        chunk = even(channels, MOST_CHANNELS);
        panel = even(columns, MOST_COLUMNS);
        height = Axis.forward(task.geometry(), 0, x[1], y[1]);
        width = Axis.forward(task.geometry(), 1, x[2], y[2]);
        sourceRow = Winograd.row(chunk);
        aboveRow = Winograd.row(panel);
        long tile = FILTER.planes() * (sourceRow + aboveRow);
        long most = Math.max(FEWEST_TILES * tile, Caches.machine().l2() / 4);
        tiling = new Tiling(FILTER, x[0], height, width, tile, most, parts);
        sourcePlane = Winograd.plane(tiling.tiles(0), sourceRow);
        abovePlane = Winograd.plane(tiling.tiles(0), aboveRow);
        sumPlane = Winograd.plane(chunk, aboveRow);
        zeros = new Table(new long[Math.ceilDiv(FILTER.inputs() * Math.max(channels, columns), 2)]);
        sources = new Table[tiling.kinds()];
        aboves = new Table[tiling.kinds()];
        products = new Step[tiling.kinds()][8];
        prepare();
    }

    /** The size of equal parts of at most so many, whole vectors each. */
    private int even(int size, int most) {
        int parts = Math.ceilDiv(size, most);
        return Math.min(size, Math.ceilDiv(Math.ceilDiv(size, parts), lanes.count()) * lanes.count());
    }

    private void prepare() {
        for (int kind = 0; kind < tiling.kinds(); kind++) {
            sources[kind] = tiling.sources(kind, pixel(channels), sourceRow);
            aboves[kind] = tiling.outputs(kind, pixel(columns), aboveRow, false);
            int tiles = tiling.tiles(tiling.example(kind));
            for (int i = 0; i < 8; i++) {
                int wide = Math.ceilDiv(panelOf(i & 1), lanes.count()) * lanes.count();
                products[kind][i] = TileProduct.of(
                        lanes,
                        chunkOf(i >> 1 & 1),
                        wide,
                        tiles,
                        Float.BYTES,
                        sourceRow,
                        aboveRow,
                        (long) TileProduct.vectors() * lanes.bytes(),
                        aboveRow,
                        i >= 4);
            }
        }
        for (int last = 0; last < 2; last++) {
            toSource[last] = image(Kind.SOURCE, chunkOf(last), width.inputs(), channels, sourcePlane);
            toAbove[last] = image(Kind.ABOVE, panelOf(last), width.outputs(), columns, abovePlane);
            taps[last] = rows(chunkOf(last));
        }
        for (int i = 0; i < 4; i++) {
            toTaps[i] = Winograd.transform(Kind.GRADIENT, FILTER, isa, panelOf(i & 1))
                    .put(WinogradCode.FROM_PLANE, sumPlane)
                    .put(WinogradCode.TO_PLANE, channels * pixel(columns));
        }
    }

    private Call image(Kind kind, int some, int extent, int all, long plane) {
        return Winograd.transform(kind, FILTER, isa, some)
                .put(WinogradCode.ROW, extent * pixel(all))
                .put(WinogradCode.PIXEL, pixel(all))
                .put(WinogradCode.ZEROS, zeros.begin())
                .put(WinogradCode.TO_PLANE, plane);
    }

    private static long pixel(int channels) {
        return (long) channels * Float.BYTES;
    }

    private Table rows(int count) {
        long[] items = new long[1 + count * WinogradCode.ITEM / Long.BYTES];
        items[0] = count;
        for (int i = 0; i < count; i++) {
            items[1 + i * WinogradCode.ITEM / Long.BYTES] = i * aboveRow;
            items[2 + i * WinogradCode.ITEM / Long.BYTES] = i * pixel(columns);
        }
        return new Table(items);
    }

    private int chunks() {
        return Math.ceilDiv(channels, chunk);
    }

    /** Channels of a chunk, or of the last one. */
    private int chunkOf(int last) {
        return last == 0 ? chunk : channels - (chunks() - 1) * chunk;
    }

    private int panelOf(int last) {
        return last == 0 ? panel : columns - (panels() - 1) * panel;
    }

    @Override
    public int bands() {
        return tiling.bands();
    }

    @Override
    public int bandsIn(int images) {
        return -1;
    }

    @Override
    public int panels() {
        return Math.ceilDiv(columns, panel);
    }

    @Override
    public long workspace() {
        return FILTER.planes() * (sourcePlane + abovePlane + sumPlane);
    }

    @Override
    public void run(
            int begin,
            int firstBand,
            int lastBand,
            int firstPanel,
            int lastPanel,
            long x,
            long y,
            long c,
            long scratch) {
        long above = scratch + FILTER.planes() * sourcePlane;
        long sums = above + FILTER.planes() * abovePlane;
        for (int part = firstPanel; part < lastPanel; part++) {
            int lastPart = part == panels() - 1 ? 1 : 0;
            long column = pixel(part * panel);
            for (int group = 0; group < chunks(); group++) {
                int lastGroup = group == chunks() - 1 ? 1 : 0;
                long channel = pixel(group * chunk);
                for (int band = firstBand; band < lastBand; band++) {
                    int kind = tiling.kind(band);
                    long source = (long) tiling.image(band) * height.inputs() * width.inputs() * pixel(channels);
                    toSource[lastGroup].run(x + source + channel, sources[kind].begin(), scratch, 0);
                    long target = (long) tiling.image(band) * height.outputs() * width.outputs() * pixel(columns);
                    toAbove[lastPart].run(y + target + column, aboves[kind].begin(), above, 0);
                    multiply(
                            products[kind][lastPart + 2 * lastGroup + (band > firstBand ? 4 : 0)],
                            scratch,
                            above,
                            sums);
                }
                long to = c + (long) group * chunk * pixel(columns) + column;
                toTaps[lastPart + 2 * lastGroup].run(sums, taps[lastGroup].begin(), to, 0);
            }
        }
    }

    private void multiply(Step product, long source, long above, long sums) {
        for (int plane = 0; plane < FILTER.planes(); plane++) {
            product.run(source + plane * sourcePlane, above + plane * abovePlane, sums + plane * sumPlane, 0);
        }
    }
}
