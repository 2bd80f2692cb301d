package dev.lamina.cpu.conv;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Task;
import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.gemm.Call;
import dev.lamina.cpu.gemm.Library;
import dev.lamina.cpu.gemm.Step;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The sums of a kernel's gradient on the tile unit. The terms of a sum are pixels, so the source of a band is turned round: a line for each channel, in
 * bf16, in which its pixels lie row by row, with zeros around the image; where windows are some steps apart, first all pixels of one remainder, then
 * those of the next. A tap then is a shift along the line. Rows of y are as long as those of the line, with zeros at their ends ({@link PairCode}).
 *
 * <p>Where channels are few, all that the taps of a row meet counts as the channels of a pixel.
 */
final class TileGradient implements GradientBands {
    /** Terms that are added up before the sums go back to memory: few enough for the first-level cache, as taps read the same lines. */
    private static final int TERMS = 640;

    /** Bytes of turned source and padded y of a band: the more, the larger the sums are that each band reads and writes. */
    private static final long LEAST_BAND_BYTES = 64L << 10;

    private static final long MOST_BAND_BYTES = 1536L << 10;

    private final int groups;
    private final boolean joins;
    private final int channels;
    private final int columns;
    private final int panels;
    private final Axis depth;
    private final Axis height;
    private final Axis width;
    private final Strips strips;
    private final long xPixel;
    private final long yPixel;

    /** Bytes of a row of x with what windows meet beside it, where taps are joined. */
    private final long padded;

    private final Step padX;

    /** Pixels of a row of a line, rows of a remainder, and pixels of one tap along the depth. */
    private final int pitch;

    private final int lineRows;
    private final int plane;

    /** Bytes of a line: an odd number of cache lines, so that lines do not compete. */
    private final long line;

    private final int lines;
    private final Table tiles;
    private final int tileRows;
    private final TileSums sums = new TileSums();
    private final Step zero;
    private final Step[] turns;
    private final Shape[] shapes = new Shape[2];

    /** What is prepared for a band: the first ones have the same size, the last one may be smaller. */
    private record Shape(Step pairs, Block[] blocks, Table segments, int terms) {}

    /** Some terms of a band. Steps by: 1 last panel, 2 goes on from before. */
    private record Block(long a, long b, Step[] steps) {}

    TileGradient(Task.Convolution task, int parts) {
        groups = task.groups();
        int[] x = task.x().dims();
        int[] y = task.y().dims();
        joins = joins(task);
        channels = channels(task);
        columns = y[y.length - 1] / groups;
        xPixel = (long) x[x.length - 1] * Float.BYTES;
        yPixel = (long) y[y.length - 1] * Float.BYTES;
        Axis[] axes = Axis.forward(task);
        depth = axes[0];
        height = axes[1];
        width = joins ? joined(axes[2]) : axes[2];
        padded = axes[2].span(axes[2].outputs()) * xPixel;
        padX = padding();
        panels = Math.ceilDiv(columns, sums.columns());
        pitch = pitch();
        int image = phases(height) * phases(width) * pitch * (height.outputs() + reach(height) / height.stride());
        long sumsBytes = yPixel * channels * depth.taps().length * height.taps().length * width.taps().length;
        long pixels = (long) image * depth.taps().length * groups * channels
                + (long) pitch * height.outputs() * y[y.length - 1];
        long bandBytes = Math.clamp(2 * sumsBytes, LEAST_BAND_BYTES, MOST_BAND_BYTES);
        int planes = x[0] * depth.outputs();
        strips = Strips.of(planes, height.outputs(), Short.BYTES * pixels, bandBytes, parts, true);
        lineRows = strips.rowsPerBand() + reach(height) / height.stride();
        plane = phases(height) * phases(width) * lineRows * pitch;
        // Terms come in units, so that the last tap reads a little beyond its last pixel.
        int read = strips.planesPerBand() * depth.taps().length * plane + reach(width) / width.stride() + TileSums.UNIT;
        line = (Math.ceilDiv(read, 32) | 1) * 64L;
        lines = Math.ceilDiv(groups * channels, TurnCode.UNIT) * TurnCode.UNIT;
        zero = sums.copy(0, line, line, 0, 0);
        tileRows = rowsOfTile(channels);
        tiles = tiles();
        turns = IntStream.range(0, phases(width)).mapToObj(this::turn).toArray(Step[]::new);
        shapes[0] = shape(0);
        shapes[1] = strips.smaller() == 0 ? shapes[0] : shape(strips.smaller());
    }

