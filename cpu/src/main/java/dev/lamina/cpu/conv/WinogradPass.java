package dev.lamina.cpu.conv;

import dev.lamina.core.DType;
import dev.lamina.cpu.code.Caches;
import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.conv.WinogradCode.Kind;
import dev.lamina.cpu.gemm.Call;
import dev.lamina.cpu.gemm.Lanes;
import dev.lamina.cpu.gemm.Library;
import dev.lamina.cpu.gemm.Step;
import dev.lamina.cpu.gemm.TileProduct;
import org.jspecify.annotations.Nullable;

/**
 * A convolution, or the gradient of its input, by {@link Winograd}'s minimal filtering. Panels of weights are transformed to planes (P, C, columns), P pairs
 * of points; bands of the source to planes (P, tiles, C), which stay in the second-level cache; their products are planes (P, tiles, columns) in the
 * scratch, which become tiles of the target.
 *
 * <p>Few weights are transformed once for all tasks. Of many, a task transforms a panel, block by block of channels, on its way from memory to the
 * second-level cache, so what is kept from run to run is the taps alone: a second copy of the kernel, not one of 16/9 or 4 times its size, which took
 * longer to read. Few tiles have code that transforms taps in registers ({@link FewTilesCode}).
 */
final class WinogradPass implements Bands {
    /** Tiles of a band, so that each element of a panel that comes from afar is used often. */
    private static final int MANY_TILES = 42;

    private static final int MOST_TILES = 56;

    /** Channels that one task transforms, if the source is transformed before sums begin. */
    private static final int MOST_CHANNELS = 64;

    /** Bytes of transformed weights that stay in the second-level cache until they are used, beside all that passes through. */
    private static final long BLOCK_BYTES = 256 << 10;

    private final Filter filter;
    private final Pass.Form form;
    private final Axis height;
    private final Axis width;
    private final Tiling tiling;

    /** Bytes of a row of the source's planes. */
    private final long row;

    private final FloatSums sums;
    private final boolean copiesAll;

    /** Whether taps are transformed where they are multiplied. */
    private final boolean isFew;

    private final int panels;
    private final long sourcePlane;
    private final long weightPlane;
    private final long productPlane;

    /** One item: all of a panel. */
    private final Table panel;

    private final Table zeros;
    private final Table[] sources;
    private final Table[] targets;
    /** Channels whose weights are transformed and used at a time, where that is done for one band; else all. */
    private final int block;

    private final int blocks;
    private final int slice;
    private final int slices;

    /** For full slices of channels and the last one. */
    private final Step[] toSource;

    /** For full blocks and the last one. */
    private final Step[] toWeights;

    /** For full panels and the last one. */
    private final Step[] toTarget;

    private final Step[] packs;
    private final @Nullable Step few;

    /** Tiles of the first band, and how many {@link #few} takes. */
    private final int tiles;

    private final int some;

    /** For each kind of band, by: 1 last panel, 2 last block, 4 goes on from before. */
    private final Step[][] products;

    private WinogradPass(
            Filter filter, Pass.Form form, Axis height, Axis width, boolean sharesWeights, int wanted, Isa isa) {
        this.filter = filter;
        this.form = form;
        this.height = height;
        this.width = width;
        isFew = filter == Filter.FEW;
        copiesAll = !sharesWeights;
        int most = isFew ? isa.vectorBits() / Float.SIZE : form.targets();
        sums = new FloatSums(Math.min(form.targets(), most), DType.F32, isa);
        panels = Math.ceilDiv(form.targets(), sums.columns());
        int channels = form.sources();
        row = Winograd.row(isFew ? FewTilesCode.CHANNELS : channels);
        long least = filter.planes() * row * (copiesAll ? MOST_TILES : MANY_TILES);
        long mostBytes = copiesAll ? least : Math.max(least, Caches.machine().l2() / 4);
        tiling = new Tiling(
                filter, form.images(), height, width, filter.planes() * row, mostBytes, copiesAll ? 1 : wanted);
        sourcePlane = Winograd.plane(tiling.tiles(0), row);
        block = copiesAll && !isFew && tiling.bands() == 1 ? block(filter.planes() * sums.packed(channels)) : channels;
        blocks = Math.ceilDiv(channels, block);
        weightPlane = sums.packed(block) + 64;
        productPlane = Winograd.plane(tiling.tiles(0), sums.packed(1));
        zeros = new Table(new long[Math.ceilDiv(filter.inputs() * channels, 2)]);
        panel = new Table(1, 0, 0, 0, 0);
        slice = copiesAll ? Math.min(channels, isFew ? FewTilesCode.CHANNELS : MOST_CHANNELS) : channels;
        slices = Math.ceilDiv(channels, slice);
        toSource = new Step[] {toSource(isa, slice), toSource(isa, channels - (slices - 1) * slice)};
        toWeights = new Step[] {toWeights(isa, block), toWeights(isa, channels - (blocks - 1) * block)};
        sources = new Table[tiling.kinds()];
        targets = new Table[tiling.kinds()];
        products = new Step[tiling.kinds()][8];
        toTarget = new Step[] {toTarget(isa, 0), toTarget(isa, panels - 1)};
        packs = new Step[] {pack(0), pack(panels - 1)};
        tiles = tiling.tiles(0);
        some = Math.ceilDiv(tiles, Math.ceilDiv(tiles, FewTilesCode.MOST_TILES));
        few = isFew ? few(some, tiles) : null;
        prepare(new Lanes(isa.vectorBits(), Float.BYTES));
    }

