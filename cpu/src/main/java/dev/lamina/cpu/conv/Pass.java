package dev.lamina.cpu.conv;

import dev.lamina.cpu.gemm.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * A sum over windows whose outputs lie evenly in the target: a convolution, or one phase of the gradient of its input. It is cut into bands of
 * rows of outputs. The source is read in place if no window goes beyond it, else from a padded copy: of the rows of a band, or of
 * everything.
 */
final class Pass implements Bands {
    /** Bytes of a copied band that fit into the second-level cache beside weights. */
    private static final long BAND_BYTES = 512 << 10;

    /** Rows of a copied source that one task copies. */
    private static final int CHUNK = 8;

    private static final int[] FIRST = new int[1];

    private final Form form;
    private final Sums sums;
    private final Axis depth;
    private final Axis height;
    private final Axis width;
    private final Source source;
    private final boolean lines;
    private final Image image;
    private final boolean copiesAll;
    private final boolean copies;

    /** Bytes of a plane of the source as sums read it. */
    private final long plane;

    private final int bandRows;
    private final int bands;
    private final int panels;
    private final List<Sums.Tables> tables = new ArrayList<>();
    private final Step[] steps = new Step[4];
    private final Step[] packs = new Step[2];

    /** Whether all taps of a row of the kernel are packed as one. */
    private final boolean packsRows;

    /**
     * What the passes of a task have in common.
     *
     * @param images N
     * @param groups of channels
     * @param sources channels of a group of the source
     * @param targets channels of a group of the target
     * @param extents depth, height and width of the target
     * @param taps depth, height and width of the kernel
     * @param turned whether the kernel's last axis is that of the source
     */
    record Form(int images, int groups, int sources, int targets, int[] extents, int[] taps, boolean turned) {
        /** Bytes from term to term in the kernel. */
        long fromTerm() {
            return Float.BYTES * (turned ? 1L : (long) groups * targets);
        }

        long fromColumn() {
            return Float.BYTES * (turned ? (long) groups * sources : 1L);
        }

        /** Bytes of a tap. */
        long tap() {
            return (long) Float.BYTES * groups * sources * targets;
        }
    }

    /**
     * @param copiesAll whether all of the source is copied before sums begin, if it has to be copied
     * @param wantedBands bands of an image and plane that are worth while
     */
    Pass(Form form, Sums sums, Axis depth, Axis height, Axis width, boolean copiesAll, int wantedBands) {
        this.form = form;
        this.sums = sums;
        this.depth = depth;
        this.height = height;
        this.width = width;
        source = Source.of(depth, height, width, form.groups() * form.sources(), sums);
        copies = source.copies();
        this.copiesAll = copiesAll && copies;
        lines = Lines.pay(form, height, width, sums);
        long row = lines ? Lines.row(form.sources(), width, sums) : source.row();
        int most = Math.ceilDiv(height.outputs(), bandsFor(wantedBands, row));
        bandRows = copiesAll ? height.outputs() : most;
        bands = Math.ceilDiv(height.outputs(), bandRows);
        int spanned = height.span(bandRows);
        image = lines ? new Lines(depth, height, width, form.sources(), spanned, sums) : source;
        plane = image.bytes(copies ? spanned : height.inputs());
        panels = Math.ceilDiv(form.targets(), sums.columns());
        packsRows = lines && form.sources() % sums.unit() != 0;
        prepareSteps();
    }

    private int bandsFor(int wanted, long row) {
        long image = row * Math.max(1, depth.taps().length) * height.span(height.outputs());
        return Math.clamp(image / BAND_BYTES + 1, Math.min(wanted, height.outputs()), height.outputs());
    }

    private void prepareSteps() {
        Table segments = segments();
        int last = columns(panels - 1);
        for (int band = 0; band < 2; band++) {
            int count = band == 0 ? bandRows : height.outputs() - (bands - 1) * bandRows;
            // With lines, groups go on in the next row.
            boolean joined = lines && Lines.areJoined(height, width);
            int high = joined ? 1 : count;
            int wide = joined ? count * width.outputs() : width.outputs();
            int rows = Math.ceilDiv(wide, Math.ceilDiv(wide, sums.mostRows()));
            int groups = sums.groups(rows, Math.ceilDiv(width.outputs(), rows) * bandRows);
            Sums.Tables some = new Sums.Tables(
                    groups,
                    rows,
                    image.output(),
                    width.step() * targetPixel(),
                    segmentTerms(),
                    segments,
                    tiles(high, wide, rows, groups));
            tables.add(some);
            steps[2 * band] = sums.sum(columns(0), some);
            steps[2 * band + 1] = sums.sum(last, some);
        }
        int packed = packsRows ? segmentTerms() : form.sources();
        packs[0] = sums.pack(columns(0), packed, form.fromTerm(), form.fromColumn());
        packs[1] = sums.pack(last, packed, form.fromTerm(), form.fromColumn());
    }

    /** Segments of a row of the kernel. */
    private int across() {
        boolean merges = lines || width.taps().length <= 1 || (width.dilation() == 1 && form.groups() == 1);
        return merges ? Math.min(1, width.taps().length) : width.taps().length;
    }

    private int segmentTerms() {
        return across() == 0 ? 0 : form.sources() * width.taps().length / across();
    }

    private Table segments() {
        int across = across();
        long[] places = new long[2 * depth.taps().length * height.taps().length * across];
        for (int i = 0; i < places.length / 2; i++) {
            int y = i / across % height.taps().length;
            int z = i / across / height.taps().length;
            places[2 * i] = planeOfTap(z) * plane + image.place(y * height.dilation()) + i % across * image.tap();
            places[2 * i + 1] = i * sums.packed(segmentTerms());
        }
        return new Table(places);
    }