    /** Whether the channels of a group fill tiles fairly well. */
    static boolean suits(Task.Convolution task) {
        return task.rounded() == DType.BF16 && rowsOfTile(channels(task)) >= WindowTiles.MOST_ROWS / 2;
    }

    private static boolean joins(Task.Convolution task) {
        int[] x = task.x().dims();
        Axis width = Axis.forward(task)[2];
        return task.groups() == 1
                && width.dilation() == 1
                && width.before() >= 0
                && x[x.length - 1] < WindowTiles.MOST_ROWS / 2;
    }

    private static Axis joined(Axis width) {
        return new Axis(width.inputs(), width.outputs(), width.stride(), 1, width.before(), new int[1], 0, 1);
    }

    /** Channels of a group as sums see them. */
    private static int channels(Task.Convolution task) {
        int[] x = task.x().dims();
        return x[x.length - 1] / task.groups() * (joins(task) ? Axis.forward(task)[2].taps().length : 1);
    }

    /** Channels of a tile: the same in all tiles, of which the last two, if they are a pair, may overlap; 0 if they cannot be shared out so. */
    private static int rowsOfTile(int channels) {
        int tiles = Math.ceilDiv(channels, WindowTiles.MOST_ROWS);
        return channels % tiles == 0 || tiles % WindowTiles.GROUPS == 0 ? Math.ceilDiv(channels, tiles) : 0;
    }

    /** From the first tap to the last. */
    private static int reach(Axis axis) {
        return (axis.taps().length - 1) * axis.dilation();
    }

    /** Remainders of positions that taps meet. */
    private static int phases(Axis axis) {
        return Math.min(axis.stride(), reach(axis) + 1);
    }

    // ---------------------------------------------------------------- preparation

    private Table tiles() {
        int blocks = Math.ceilDiv(channels, tileRows);
        int taps = depth.taps().length * height.taps().length * width.taps().length;
        List<long[]> places = new ArrayList<>();
        // Taps inside, as they read the same lines.
        for (int pair = 0; pair < blocks; pair += WindowTiles.GROUPS) {
            for (int tap = 0; tap < taps; tap++) {
                for (int i = 0; i < Math.min(WindowTiles.GROUPS, blocks - pair); i++) {
                    long channel = Math.min((pair + i) * tileRows, channels - tileRows);
                    places.add(new long[] {
                        channel * line + shift(tap) * Short.BYTES, ((long) tap * channels + channel) * yPixel
                    });
                }
            }
        }
        if (places.size() % WindowTiles.GROUPS > 0) {
            // Sums of the same tile come out the same.
            places.add(places.getLast());
        }
        return new Table(places.stream().flatMapToLong(Arrays::stream).toArray());
    }

    /** Pixels from the first one of the line to the one that a tap of the first window meets. */
    private long shift(int tap) {
        int x = tap % width.taps().length * width.dilation();
        int y = tap / width.taps().length % height.taps().length * height.dilation();
        int z = tap / width.taps().length / height.taps().length;
        int phase = y % height.stride() * phases(width) + x % width.stride();
        return (long) z * plane + ((long) phase * lineRows + y / height.stride()) * pitch + x / width.stride();
    }

    /** Where rows have zeros at both ends, the next one begins in them. Pixels of y come in pairs, so this is an even number. */
    private int pitch() {
        int most = width.outputs() + reach(width) / width.stride();
        int left = most;
        int last = width.outputs();
        for (int phase = 0; phase < phases(width); phase++) {
            left = Math.min(left, firstColumn(phase, most));
            last = Math.max(last, lastColumn(phase, most));
        }
        return Math.ceilDiv(Math.max(last, most - left), 2) * 2;
    }

    /** The first column of a line, and the one behind the last, that is inside of the image. */
    private int firstColumn(int phase) {
        return firstColumn(phase, pitch);
    }

