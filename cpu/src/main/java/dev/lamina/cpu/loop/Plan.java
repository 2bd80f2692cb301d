package dev.lamina.cpu.loop;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Reduce;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Everything that is decided about a kernel before its code is written. */
final class Plan {
    /** Bytes of results from which on they are written past the caches. */
    private static final long LARGE = 32 << 20;

    private static final int LINE = 64;

    /** Bytes from which on they come from behind the second cache. */
    private static final long MUCH = 4 << 20;

    /** Indices of the axis before the lanes that are turned at a time. */
    static final int TILE = 64;

    /** Columns whose sums are in scratch memory at a time. */
    static final int MOST_COLUMNS = 4096;

    /** Rows of columns that are summed up in registers, at least. */
    private static final int FEW_ROWS = 8;

    /** Bytes that are near enough to be read as columns. */
    private static final long NEAR = 24 << 10;

    private final Task.Loop loop;
    private final Space space;
    private final Values values;
    private final Addresses addresses;
    private final int copies;
    private final int lanes;
    private final boolean streaming;
    private final List<Integer> keptValues = new ArrayList<>();
    private final int[] keptSlots;
    private final List<Integer> totals = new ArrayList<>();
    private final List<Tile> tiles = new ArrayList<>();
    private final List<Integer> shared = new ArrayList<>();
    private final List<Long> scratchOffsets = new ArrayList<>();
    private long scratchBytes;
    private int first;
    private int cut = -1;
    private int rowSlot = -1;

    /**
     * A load that runs along the axis before the lanes: blocks of it are turned into scratch memory.
     *
     * @param source its slot
     * @param slot of the block, which has the element at the lanes of one index after the other
     * @param dtype of its elements in memory
     */
    record Tile(int source, int slot, DType dtype) {}

    Plan(Task.Loop loop, Space space, Values values, int lanes, boolean streaming) {
        this.loop = loop;
        this.space = space;
        this.values = values;
        this.lanes = lanes;
        this.streaming = streaming;
        addresses = new Addresses(space);
        copies = Cost.copies(this);
        keptSlots = new int[loop.values().size()];
        collect();
        for (int v : isColumns() ? values.folds(0) : List.<Integer>of()) {
            total(v);
        }
        for (int v : isColumns() ? values.shared() : List.<Integer>of()) {
            share(v);
        }
    }

    /** Says along which axis the work is cut; the axes before it are not walked by the kernel. */
    void cut(int axis, int firstAxis) {
        cut = axis;
        first = firstAxis;
    }

    private void collect() {
        for (int v = 0; v < keptSlots.length; v++) {
            if (values.isNeeded(v)) {
                switch (loop.values().get(v)) {
                    case Task.Load load -> collect(load);
                    case Task.Position position -> addresses.number(position.offset(), position.strides());
                    case Task.Uniform uniform -> {
                        addresses.of(uniform.seed());
                        addresses.number(uniform.offset(), uniform.strides());
                    }
                    case Task.Fold fold -> collect(fold);
                    case Task.Constant ignored -> {}
                    case Task.Apply ignored -> {}
                }
                keep(v);
            }
        }
        loop.stores().forEach(store -> addresses.of(store.access()));
    }

    private void collect(Task.Load load) {
        int source = addresses.of(load.access());
        if (!space.isAcross(load.access()) || tile(source) != null) {
            return;
        }
        Long[] steps = new Long[space.rank()];
        Arrays.fill(steps, 0L);
        steps[space.vector()] = (long) Float.BYTES;
        steps[space.across()] = (long) Float.BYTES * lanes;
        tiles.add(new Tile(source, addresses.own(List.of(steps)), load.dtype()));
        scratchBytes += (long) TILE * lanes * Float.BYTES;
    }

    private void collect(Task.Fold fold) {
        if (isPosition(fold.kind())) {
            rowSlot = addresses.number(0, rowStrides(loop.dims(), loop.reduced()));
        }
    }

