package dev.lamina.cpu.plain;

import dev.lamina.cpu.pool.FreeList;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * What one thread needs to run a part of a kernel: registers, temporary arrays, and the tile it is at. Workspaces go from kernel
 * to kernel and only grow.
 */
final class Workspace {
    private static final FreeList<Workspace> FREE = new FreeList<>(Workspace::new);
    private static final MemorySegment[] NOTHING = {};
    private static final int HEADER = 16;
    private static final int LINE = 64;
    private static final int PAGE = 4096;

    float[][] floats = {};
    double[][] doubles = {};
    int[][] ints = {};
    long[][] longs = {};

    /** The memory of {@link #floats}, to copy their bits. */
    private MemorySegment[] floatViews = {};

    private final int[][] bits = {{}, {}};
    private final MemorySegment[] bitViews = {MemorySegment.NULL, MemorySegment.NULL};
    private short[] shorts = {};
    private byte[] bytes = {};
    private float[] slice = {};
    private int[] run = {};
    private final PhiloxLanes philox = new PhiloxLanes();

    /** The buffers of the run. */
    MemorySegment[] buffers = NOTHING;

    /** First index of the tile along each axis. */
    int[] start = {};

    /** Extent of the tile along each axis. */
    int[] extent = {};

    /** Kept indices of the tile. */
    int rows;

    /** Reduced indices of the tile. */
    int length;

    /**
     * The arrays that a kernel needs.
     *
     * @param floats lengths of the registers of kind FLOAT
     * @param doubles lengths of the registers of kind DOUBLE
     * @param ints lengths of the registers of kind INT
     * @param longs lengths of the registers of kind LONG
     * @param axes number of axes
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Needs(int[] floats, int[] doubles, int[] ints, int[] longs, int axes) {}

    static Workspace take(MemorySegment[] buffers) {
        Workspace workspace = FREE.take();
        workspace.buffers = buffers;
        return workspace;
    }

    void give() {
        buffers = NOTHING;
        FREE.give(this);
    }

    void prepare(Needs needs) {
        prepareFloats(needs.floats);
        if (doubles.length < needs.doubles.length) {
            doubles = Arrays.copyOf(doubles, needs.doubles.length);
        }
        for (int i = 0; i < needs.doubles.length; i++) {
            if (doubles[i] == null || doubles[i].length < needs.doubles[i]) {
                doubles[i] = new double[padded(needs.doubles[i], 8)];
            }
        }
        if (ints.length < needs.ints.length) {
            ints = Arrays.copyOf(ints, needs.ints.length);
        }
        for (int i = 0; i < needs.ints.length; i++) {
            if (ints[i] == null || ints[i].length < needs.ints[i]) {
                ints[i] = new int[padded(needs.ints[i], 4)];
            }
        }
        if (longs.length < needs.longs.length) {
            longs = Arrays.copyOf(longs, needs.longs.length);
        }
        for (int i = 0; i < needs.longs.length; i++) {
            if (longs[i] == null || longs[i].length < needs.longs[i]) {
                longs[i] = new long[padded(needs.longs[i], 8)];
            }
        }
        if (start.length < needs.axes) {
            start = new int[needs.axes];
            extent = new int[needs.axes];
        }
    }

    private void prepareFloats(int[] lengths) {
        if (floats.length < lengths.length) {
            floats = Arrays.copyOf(floats, lengths.length);
            floatViews = Arrays.copyOf(floatViews, lengths.length);
        }
        for (int i = 0; i < lengths.length; i++) {
            if (floats[i] == null || floats[i].length < lengths[i]) {
                floats[i] = new float[padded(lengths[i], 4)];
                floatViews[i] = MemorySegment.ofArray(floats[i]);
            }
        }
    }

    /**
     * The length of an array of at least n elements that takes a multiple of 64 bytes with its header, but not of 4096. Arrays that
     * are made one after the other then lie alike in their cache lines, so that a loop which starts where one is aligned finds all
     * of them aligned (twice as fast), and do not lie alike in their pages, where a write would hold up reads.
     */
    static int padded(int n, int bytes) {
        long size = Math.ceilDiv(HEADER + (long) n * bytes, LINE) * LINE;
        long whole = size % PAGE == 0 ? size + LINE : size;
        return Math.toIntExact((whole - HEADER) / bytes);
    }

    /** Number of elements that a value of a level has in this tile. */
    int count(Level level) {
        return switch (level) {
            case SCALAR -> 1;
            case ROW -> rows;
            case FULL -> rows * length;
        };
    }

    PhiloxLanes philox() {
        return philox;
    }

    /** A temporary array. */
    short[] shorts(int n) {
        if (shorts.length < n) {
            shorts = new short[padded(n, 2)];
        }
        return shorts;
    }

    /** A temporary array. */
    byte[] bytes(int n) {
        if (bytes.length < n) {
            bytes = new byte[padded(n, 1)];
        }
        return bytes;
    }

    /** A temporary array. */
    float[] slice(int n) {
        if (slice.length < n) {
            slice = new float[padded(n, 4)];
        }
        return slice;
    }

    /** A temporary array. */
    int[] run(int n) {
        if (run.length < n) {
            run = new int[padded(n, 4)];
        }
        return run;
    }

    /** The bits of a float register's first elements, in one of two temporary arrays. */
    int[] bits(int which, Register x, int n) {
        if (bits[which].length < n) {
            bits[which] = new int[padded(n, 4)];
            bitViews[which] = MemorySegment.ofArray(bits[which]);
        }
        MemorySegment.copy(floatViews[x.index()], 0, bitViews[which], 0, 4L * n);
        return bits[which];
    }

    /** Writes bits of a temporary array to a float register. */
    void setBits(int which, Register d, int n) {
        MemorySegment.copy(bitViews[which], 0, floatViews[d.index()], 0, 4L * n);
    }
}