    private int firstColumn(int phase, int most) {
        return joins ? 0 : Math.clamp(Math.ceilDiv(width.before() - phase, width.stride()), 0, most);
    }

    private int lastColumn(int phase) {
        return lastColumn(phase, pitch);
    }

    private int lastColumn(int phase, int most) {
        int end = Math.ceilDiv(width.inputs() + width.before() - phase, width.stride());
        return joins ? width.outputs() : Math.clamp(end, firstColumn(phase, most), most);
    }

    /** Rows of x with zeros beside them. */
    private Step padding() {
        long left = Math.min(padded, Math.max(0, width.before()) * xPixel);
        long inside = Math.min(padded - left, width.inputs() * xPixel);
        long fromRow = (long) height.stride() * width.inputs() * xPixel;
        int elements = (int) (inside / Float.BYTES);
        return PadCode.step(new PadCode.Key(512, DType.F32), fromRow, padded, left, elements, padded - left - inside);
    }

    private Step turn(int phase) {
        String name = "conv-turn";
        Entry entry = Library.entry(name, name, TurnCode::write);
        return new Call(entry, TurnCode.BYTES, false)
                .put(TurnCode.FROM_ROW, joins ? padded : (long) height.stride() * width.inputs() * xPixel)
                .put(TurnCode.TO_ROW, (long) pitch * Short.BYTES)
                .put(TurnCode.PIXEL, width.stride() * xPixel)
                .put(TurnCode.COUNT, lastColumn(phase) - firstColumn(phase))
                .put(TurnCode.CHANNELS, (long) groups * channels)
                .put(TurnCode.LINE, line);
    }

    private Shape shape(int band) {
        int rows = strips.rows(band);
        int terms = rows * pitch;
        int planes = strips.planes(band);
        Step pairs = PairCode.step(yPixel, width.outputs(), pitch, rows, planes * sums.packed(terms));
        long[] places = new long[2 * planes];
        for (int i = 0; i < planes; i++) {
            places[2 * i] = (long) i * depth.taps().length * plane * Short.BYTES;
            places[2 * i + 1] = i * sums.packed(terms);
        }
        List<Block> blocks = new ArrayList<>();
        Table segments = new Table(places);
        int units = Math.ceilDiv(terms, TileSums.UNIT);
        int most = TERMS / TileSums.UNIT;
        int together = Math.clamp(most / units, 1, planes);
        // Several planes at a time, or some terms of a plane.
        int group = Math.ceilDiv(planes, Math.ceilDiv(planes, together));
        int some = Math.ceilDiv(units, Math.ceilDiv(units, most));
        Step[] whole = sums(segments, group, some);
        Step[] rest = group > 1
                ? sums(segments, planes - (planes - 1) / group * group, some)
                : sums(segments, 1, units - (units - 1) / some * some);
        for (int i = 0; i < planes; i += group) {
            for (int unit = 0; unit < units; unit += some) {
                boolean ends = group > 1 ? i + group >= planes : unit + some >= units;
                blocks.add(new Block(
                        places[2 * i] + (long) unit * TileSums.UNIT * Short.BYTES,
                        places[2 * i + 1] + sums.packed(unit * TileSums.UNIT),
                        ends ? rest : whole));
            }
        }
        return new Shape(pairs, blocks.toArray(Block[]::new), segments, terms);
    }

    private int columns(int last) {
        return last == 0 ? Math.min(columns, sums.columns()) : columns - (panels - 1) * sums.columns();
    }

    private Step[] sums(Table segments, int count, int units) {
        Step[] steps = new Step[4];
        for (int i = 0; i < 4; i++) {
            steps[i] = sums.call(tileRows, columns(i & 1))
                    .put(WindowCode.A_ROW, line)
                    .put(WindowCode.C_ROW, yPixel)
                    .put(WindowCode.K, units)
                    .put(WindowCode.SEGMENTS, segments.begin())
                    .put(WindowCode.SEGMENTS_END, segments.begin() + 2L * Long.BYTES * count)
                    .put(WindowCode.TILES, tiles.begin())
                    .put(WindowCode.TILES_END, tiles.end())
                    .put(WindowCode.ACCUMULATE, i >> 1);
        }
        return steps;
    }

