package dev.lamina.cpu.plain;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Task;
import dev.lamina.core.memory.Elements;
import dev.lamina.core.op.Elementwise;
import dev.lamina.core.op.Reduce;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A random fused loop with its buffers. Its numbers are small multiples of 1/2, so that sums of floats are exact in any order
 * and a kernel has to give the very same bits as {@link NaiveLoop}.
 */
public final class RandomLoop {
    private static final int[] EXTENTS = {1, 2, 3, 5, 7, 13, 16, 33, 64, 65, 100, 207, 702, 2049, 4098};
    private static final Elementwise[] EXACT = {
        Elementwise.ADD, Elementwise.SUB, Elementwise.MAX, Elementwise.MIN, Elementwise.MUL
    };
    private static final Elementwise[] COMPARE = {Elementwise.LT, Elementwise.LE, Elementwise.EQ, Elementwise.NE};
    private static final Elementwise[] BITS = {Elementwise.AND, Elementwise.OR, Elementwise.XOR};
    private static final Elementwise[] UNARY = {
        Elementwise.NEG, Elementwise.ABS, Elementwise.SIGN, Elementwise.FLOOR, Elementwise.CEIL, Elementwise.ROUND
    };

    private static final Reduce.Kind[] KINDS = Reduce.Kind.values();

    private final Random random;
    private final int[] dims;
    private final int reduced;
    private final List<Task.Value> values = new ArrayList<>();
    private final List<Task.Store> stores = new ArrayList<>();
    private final List<MemorySegment> buffers = new ArrayList<>();
    private final List<Integer> afterFold = new ArrayList<>();
    /** Values that are no multiples of 1/2. */
    private final List<Integer> raw = new ArrayList<>();

    /** A loop of up to 40,000 elements. */
    public RandomLoop(long seed) {
        this(seed, 40_000);
    }

    /** A loop of at most some number of elements. */
    public RandomLoop(long seed, int most) {
        random = new Random(seed);
        int rank = random.nextInt(5);
        dims = new int[rank];
        int size = 1;
        for (int d = 0; d < rank; d++) {
            do {
                dims[d] = EXTENTS[random.nextInt(EXTENTS.length)];
            } while ((long) size * dims[d] > most);
            size *= dims[d];
        }
        if (rank > 0 && random.nextInt(40) == 0) {
            dims[random.nextInt(rank)] = 0;
        }
        reduced = random.nextInt(3) == 0 ? 0 : random.nextInt(rank + 1);
        build();
    }

    /** The loop. */
    public Task.Loop loop() {
        return new Task.Loop(dims, reduced, List.copyOf(values), List.copyOf(stores));
    }

    /** Its buffers, the inputs filled. */
    public MemorySegment[] buffers() {
        return buffers.toArray(MemorySegment[]::new);
    }

    private int row() {
        int row = 1;
        for (int d = dims.length - reduced; d < dims.length; d++) {
            row *= dims[d];
        }
        return row;
    }

    private void build() {
        int inputs = 1 + random.nextInt(4);
        for (int i = 0; i < inputs; i++) {
            leaf();
        }
        int steps = random.nextInt(8);
        for (int i = 0; i < steps; i++) {
            apply(false);
        }
        boolean folds = row() > 0 && (reduced > 0 || random.nextInt(4) == 0);
        for (int i = 0; folds && i < 1 + random.nextInt(2); i++) {
            fold(any());
        }
        if (folds && row() <= Task.Loop.MAX_ROW && random.nextBoolean()) {
            for (int i = 0; i < 1 + random.nextInt(4); i++) {
                apply(true);
            }
            if (random.nextInt(3) == 0) {
                fold(values.size() - 1);
            }
        }
        int outputs = 1 + random.nextInt(3);
        for (int i = 0; i < outputs; i++) {
            store(i == 0 ? values.size() - 1 : any());
        }
    }

    private DType dtype() {
        DType[] all = {
            DType.F32,
            DType.F32,
            DType.F32,
            DType.F64,
            DType.F16,
            DType.BF16,
            DType.I64,
            DType.I32,
            DType.I8,
            DType.U8,
            DType.BOOL
        };
        return all[random.nextInt(all.length)];
    }