    /** The planes of a band are copied close together. */
    private long planeOfTap(int tap) {
        return copies && !copiesAll ? tap : (long) tap * depth.dilation();
    }

    private Table tiles(int high, int wide, int rows, int groups) {
        int inRow = Math.ceilDiv(wide, rows);
        int all = inRow * high;
        int tiles = Math.ceilDiv(all, groups);
        long[] places = new long[2 * tiles * groups];
        for (int i = 0; i < tiles * groups; i++) {
            int half = Math.min(i, all - 1);
            // The last group of a row overlaps the one before, and the last tile repeats its last group: sums come out
            // the same.
            int x = Math.min(half % inRow * rows, wide - rows);
            int y = half / inRow;
            places[2 * i] = image.place(y * height.stride()) + x * image.output();
            places[2 * i + 1] = (long) y * height.step() * form.extents()[2] * targetPixel()
                    + (long) x * width.step() * targetPixel();
        }
        return new Table(places);
    }

    private long targetPixel() {
        return (long) form.groups() * form.targets() * Float.BYTES;
    }

    private int columns(int panel) {
        return Math.min(sums.columns(), form.targets() - panel * sums.columns());
    }

    /** Groups and panels. */
    @Override
    public int panels() {
        return form.groups() * panels;
    }

    @Override
    public long panelBytes() {
        int segments = depth.taps().length * height.taps().length * across();
        return Math.ceilDiv(segments * sums.packed(segmentTerms()), 64) * 64;
    }

    /** Images, planes and bands. */
    @Override
    public int bands() {
        return form.images() * depth.outputs() * bands;
    }

    @Override
    public long bandBytes() {
        return copies && !copiesAll ? Math.max(1, depth.taps().length) * plane : 0;
    }

    @Override
    public long copyBytes() {
        return copiesAll ? (long) form.images() * depth.span(depth.outputs()) * plane : 0;
    }

    @Override
    public long openBytes() {
        return 0;
    }

    @Override
    public long open(long packed, long to) {
        return packed;
    }

    @Override
    public int chunks() {
        return copiesAll ? form.images() * depth.span(depth.outputs()) * chunksOfPlane() : 0;
    }

    private int chunksOfPlane() {
        return Math.ceilDiv(height.span(height.outputs()), CHUNK);
    }

    /** Copies a few rows. */
    @Override
    public void copy(int chunk, long from, long to, long scratch) {
        int first = chunk % chunksOfPlane() * CHUNK;
        int z = chunk / chunksOfPlane();
        int planes = depth.span(depth.outputs());
        int rows = Math.min(CHUNK, height.span(height.outputs()) - first);
        image.copy(from, z / planes, z % planes - depth.before(), -height.before(), first, rows, to + z * plane);
    }

    @Override
    public void pack(int panel, long weights, long to, long scratch) {
        int column = panel % panels * sums.columns();
        int group = panel / panels;
        long from = weights
                + column * form.fromColumn()
                + group * (form.turned() ? form.sources() * form.fromTerm() : form.targets() * form.fromColumn());
        Step pack = packs[panel % panels == panels - 1 ? 1 : 0];
        long target = to;
        for (int z : depth.taps()) {
            for (int y : height.taps()) {
                for (int x : packsRows ? FIRST : width.taps()) {
                    long at = ((long) z * form.taps()[1] + y) * form.taps()[2] + x;
                    pack.run(from + at * form.tap(), 0, target, 0);
                    target += sums.packed(packsRows ? segmentTerms() : form.sources());
                }
            }
        }
    }

    @Override
    public long band(int band, long from, long copy, long scratch) {
        int y = band % bands * bandRows;
        int z = band / bands % depth.outputs();
        int image = band / bands / depth.outputs();
        int top = y * height.stride();
        int front = z * depth.stride();
        if (!copies) {
            return from + source.place(image, front - depth.before(), top - height.before(), -width.before());
        }
        if (copiesAll) {
            return copy + ((long) image * depth.span(depth.outputs()) + front) * plane + this.image.place(top);
        }
        int count = height.span(Math.min(bandRows, height.outputs() - y));
        for (int t = 0; t < depth.taps().length; t++) {
            int plane = front + t * depth.dilation() - depth.before();
            this.image.copy(from, image, plane, top - height.before(), 0, count, copy + t * this.plane);
        }
        return copy;
    }

    @Override
    public void sum(int band, int panel, long at, long packed, long target, long scratch) {
        int y = band % bands;
        long z = (long) (band / bands % depth.outputs()) * depth.step() + depth.first();
        long image = band / bands / depth.outputs();
        long line = ((image * form.extents()[0] + z) * form.extents()[1])
                + height.first()
                + (long) y * bandRows * height.step();
        int group = panel / panels;
        long column = (long) group * form.targets() + (long) panel % panels * sums.columns();
        long c = target + (line * form.extents()[2] + width.first()) * targetPixel() + column * Float.BYTES;
        long a = at + (long) group * form.sources() * (copies ? sums.elementBytes() : Float.BYTES);
        steps[(y == bands - 1 ? 2 : 0) + (panel % panels == panels - 1 ? 1 : 0)].run(a, packed, c, 0);
    }

    @Override
    public long scratchBytes() {
        return 0;
    }

    @Override
    public int firstRow(int band) {
        return ((band / bands) * height.outputs() + band % bands * bandRows) * width.outputs();
    }

    @Override
    public int rows(int band) {
        return Math.min(bandRows, height.outputs() - band % bands * bandRows) * width.outputs();
    }

    @Override
    public int firstColumn(int panel) {
        return panel / panels * form.targets() + panel % panels * sums.columns();
    }

    @Override
    public int columnsOf(int panel) {
        return columns(panel % panels);
    }
}