    /** True for the folds that give an index in the row. */
    static boolean isPosition(Reduce.Kind kind) {
        return switch (kind) {
            case ARGMAX, ARGMIN -> true;
            case SUM, MAX, MIN -> false;
        };
    }

    /** The strides of the index in the row. */
    static long[] rowStrides(int[] dims, int reduced) {
        long[] strides = new long[dims.length];
        long step = 1;
        for (int d = dims.length - 1; d >= dims.length - reduced; d--) {
            strides[d] = step;
            step *= dims[d];
        }
        return strides;
    }

    private void keep(int v) {
        if (!values.isKept(v)) {
            return;
        }
        long bytes = scratchType(loop.values().get(v).dtype()).bytes();
        Long[] steps = new Long[space.rank()];
        Arrays.fill(steps, 0L);
        long step = bytes;
        if (!space.isAlongRows()) {
            steps[space.vector()] = bytes;
            step *= (long) copies * lanes;
        }
        for (int axis = space.rank() - 1; axis >= space.kept(); axis--) {
            steps[axis] = step;
            step *= space.extent(axis);
        }
        keptSlots[v] = addresses.own(List.of(steps));
        keptValues.add(v);
        scratchOffsets.add(scratchBytes);
        scratchBytes += (step + 63) / 64 * 64;
    }

    private void total(int fold) {
        Long[] steps = new Long[space.rank()];
        Arrays.fill(steps, 0L);
        long bytes = FoldCode.totalType(loop, fold, terms()).bytes();
        steps[space.vector()] = bytes;
        totals.add(addresses.own(List.of(steps)));
        scratchOffsets.add(scratchBytes);
        scratchBytes += (bytes * Math.min(MOST_COLUMNS, space.extent(space.vector())) + 63) / 64 * 64;
    }

    private void share(int v) {
        Long[] steps = new Long[space.rank()];
        Arrays.fill(steps, 0L);
        long bytes = scratchType(loop.values().get(v).dtype()).bytes();
        steps[space.rank() - 1] = bytes;
        keptSlots[v] = addresses.own(List.of(steps));
        shared.add(v);
        scratchOffsets.add(scratchBytes);
        scratchBytes += (bytes * rowsAtOnce() + 63) / 64 * 64;
    }

    /** The loads that are turned. Their blocks come first in scratch memory, one after the other. */
    List<Tile> tiles() {
        return tiles;
    }

    /** Bytes of one block. */
    int tileBytes() {
        return TILE * lanes * Float.BYTES;
    }

    /** The tile of a load's slot; null if the load runs along the lanes. */
    @Nullable
    Tile tile(int source) {
        return tiles.stream().filter(tile -> tile.source == source).findFirst().orElse(null);
    }

    /** How values of a dtype are kept between passes. */
    static DType scratchType(DType dtype) {
        return switch (dtype) {
            case F32, F16, BF16 -> DType.F32;
            case I32, I8, U8 -> DType.I32;
            case F64 -> DType.F64;
            case I64 -> DType.I64;
            case BOOL -> DType.BOOL;
        };
    }

    Task.Loop loop() {
        return loop;
    }

    Space space() {
        return space;
    }

    Values values() {
        return values;
    }

    Addresses addresses() {
        return addresses;
    }

    /** Vectors per iteration of the loop over the vector axis. */
    int copies() {
        return copies;
    }

    int lanes() {
        return lanes;
    }

    boolean streaming() {
        return streaming;
    }

    /** The values that are kept in scratch memory from pass to pass. */
    List<Integer> keptValues() {
        return keptValues;
    }

    int keptSlot(int v) {
        return keptSlots[v];
    }

    /** Where a kept value's scratch memory starts. */
    long scratchOffset(int index) {
        return scratchOffsets.get(index);
    }

    long scratchBytes() {
        return scratchBytes;
    }

    /** The slots of the sums of columns, in the order of the folds. */
    List<Integer> totals() {
        return totals;
    }