    // ---------------------------------------------------------------- work

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

    @Override
    public long workspace() {
        return rowsAt() + (joins ? lineRows * padded : 0);
    }

    /** Where padded rows of x are in the scratch. */
    private long rowsAt() {
        return lines * line + (long) panels * strips.planesPerBand() * sums.packed(shapes[0].terms());
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
        long pairs = scratch + lines * line;
        for (int band = firstBand; band < lastBand; band++) {
            zero.run(0, lines, scratch, 0);
            turn(band, x, scratch);
            for (int group = firstPanel / panels; group * panels < lastPanel; group++) {
                int first = Math.max(firstPanel - group * panels, 0);
                int end = Math.min(lastPanel - group * panels, panels);
                long column = (long) group * columns + (long) first * sums.columns();
                pair(band, first, end, y + column * Float.BYTES, pairs);
                for (int panel = first; panel < end; panel++) {
                    long to = c + ((long) group * columns + (long) panel * sums.columns()) * Float.BYTES;
                    sum(band, band > begin, panel, panel - first, scratch + (long) group * channels * line, pairs, to);
                }
            }
        }
    }

    /** Packs y for some panels of a group. */
    private void pair(int band, int first, int end, long y, long to) {
        Shape shape = shapes[strips.isWhole(band) ? 0 : 1];
        int used = Math.min(columns, end * sums.columns()) - first * sums.columns();
        for (int i = 0; i < strips.planes(band); i++) {
            long row = ((long) strips.plane(band) + i) * height.outputs() + strips.row(band);
            long amount = PairCode.amount(strips.rows(band), used);
            shape.pairs().run(y + row * width.outputs() * yPixel, amount, to + i * sums.packed(shape.terms()), 0);
        }
    }

    /** Adds up a panel of a group, whose pairs are so many panels behind the first ones. */
    private void sum(int band, boolean goesOn, int panel, int behind, long a, long pairs, long c) {
        Shape shape = shapes[strips.isWhole(band) ? 0 : 1];
        long b = pairs + (long) behind * strips.planes(band) * sums.packed(shape.terms());
        int step = (goesOn ? 2 : 0) + (panel == panels - 1 ? 1 : 0);
        for (Block block : shape.blocks()) {
            block.steps()[step].run(a + block.a(), b + block.b(), c, 0);
            step |= 2;
        }
    }

    private void turn(int band, long x, long to) {
        int rows = strips.rows(band) + reach(height) / height.stride();
        for (int i = 0; i < strips.planes(band) * depth.taps().length; i++) {
            int at = strips.plane(band) + i / depth.taps().length;
            int image = at / depth.outputs();
            int z = at % depth.outputs() * depth.stride() + i % depth.taps().length * depth.dilation() - depth.before();
            for (int phase = 0; phase < phases(height) && z >= 0 && z < depth.inputs(); phase++) {
                int top = strips.row(band) * height.stride() - height.before() + phase;
                int first = Math.clamp(Math.ceilDiv(-top, height.stride()), 0, rows);
                int last = Math.clamp(Math.ceilDiv(height.inputs() - top, height.stride()), first, rows);
                long row = ((long) image * depth.inputs() + z) * height.inputs() + top + (long) first * height.stride();
                long line = (long) i * plane + (long) phase * phases(width) * lineRows * pitch;
                if (joins && last > first) {
                    padX.run(x + row * width.inputs() * xPixel, last - first, to + rowsAt(), 0);
                    turns[0].run(to + rowsAt(), last - first, to + (line + (long) first * pitch) * Short.BYTES, 0);
                    continue;
                }
                for (int p = 0; p < turns.length; p++) {
                    int column = firstColumn(p);
                    if (last > first && lastColumn(p) > column) {
                        long pixel = row * width.inputs() + (long) column * width.stride() + p - width.before();
                        long target = line + ((long) p * lineRows + first) * pitch + column;
                        turns[p].run(x + pixel * xPixel, last - first, to + target * Short.BYTES, 0);
                    }
                }
            }
        }
    }
}