    /**
     * Prepares a pass. What is smaller, weights or source, is shared by all tasks; what is larger is transformed bit by bit where it is used.
     *
     * @param wanted tasks that are worth while
     */
    static WinogradPass of(Filter filter, Pass.Form form, Axis height, Axis width, int wanted, Isa isa) {
        double tiles = (double) form.images() * filter.tiles(height.outputs()) * filter.tiles(width.outputs());
        boolean sharesWeights = filter != Filter.FEW && form.targets() <= tiles;
        return new WinogradPass(filter, form, height, width, sharesWeights, wanted, isa);
    }

    private int block(long weightBytes) {
        int blocks = Math.clamp(Math.ceilDiv(weightBytes, BLOCK_BYTES), 1, form.sources());
        return Math.ceilDiv(form.sources(), blocks);
    }

    private void prepare(Lanes lanes) {
        for (int kind = 0; kind < tiling.kinds(); kind++) {
            sources[kind] = tiling.sources(kind, (long) form.sources() * Float.BYTES, row);
            targets[kind] = tiling.outputs(kind, targetPixel(), sums.packed(1), true);
            int tiles = tiling.tiles(tiling.example(kind));
            for (int i = 0; i < 8; i++) {
                products[kind][i] = product(lanes, tiles, i);
            }
        }
    }

    boolean sharesWeights() {
        return !copiesAll;
    }

    private long targetPixel() {
        return (long) form.targets() * Float.BYTES;
    }

    private Step product(Lanes lanes, int tiles, int which) {
        int used = columns((which & 1) == 0 ? 0 : panels - 1);
        int columns = Math.ceilDiv(used, lanes.count()) * lanes.count();
        int terms = (which & 2) == 0 ? block : form.sources() - (blocks - 1) * block;
        long k = sums.packed(1);
        return TileProduct.of(lanes, tiles, columns, terms, row, Float.BYTES, k, 0, k, which >= 4);
    }

    private Step few(int some, int tiles) {
        String name = "winograd-few-" + some + "-" + tiles;
        Entry entry = Library.entry(name, name, () -> FewTilesCode.write(some, tiles));
        return new Call(entry, FewTilesCode.BYTES, false).put(FewTilesCode.COUNT, form.sources());
    }

    private Call toWeights(Isa isa, int channels) {
        return Winograd.transform(Kind.KERNEL, filter, isa, channels * sums.columns())
                .put(WinogradCode.FROM_PLANE, sums.packed(form.sources()))
                .put(WinogradCode.TO_PLANE, weightPlane);
    }

    private Call toSource(Isa isa, int channels) {
        long pixel = (long) form.sources() * Float.BYTES;
        return Winograd.transform(Kind.SOURCE, filter, isa, channels)
                .put(WinogradCode.ROW, width.inputs() * pixel)
                .put(WinogradCode.PIXEL, pixel)
                .put(WinogradCode.ZEROS, zeros.begin())
                .put(WinogradCode.TO_PLANE, sourcePlane);
    }

    private Call toTarget(Isa isa, int panel) {
        return Winograd.transform(Kind.TARGET, filter, isa, columns(panel))
                .put(WinogradCode.ROW, width.outputs() * targetPixel())
                .put(WinogradCode.PIXEL, targetPixel())
                .put(WinogradCode.FROM_PLANE, productPlane);
    }

    /** Taps of a channel lie side by side where they are read together. */
    private Step pack(int panel) {
        long term = sums.packed(isFew ? Winograd.TAPS : 1);
        return sums.packTap(columns(panel), form.sources(), form.fromTerm(), form.fromColumn(), term);
    }

    private int columns(int panel) {
        return Math.min(sums.columns(), form.targets() - panel * sums.columns());
    }

