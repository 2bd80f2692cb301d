package dev.lamina.cpu.conv;

import dev.lamina.core.backend.Task;
import dev.lamina.cpu.code.Caches;
import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.gemm.Call;
import dev.lamina.cpu.gemm.Lanes;
import dev.lamina.cpu.gemm.Library;
import dev.lamina.cpu.gemm.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * The sums of a kernel's gradient in f32: rows are taps and channels of x, which lie side by side in memory, k are pixels, columns are channels of y.
 * For each band x is copied if windows go beyond it, and panels of y are packed, so that its rows do not compete in the cache.
 */
final class FloatGradient implements GradientBands {
    private final int groups;
    private final int channels;
    private final int columns;
    private final int panels;
    private final Axis depth;
    private final Axis height;
    private final Axis width;
    private final Source source;
    private final FloatSums sums;
    private final Lanes lanes;
    private final Strips strips;
    private final long plane;
    private final long yRow;

    /** Segments and tiles are read by the code. */
    private final List<Table> tables = new ArrayList<>();

    /** By: 1 last panel, 2 smaller band. */
    private final Step[] packs = new Step[4];

    /** By: 1 last panel, 2 smaller band, 4 goes on from before; full groups of rows, and the last one of each line. */
    private final Step[][] adds = new Step[8][];

    FloatGradient(Task.Convolution task, Isa isa, int parts) {
        groups = task.groups();
        int[] x = task.x().dims();
        int[] y = task.y().dims();
        channels = x[x.length - 1] / groups;
        columns = y[y.length - 1] / groups;
        yRow = (long) y[y.length - 1] * Float.BYTES;
        Axis[] axes = Axis.forward(task);
        depth = axes[0];
        height = axes[1];
        width = axes[2];
        sums = new FloatSums(columns, task.rounded(), isa);
        lanes = new Lanes(isa.vectorBits(), Float.BYTES);
        source = Source.of(depth, height, width, x[x.length - 1], sums);
        panels = Math.ceilDiv(columns, sums.columns());
        long planeBytes = source.row() * depth.taps().length * height.span(height.outputs());
        strips = Strips.of(
                x[0] * depth.outputs(),
                height.outputs(),
                planeBytes,
                Caches.machine().l2() / 4,
                parts,
                depth.outputs() == 1);
        plane = source.row() * (source.copies() ? height.span(strips.rowsPerBand()) : height.inputs());
        prepare();
    }

    private boolean merges() {
        return width.taps().length == 1 || (width.dilation() == 1 && groups == 1);
    }

    private int pixels(int band) {
        return strips.planes(band) * strips.rows(band) * width.outputs();
    }

    private void prepare() {
        int line = channels * (merges() ? width.taps().length : 1);
        int vectors = Math.ceilDiv(Math.min(columns, sums.columns()), lanes.count());
        int rows = Math.ceilDiv(line, Math.ceilDiv(line, WindowCode.mostRows(lanes, vectors)));
        Groups full = tiles(0, line / rows, rows, vectors);
        Groups last = tiles(line / rows, line % rows == 0 ? 0 : 1, rows, vectors);
        for (int i = 0; i < 8; i++) {
            int band = (i & 2) == 0 ? 0 : strips.smaller();
            int panel = columns((i & 1) == 0 ? 0 : panels - 1);
            if (i < 4) {
                packs[i] = sums.pack(panel, pixels(band), yRow, Float.BYTES);
            }
            Table segments = segments(band);
            Step most = step(full, rows, panel, segments, i >= 4);
            adds[i] = last.places().isEmpty()
                    ? new Step[] {most}
                    : new Step[] {most, step(last, line % rows, panel, segments, i >= 4)};
        }
    }

    private int columns(int panel) {
        return Math.min(sums.columns(), columns - panel * sums.columns());
    }

    private Table segments(int band) {
        int rows = strips.rows(band);
        int count = strips.planes(band) * rows;
        long[] places = new long[2 * count];
        for (int i = 0; i < count; i++) {
            places[2 * i] = i / rows * planePitch() + (long) (i % rows) * height.stride() * source.row();
            places[2 * i + 1] = sums.packed(i * width.outputs());
        }
        Table table = new Table(places);
        tables.add(table);
        return table;
    }

    /** From one plane of a band to the next. */
    private long planePitch() {
        return plane * (source.copies() ? depth.taps().length : depth.inputs());
    }