    /** The values of columns that are computed for some rows before these are added up, see {@link Values#shared}. */
    List<Integer> shared() {
        return shared;
    }

    /** True for the values that are shared or only lead to shared ones. */
    boolean isBefore(int v) {
        return shared.contains(v) || (!shared.isEmpty() && values.isAlongLast(v) && !values.isUsedAcross(v));
    }

    /** Slot of the index in the row. */
    int rowSlot() {
        return rowSlot;
    }

    /** The axis whose extent is an argument of the kernel, or -1. */
    int cut() {
        return cut;
    }

    /** The first axis that the kernel walks. */
    int first() {
        return first;
    }

    /** True if there are no rows. */
    boolean isMap() {
        return !values.hasFolds();
    }

    /** True if the loop is a plain map whose results would push everything else out of the caches. */
    boolean isLarge() {
        long bytes = 0;
        boolean dense = isMap() && (space.rank() == 1 || !tiles.isEmpty());
        for (Task.Store store : dense ? loop.stores() : List.<Task.Store>of()) {
            DType dtype = store.access().dtype();
            long[] steps = space.strides(store.access().strides());
            dense &= dtype.bytes() >= Float.BYTES && steps[space.vector()] == 1;
            for (int axis = 0; axis < space.vector(); axis++) {
                dense &= steps[axis] * dtype.bytes() % LINE == 0;
            }
            bytes += space.size(0, space.rank()) * dtype.bytes();
        }
        return dense && bytes >= LARGE;
    }

    /** True if one pass over long rows reads more than a cache holds, so that it should ask for the rest of them early. */
    boolean readsMuch() {
        long bytes = 0;
        for (int v = 0; v < keptSlots.length; v++) {
            if (values.isNeeded(v) && values.isFull(v) && loop.values().get(v) instanceof Task.Load load) {
                bytes += space.size(0, space.rank()) * load.dtype().bytes();
            }
        }
        boolean walks = space.isAlongRows() ? !isShortRow() : isColumns();
        return values.passes() == 1 && walks && bytes >= MUCH;
    }

    /** True if one pass over the row does everything, and rows may be cut into blocks. */
    boolean isStream() {
        boolean stream = values.passes() == 1 && values.stores(0).isEmpty();
        for (int v = 0; v < keptSlots.length; v++) {
            stream &=
                    !(values.isNeeded(v) && loop.values().get(v) instanceof Task.Fold fold && isPosition(fold.kind()));
        }
        return stream;
    }

    /**
     * True if columns are summed up row by row, with the sums in scratch memory: so memory is read in its order, however long
     * the rows of lanes are.
     */
    boolean isColumns() {
        boolean sums = !isMap() && !space.isAlongRows() && space.vector() >= 0 && isStream();
        for (int v : sums ? values.folds(0) : List.<Integer>of()) {
            sums &= ((Task.Fold) loop.values().get(v)).kind() == Reduce.Kind.SUM;
        }
        boolean rows = space.rank() > space.kept() && space.extent(space.rank() - 1) > FEW_ROWS;
        return sums && rows && space.extent(space.vector()) > lanes;
    }

    /** Rows of columns that are summed up in registers: more where rows are short. */
    int rowsAtOnce() {
        long fit = NEAR / (Float.BYTES * (long) space.extent(space.vector()));
        return (int) Long.highestOneBit(Math.clamp(fit, FEW_ROWS, FoldCode.BLOCK));
    }

    /** True if the kernel runs on pieces that may begin anywhere. */
    boolean isPiecewise() {
        return first > 0 && cut < 0;
    }

    /** True if a row fits into one vector. */
    boolean isShortRow() {
        return space.isAlongRows()
                && space.rank() == space.kept() + 1
                && space.extent(space.vector()) <= lanes
                && cut != space.vector();
    }

    /** Number of elements that a fold takes into one lane. */
    long terms() {
        long row = space.size(space.kept(), space.rank());
        return space.isAlongRows() ? row / ((long) copies * lanes) : row;
    }
}