    private int last(int panel) {
        return panel == panels - 1 ? 1 : 0;
    }

    @Override
    public int panels() {
        return panels;
    }

    /** Weights that each task uses on its own are kept as taps, which are fewer. */
    @Override
    public long panelBytes() {
        return copiesAll ? tapsBytes() : filter.planes() * weightPlane;
    }

    private long tapsBytes() {
        return sums.packed(Winograd.TAPS * form.sources());
    }

    @Override
    public void pack(int panel, long weights, long to, long scratch) {
        long from = weights + (long) panel * sums.columns() * form.fromColumn();
        long taps = copiesAll ? to : scratch;
        long tap = taps;
        for (int y : height.taps()) {
            for (int x : width.taps()) {
                packs[last(panel)].run(from + ((long) y * form.taps()[2] + x) * form.tap(), 0, tap, 0);
                tap += sums.packed(isFew ? 1 : form.sources());
            }
        }
        if (!copiesAll) {
            toWeights[1].run(taps, this.panel.begin(), to, 0);
        }
    }

    @Override
    public long openBytes() {
        return copiesAll && !isFew && blocks == 1 ? filter.planes() * weightPlane : 0;
    }

    @Override
    public long open(long packed, long to) {
        if (openBytes() == 0) {
            return packed;
        }
        toWeights[1].run(packed, panel.begin(), to, 0);
        return to;
    }

    @Override
    public int chunks() {
        return copiesAll ? tiling.bands() * slices : 0;
    }

    @Override
    public long copyBytes() {
        return copiesAll ? tiling.bands() * bandCopy() : 0;
    }

    private long bandCopy() {
        return filter.planes() * sourcePlane * (isFew ? slices : 1);
    }

    @Override
    public void copy(int chunk, long from, long to, long scratch) {
        int band = chunk / slices;
        transform(band, chunk % slices, from, to + band * bandCopy());
    }

    private void transform(int band, int part, long from, long to) {
        long image = (long) height.inputs() * width.inputs() * form.sources() * Float.BYTES;
        long channel = (long) part * slice * Float.BYTES;
        long at = from + tiling.image(band) * image + channel;
        long place = isFew ? part * filter.planes() * sourcePlane : channel;
        toSource[part == slices - 1 ? 1 : 0].run(at, sources[tiling.kind(band)].begin(), to + place, 0);
    }

    @Override
    public int bands() {
        return tiling.bands();
    }

    @Override
    public long bandBytes() {
        return copiesAll ? 0 : filter.planes() * sourcePlane;
    }

    @Override
    public long band(int band, long from, long copy, long scratch) {
        if (copiesAll) {
            return copy + band * bandCopy();
        }
        transform(band, 0, from, copy);
        return copy;
    }

    @Override
    public void sum(int band, int panel, long at, long weights, long target, long scratch) {
        int kind = tiling.kind(band);
        for (int tile = 0; few != null && tile < tiles; tile += some) {
            // The last ones overlap those before: sums come out the same.
            int first = Math.min(tile, tiles - some);
            few.run(at + first * row, weights, scratch + first * sums.packed(1), 0);
        }
        for (int b = 0; few == null && b < blocks; b++) {
            int end = b == blocks - 1 ? 1 : 0;
            long planes = weights;
            if (blocks > 1) {
                planes = scratch + filter.planes() * productPlane;
                toWeights[end].run(weights + b * sums.packed(block), this.panel.begin(), planes, 0);
            }
            Step product = products[kind][last(panel) + 2 * end + (b > 0 ? 4 : 0)];
            long from = at + (long) b * block * Float.BYTES;
            for (int plane = 0; plane < filter.planes(); plane++) {
                product.run(
                        from + plane * sourcePlane, planes + plane * weightPlane, scratch + plane * productPlane, 0);
            }
        }
        long image = (long) height.outputs() * width.outputs() * targetPixel();
        long to = target + tiling.image(band) * image + (long) panel * sums.columns() * Float.BYTES;
        toTarget[last(panel)].run(scratch, targets[kind].begin(), to, 0);
    }

    @Override
    public long scratchBytes() {
        return Math.max(copiesAll ? 0 : tapsBytes(), filter.planes() * (productPlane + (blocks > 1 ? weightPlane : 0)));
    }

    @Override
    public int firstRow(int band) {
        return tiling.firstRow(band) * width.outputs();
    }

    @Override
    public int rows(int band) {
        return tiling.rows(band) * width.outputs();
    }

    @Override
    public int firstColumn(int panel) {
        return panel * sums.columns();
    }

    @Override
    public int columnsOf(int panel) {
        return columns(panel);
    }
}