    /** Some groups of rows of each line; they must not overlap, as sums go on, so only the very last one may be there twice. */
    private Groups tiles(int first, int count, int rows, int vectors) {
        int across = merges() ? 1 : width.taps().length;
        int lines = depth.taps().length * height.taps().length * across;
        int all = lines * count;
        int inTile = Math.clamp(all, 1, WindowCode.mostGroups(lanes, vectors, rows, true));
        int tiles = Math.ceilDiv(all, inTile);
        long[] places = new long[2 * tiles * inTile];
        for (int i = 0; i < tiles * inTile; i++) {
            int group = Math.min(i, all - 1);
            int line = group / count;
            int row = (first + group % count) * rows;
            int x = line % across;
            int y = line / across % height.taps().length;
            int z = line / across / height.taps().length;
            places[2 * i] = (source.copies() ? z : (long) z * depth.dilation()) * plane
                    + (long) y * height.dilation() * source.row()
                    + (long) x * width.dilation() * source.pixel()
                    + (long) row * Float.BYTES;
            long tap = ((long) z * height.taps().length + y) * width.taps().length + x;
            places[2 * i + 1] = (tap * channels + row) * yRow;
        }
        Table table = new Table(places);
        tables.add(table);
        return new Groups(table, inTile);
    }

    /** Places of groups, some of which are in a tile. */
    private record Groups(Table places, int inTile) {}

    private Step step(Groups tiles, int rows, int panel, Table segments, boolean accumulate) {
        int used = panel % lanes.count();
        int vectors = Math.ceilDiv(panel, lanes.count());
        WindowCode.Key key = new WindowCode.Key(lanes, tiles.inTile(), rows, vectors, true, used > 0, false);
        String name = "window-" + key;
        Entry entry = Library.entry(name, name, () -> WindowCode.write(key));
        return new Call(entry, WindowCode.BYTES, false)
                .put(WindowCode.A_K, width.stride() * source.pixel())
                .put(WindowCode.B_K, sums.packed(1))
                .put(WindowCode.C_ROW, yRow)
                .put(WindowCode.K, width.outputs())
                .put(WindowCode.SEGMENTS, segments.begin())
                .put(WindowCode.SEGMENTS_END, segments.end())
                .put(WindowCode.TILES, tiles.places().begin())
                .put(WindowCode.TILES_END, tiles.places().end())
                .put(WindowCode.ACCUMULATE, accumulate ? 1 : 0)
                .mask(WindowCode.MASK, WindowCode.LANES, lanes, used);
    }

    @Override
    public int bands() {
        return strips.bands();
    }

    @Override
    public int bandsIn(int images) {
        return strips.bandsIn(images * depth.outputs());
    }

    @Override
    public int panels() {
        return groups * panels;
    }

    private long copyBytes() {
        return source.copies() ? Math.ceilDiv(planePitch() * strips.planesPerBand(), 64) * 64 : 0;
    }

    @Override
    public long workspace() {
        return copyBytes() + sums.packed(pixels(0));
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
        for (int band = firstBand; band < lastBand; band++) {
            long at = source.copies() ? copy(band, x, scratch) : x + place(band);
            int kind = (strips.isWhole(band) ? 0 : 2) + (band == begin ? 0 : 4);
            long pixel = ((long) strips.plane(band) * height.outputs() + strips.row(band)) * width.outputs();
            for (int panel = firstPanel; panel < lastPanel; panel++) {
                int group = panel / panels;
                int index = kind + (panel % panels == panels - 1 ? 1 : 0);
                long column = ((long) group * columns + (long) panel % panels * sums.columns()) * Float.BYTES;
                long packed = scratch + copyBytes();
                packs[index & 3].run(y + pixel * yRow + column, 0, packed, 0);
                long a = at + group * (source.pixel() / groups);
                for (Step step : adds[index]) {
                    step.run(a, packed, c + column, 0);
                }
            }
        }
    }

    private long place(int band) {
        int image = strips.plane(band) / depth.outputs();
        int z = strips.plane(band) % depth.outputs() * depth.stride() - depth.before();
        return source.place(image, z, strips.row(band) * height.stride() - height.before(), -width.before());
    }

    private long copy(int band, long x, long to) {
        int top = strips.row(band) * height.stride() - height.before();
        int rows = height.span(strips.rows(band));
        for (int i = 0; i < strips.planes(band); i++) {
            int image = (strips.plane(band) + i) / depth.outputs();
            int front = (strips.plane(band) + i) % depth.outputs() * depth.stride() - depth.before();
            for (int t = 0; t < depth.taps().length; t++) {
                source.copy(x, image, front + t * depth.dilation(), top, rows, to + i * planePitch() + t * plane);
            }
        }
        return to;
    }
}
