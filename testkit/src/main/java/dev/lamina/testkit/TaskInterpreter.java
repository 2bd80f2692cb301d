package dev.lamina.testkit;

import dev.lamina.core.DType;
import dev.lamina.core.LaminaException;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.KernelBackend;
import dev.lamina.core.backend.Task;
import dev.lamina.core.memory.Elements;
import dev.lamina.core.op.Elementwise;
import dev.lamina.core.op.Philox;
import dev.lamina.core.op.Reduce;
import dev.lamina.core.op.Scatter;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Runs lowered tasks element by element. Between the interpreter, which shares nothing with the lowering, and a real backend: where
 * it agrees with the interpreter and the backend does not, the fault is in a kernel; where it does not agree, in the compiler.
 */
public final class TaskInterpreter extends KernelBackend {
    /** Made by {@link java.util.ServiceLoader}. */
    public TaskInterpreter() {}

    @Override
    public String name() {
        return "tasks";
    }

    @Override
    public int priority() {
        return -50;
    }

    @Override
    public String describe() {
        return "runs lowered tasks element by element, to tell faults of the compiler from faults of kernels";
    }

    @Override
    protected List<Kernel> prepare(List<Task> tasks) {
        return tasks.stream().map(TaskInterpreter::prepare).toList();
    }

    private static Kernel prepare(Task task) {
        return switch (task) {
            case Task.Loop loop -> buffers -> loop(loop, buffers);
            case Task.MatMul product -> buffers -> matmul(product, buffers);
            case Task.Convolution conv -> buffers -> WindowTasks.convolve(conv, buffers);
            case Task.Pooling pool -> buffers -> WindowTasks.pool(pool, buffers);
            case Task.Chain chain -> {
                Kernel product = prepare(chain.product());
                yield buffers -> {
                    product.run(buffers);
                    loop(chain.epilogue(), buffers);
                };
            }
            case Task.Band band -> buffers -> band.loops().forEach(loop -> loop(loop, buffers));
            case Task.Images images -> {
                List<Kernel> kernels =
                        images.tasks().stream().map(TaskInterpreter::prepare).toList();
                yield buffers -> kernels.forEach(kernel -> kernel.run(buffers));
            }
            case Task.Gather gather -> buffers -> gather(gather, buffers);
            case Task.Scattering scatter -> buffers -> scatter(scatter, buffers);
            case Task.Sorting sort -> buffers -> sort(sort, buffers);
            case Task.Scanning scan -> buffers -> scan(scan, buffers);
            case Task.Attention ignored -> throw new IllegalStateException("not claimed");
            case Task.AttentionGradient ignored -> throw new IllegalStateException("not claimed");
            case Task.Repeat ignored -> throw new IllegalStateException("core repeats");
        };
    }

    /** Elements are carried as doubles for floats and as longs otherwise. */
    private record Element(double real, long whole) {}

    private static Element load(Task.Access access, MemorySegment[] buffers, int[] index) {
        long at = position(access.offset(), access.strides(), index);
        MemorySegment from = buffers[access.buffer()];
        return access.dtype().isFloat()
                ? new Element(Elements.get(from, access.dtype(), at), 0)
                : new Element(0, Elements.getLong(from, access.dtype(), at));
    }

    private static void store(Task.Access access, MemorySegment[] buffers, int[] index, Element value) {
        long at = position(access.offset(), access.strides(), index);
        if (access.dtype().isFloat()) {
            Elements.set(buffers[access.buffer()], access.dtype(), at, value.real());
        } else {
            Elements.setLong(buffers[access.buffer()], access.dtype(), at, value.whole());
        }
    }

    private static long position(long offset, long[] strides, int[] index) {
        long at = offset;
        for (int d = 0; d < index.length; d++) {
            at += strides[d] * index[d];
        }
        return at;
    }

    private static int[] index(int[] dims, long position) {
        int[] index = new int[dims.length];
        long rest = position;
        for (int d = dims.length - 1; d >= 0; d--) {
            index[d] = (int) (rest % dims[d]);
            rest /= dims[d];
        }
        return index;
    }

    private static int size(int[] dims) {
        return IntStream.of(dims).reduce(1, (a, b) -> a * b);
    }

    // ---------------------------------------------------------------- loops