    // ---------------------------------------------------------------- values

    private void leaf() {
        int kind = random.nextInt(8);
        if (kind == 0) {
            DType dtype = dtype();
            values.add(new Task.Constant(random.nextInt(9) - 4, dtype));
        } else if (kind == 1) {
            values.add(new Task.Position(
                    random.nextInt(5), strides(random.nextInt(4) == 0).strides()));
        } else if (kind == 2 && dims.length > 0) {
            buffers.add(Arena.ofAuto().allocate(8));
            Elements.setLong(buffers.getLast(), DType.I64, 0, random.nextLong());
            Task.Access seed = new Task.Access(buffers.size() - 1, DType.I64, 0, dims, new long[dims.length]);
            Place place = strides(random.nextInt(4) == 0);
            DType dtype = List.of(DType.F32, DType.F64, DType.F16, DType.BF16).get(random.nextInt(4));
            values.add(new Task.Uniform(seed, random.nextLong(), dtype, place.offset() + 3, place.strides()));
            raw.add(values.size() - 1);
            values.add(new Task.Apply(Elementwise.ROUND, dtype, values.size() - 1, -1, -1));
        } else {
            DType dtype = dtype();
            values.add(new Task.Load(input(dtype, strides(random.nextInt(4) == 0))));
        }
    }

    @SuppressWarnings("ArrayRecordComponent")
    private record Place(long offset, long[] strides, long size) {}

    /** Random strides: some order of the axes in memory, with gaps, repeats and steps backwards. */
    private Place strides(boolean rowLevel) {
        int rank = dims.length;
        long[] strides = new long[rank];
        List<Integer> order = new ArrayList<>();
        for (int d = 0; d < rank; d++) {
            order.add(random.nextInt(3) > 0 ? order.size() : random.nextInt(order.size() + 1), d);
        }
        boolean plain = random.nextBoolean();
        long step = 1;
        long offset = 0;
        for (int i = rank - 1; i >= 0; i--) {
            int d = order.get(i);
            boolean repeated = (rowLevel && d >= rank - reduced) || (!plain && random.nextInt(5) == 0);
            if (repeated || dims[d] == 0) {
                continue;
            }
            strides[d] = step;
            step *= dims[d];
            if (!plain && random.nextInt(6) == 0) {
                strides[d] *= 2;
                step *= 2;
            }
            if (!plain && random.nextInt(6) == 0) {
                offset += strides[d] * (dims[d] - 1);
                strides[d] = -strides[d];
            }
        }
        return new Place(offset, strides, step);
    }

    private Task.Access input(DType dtype, Place place) {
        long extra = random.nextInt(3);
        MemorySegment memory = Arena.ofAuto().allocate((place.size() + extra) * dtype.bytes(), 8);
        for (long i = 0; i < place.size() + extra; i++) {
            if (dtype.isFloat()) {
                Elements.set(memory, dtype, i, (random.nextInt(13) - 6) / 2.0);
            } else {
                Elements.setLong(memory, dtype, i, dtype == DType.BOOL ? random.nextInt(2) : random.nextInt(13) - 6);
            }
        }
        buffers.add(memory);
        return new Task.Access(buffers.size() - 1, dtype, place.offset() + extra, dims, place.strides());
    }

    /** A random function of earlier values; if wanted, one that a fold comes before. */
    private void apply(boolean after) {
        int a = after && !afterFold.isEmpty() ? pick(afterFold) : any();
        DType dtype = values.get(a).dtype();
        int b = partner(dtype, a);
        int choice = random.nextInt(6);
        boolean follows = afterFold.contains(a) || afterFold.contains(b);
        if (choice == 0) {
            add(Elementwise.CAST, dtype(), a, -1, -1, follows);
        } else if (choice == 1 && dtype != DType.BOOL) {
            add(UNARY[random.nextInt(UNARY.length)], dtype, a, -1, -1, follows);
        } else if (choice == 2) {
            boolean flip = random.nextBoolean();
            Elementwise op = COMPARE[random.nextInt(COMPARE.length)];
            add(op, DType.BOOL, flip ? b : a, flip ? a : b, -1, follows);
            add(Elementwise.WHERE, dtype, values.size() - 1, a, b, follows);
        } else if (!dtype.isFloat() && choice == 3) {
            add(BITS[random.nextInt(BITS.length)], dtype, a, b, -1, follows);
        } else {
            boolean flip = random.nextBoolean();
            // A product of products would leave the range where sums are exact.
            Elementwise op = EXACT[random.nextInt(values.size() < 6 ? EXACT.length : EXACT.length - 1)];
            add(op, dtype, flip ? b : a, flip ? a : b, -1, follows);
        }
    }

