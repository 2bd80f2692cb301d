package dev.lamina.cpu.loop;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Reduce;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Everything that is decided about a kernel before its code is written. */
final class Plan {
    /** Bytes of results from which on they are written past the caches. */
    private static final long LARGE = 32 << 20;

    /** Bytes from which on they come from behind the second cache. */
    private static final long MUCH = 4 << 20;

    private final Task.Loop loop;
    private final Space space;
    private final Values values;
    private final Addresses addresses;
    private final int copies;
    private final int lanes;
    private final boolean streaming;
    private final List<Integer> keptValues = new ArrayList<>();
    private final int[] keptSlots;
    private final List<Long> scratchOffsets = new ArrayList<>();
    private long scratchBytes;
    private int first;
    private int cut = -1;
    private int rowSlot = -1;

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
                    case Task.Load load -> addresses.of(load.access());
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
        boolean folds = false;
        for (int v = 0; v < keptSlots.length; v++) {
            folds |= values.isNeeded(v) && loop.values().get(v) instanceof Task.Fold;
        }
        return !folds;
    }

    /** True if the loop is a plain map whose results would push everything else out of the caches. */
    boolean isLarge() {
        long bytes = 0;
        boolean dense = isMap() && space.rank() == 1;
        for (Task.Store store : dense ? loop.stores() : List.<Task.Store>of()) {
            DType dtype = store.access().dtype();
            dense &=
                    dtype.bytes() >= Float.BYTES && space.strides(store.access().strides())[0] == 1;
            bytes += space.size(0, 1) * dtype.bytes();
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
        return values.passes() == 1 && space.isAlongRows() && !isShortRow() && bytes >= MUCH;
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