    /** Computes every value for every index of the space first, then stores: the meaning without any order of execution. */
    private static void loop(Task.Loop loop, MemorySegment[] buffers) {
        int kept = size(IntStream.range(0, loop.dims().length - loop.reduced())
                .map(d -> loop.dims()[d])
                .toArray());
        int row = size(loop.dims()) == 0 && kept > 0 ? 0 : kept == 0 ? 0 : size(loop.dims()) / kept;
        Element[][] values = new Element[loop.values().size()][kept * row];
        Element[][] folds = new Element[loop.values().size()][];
        for (int v = 0; v < values.length; v++) {
            if (loop.values().get(v) instanceof Task.Fold fold) {
                folds[v] = fold(fold, values[fold.a()], kept, row);
            }
            for (int i = 0; i < kept * row; i++) {
                int[] index = index(loop.dims(), i);
                values[v][i] = folds[v] != null
                        ? folds[v][i / row]
                        : value(loop.values().get(v), loop, values, i, index, buffers);
            }
        }
        for (Task.Store store : loop.stores()) {
            boolean once = folds[store.value()] != null && isRowLevel(store.access(), loop.reduced());
            for (int i = 0; once && i < kept; i++) {
                int[] leading = index(Arrays.copyOf(loop.dims(), loop.dims().length - loop.reduced()), i);
                store(store.access(), buffers, Arrays.copyOf(leading, loop.dims().length), folds[store.value()][i]);
            }
            for (int i = 0; !once && i < kept * row; i++) {
                store(store.access(), buffers, index(loop.dims(), i), values[store.value()][i]);
            }
        }
    }

    private static boolean isRowLevel(Task.Access access, int reduced) {
        int rank = access.strides().length;
        return IntStream.range(rank - reduced, rank).allMatch(d -> access.strides()[d] == 0);
    }

    private static Element value(
            Task.Value value, Task.Loop loop, Element[][] done, int i, int[] index, MemorySegment[] buffers) {
        return switch (value) {
            case Task.Load load -> load(load.access(), buffers, index);
            case Task.Constant constant ->
                constant.dtype().isFloat() ? new Element(constant.value(), 0) : new Element(0, (long) constant.value());
            case Task.Position p -> new Element(0, position(p.offset(), p.strides(), index));
            case Task.Uniform u -> {
                long seed =
                        load(u.seed(), buffers, new int[u.seed().dims().length]).whole();
                yield new Element(uniform(seed, u.stream(), position(u.offset(), u.strides(), index), u.dtype()), 0);
            }
            case Task.Apply apply -> apply(apply, loop.values().get(apply.a()).dtype(), done, i);
            case Task.Fold ignored -> throw new IllegalStateException("folds are computed per row");
        };
    }

    private static double uniform(long seed, long stream, long position, DType dtype) {
        int[] words = new int[4];
        boolean single = dtype == DType.F32;
        Philox.block(seed, stream, position / (single ? 4 : 2), words, 0);
        int at = (int) (position % (single ? 4 : 2));
        return single ? Philox.toFloat(words[at]) : Philox.toDouble(words[2 * at], words[2 * at + 1]);
    }

    private static Element apply(Task.Apply apply, DType from, Element[][] done, int i) {
        Element a = done[apply.a()][i];
        Element b = apply.b() < 0 ? a : done[apply.b()][i];
        Element c = apply.c() < 0 ? a : done[apply.c()][i];
        DType to = apply.dtype();
        if (apply.op() == Elementwise.WHERE) {
            return a.whole() != 0 ? b : c;
        }
        if (apply.op() == Elementwise.CAST) {
            return cast(a, from, to);
        }
        if (from.isFloat()) {
            double result = apply.op().apply(a.real(), b.real(), 0);
            return to.isFloat() ? new Element(to.round(result), 0) : new Element(0, (long) result);
        }
        return new Element(0, to.wrap(apply.op().apply(a.whole(), b.whole(), 0L)));
    }

    private static Element cast(Element value, DType from, DType to) {
        double real = from.isFloat() ? value.real() : value.whole();
        if (to.isFloat()) {
            return new Element(to.round(real), 0);
        }
        long truth = real != 0 ? 1 : 0;
        return new Element(0, to == DType.BOOL ? truth : to.wrap(from.isFloat() ? (long) real : value.whole()));
    }

    private static Element[] fold(Task.Fold fold, Element[] of, int kept, int row) {
        Element[] result = new Element[kept];
        for (int r = 0; r < kept; r++) {
            Element best = fold.kind() == Reduce.Kind.SUM ? new Element(0, 0) : of[r * row];
            int where = 0;
            for (int i = 0; i < row; i++) {
                Element next = of[r * row + i];
                if (fold.kind() == Reduce.Kind.SUM) {
                    best = new Element(best.real() + next.real(), best.whole() + next.whole());
                } else if (better(fold.kind(), next, best)) {
                    best = next;
                    where = i;
                }
            }
            boolean position = fold.kind() == Reduce.Kind.ARGMAX || fold.kind() == Reduce.Kind.ARGMIN;
            result[r] = position ? new Element(0, where) : rounded(fold.dtype(), best);
        }
        return result;
    }