    private int any() {
        int value = random.nextInt(values.size());
        return raw.contains(value) ? value + 1 : value;
    }

    private int pick(List<Integer> from) {
        return from.get(random.nextInt(from.size()));
    }

    /** A value of a dtype: an earlier one, or a new one. */
    private int partner(DType dtype, int a) {
        List<Integer> same = new ArrayList<>();
        for (int v = 0; v < values.size(); v++) {
            if (values.get(v).dtype() == dtype && v != a && !raw.contains(v)) {
                same.add(v);
            }
        }
        if (!same.isEmpty() && random.nextInt(4) > 0) {
            return pick(same);
        }
        if (random.nextBoolean()) {
            values.add(new Task.Constant(random.nextInt(5) - 2, dtype));
        } else {
            values.add(new Task.Load(input(dtype, strides(random.nextBoolean()))));
        }
        return values.size() - 1;
    }

    private void add(Elementwise op, DType dtype, int a, int b, int c, boolean follows) {
        values.add(new Task.Apply(op, dtype, a, b, c));
        if (follows) {
            afterFold.add(values.size() - 1);
        }
    }

    private void fold(int of) {
        DType dtype = values.get(of).dtype();
        Reduce.Kind kind = KINDS[random.nextInt(KINDS.length)];
        boolean position = kind == Reduce.Kind.ARGMAX || kind == Reduce.Kind.ARGMIN;
        values.add(new Task.Fold(kind, position ? DType.I64 : dtype, of));
        afterFold.add(values.size() - 1);
    }

    // ---------------------------------------------------------------- stores

    private void store(int value) {
        boolean full = isFull(value) || row() == 0;
        long[] strides = new long[dims.length];
        long step = 1;
        long gap = 1;
        for (int d = dims.length - 1; d >= 0; d--) {
            if (full || d < dims.length - reduced) {
                strides[d] = step * gap;
                step *= Math.max(1, dims[d]);
            }
            if (gap == 1 && random.nextInt(6) == 0) {
                gap += random.nextInt(2);
            }
        }
        long offset = random.nextInt(3);
        DType dtype = values.get(value).dtype();
        buffers.add(Arena.ofAuto().allocate((offset + step * gap) * dtype.bytes(), 8));
        stores.add(new Task.Store(value, new Task.Access(buffers.size() - 1, dtype, offset, dims, strides)));
    }

    /** Whether a value differs along a row; a store of one that does not may still be full. */
    private boolean isFull(int value) {
        return reduced == 0 || differs(value) || (afterFoldFits() && random.nextInt(8) == 0);
    }

    private boolean afterFoldFits() {
        return row() <= Task.Loop.MAX_ROW;
    }

    private boolean differs(int value) {
        return switch (values.get(value)) {
            case Task.Load load -> differs(load.access().strides());
            case Task.Constant ignored -> false;
            case Task.Position position -> differs(position.strides());
            case Task.Uniform uniform -> differs(uniform.strides());
            case Task.Apply apply ->
                differs(apply.a()) || (apply.b() >= 0 && differs(apply.b())) || (apply.c() >= 0 && differs(apply.c()));
            case Task.Fold ignored -> false;
        };
    }

    private boolean differs(long[] strides) {
        boolean differs = false;
        for (int d = dims.length - reduced; d < dims.length; d++) {
            differs |= dims[d] != 1 && strides[d] != 0;
        }
        return differs;
    }
}