    private static Element rounded(DType dtype, Element value) {
        return dtype.isFloat() ? new Element(dtype.round(value.real()), 0) : new Element(0, dtype.wrap(value.whole()));
    }

    private static boolean better(Reduce.Kind kind, Element next, Element best) {
        if (Double.isNaN(best.real()) || Double.isNaN(next.real())) {
            return !Double.isNaN(best.real());
        }
        int order = next.real() == best.real()
                ? Long.compare(next.whole(), best.whole())
                : Double.compare(next.real(), best.real());
        boolean largest = kind == Reduce.Kind.MAX || kind == Reduce.Kind.ARGMAX;
        return largest ? order > 0 : order < 0;
    }

    // ---------------------------------------------------------------- the rest

    private static void matmul(Task.MatMul product, MemorySegment[] buffers) {
        int[] dims = product.out().dims();
        int k = product.a().dims()[dims.length - 1];
        for (int i = 0; i < size(dims); i++) {
            int[] index = index(dims, i);
            int[] left = index.clone();
            int[] right = index.clone();
            double real = 0;
            long whole = 0;
            for (int x = 0; x < k; x++) {
                left[dims.length - 1] = x;
                right[dims.length - 2] = x;
                Element a = load(product.a(), buffers, left);
                Element b = load(product.b(), buffers, right);
                real += product.rounded().round(a.real()) * product.rounded().round(b.real());
                whole += a.whole() * b.whole();
            }
            store(product.out(), buffers, index, new Element(real, whole));
        }
    }

    private static void gather(Task.Gather gather, MemorySegment[] buffers) {
        for (int i = 0; i < size(gather.out().dims()); i++) {
            int[] index = index(gather.out().dims(), i);
            int row = row(gather.index(), buffers, index[0], gather.data().dims()[0]);
            store(gather.out(), buffers, index, load(gather.data(), buffers, new int[] {row, index[1]}));
        }
    }

    private static int row(Task.Access access, MemorySegment[] buffers, int at, int rows) {
        long row = load(access, buffers, new int[] {at}).whole();
        if (row < 0 || row >= rows) {
            throw new LaminaException("expected an index from 0 to " + (rows - 1) + ", got " + row);
        }
        return (int) row;
    }

    private static void scatter(Task.Scattering scatter, MemorySegment[] buffers) {
        for (int i = 0; i < size(scatter.out().dims()); i++) {
            int[] index = index(scatter.out().dims(), i);
            Element value = load(scatter.base(), buffers, index);
            for (int n = 0; n < scatter.index().dims()[0]; n++) {
                if (row(scatter.index(), buffers, n, scatter.out().dims()[0]) == index[0]) {
                    Element update = load(scatter.updates(), buffers, new int[] {n, index[1]});
                    boolean add = scatter.kind() == Scatter.Kind.ADD;
                    value = add ? new Element(value.real() + update.real(), value.whole() + update.whole()) : update;
                }
            }
            store(scatter.out(), buffers, index, value);
        }
    }

    private static void sort(Task.Sorting sort, MemorySegment[] buffers) {
        int[] dims = sort.in().dims();
        int length = dims.length == 0 ? 1 : dims[dims.length - 1];
        Comparator<Element> natural =
                Comparator.comparingDouble((Element e) -> e.real() + 0.0).thenComparingLong(Element::whole);
        Comparator<Element> order = sort.descending() ? natural.reversed() : natural;
        for (int start = 0; start < size(dims); start += length) {
            int from = start;
            long[] sorted = IntStream.range(0, length)
                    .boxed()
                    .sorted((a, b) -> order.compare(
                            load(sort.in(), buffers, index(dims, from + a)),
                            load(sort.in(), buffers, index(dims, from + b))))
                    .mapToLong(i -> i)
                    .toArray();
            for (int i = 0; i < length; i++) {
                store(sort.out(), buffers, index(dims, from + i), new Element(0, sorted[i]));
            }
        }
    }

    private static void scan(Task.Scanning scan, MemorySegment[] buffers) {
        int[] dims = scan.in().dims();
        int length = dims[dims.length - 1];
        for (int start = 0; start < size(dims); start += Math.max(length, 1)) {
            Element sum = new Element(0, 0);
            int from = start;
            for (long i : LongStream.range(0, length)
                    .map(i -> scan.reversed() ? length - 1 - i : i)
                    .toArray()) {
                int[] index = index(dims, from + i);
                Element next = load(scan.in(), buffers, index);
                sum = new Element(sum.real() + next.real(), sum.whole() + next.whole());
                store(scan.out(), buffers, index, sum);
            }
        }
    }
}
