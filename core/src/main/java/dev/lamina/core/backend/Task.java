package dev.lamina.core.backend;

import dev.lamina.core.DType;
import dev.lamina.core.op.Elementwise;
import dev.lamina.core.op.Reduce;
import dev.lamina.core.op.Scatter;
import dev.lamina.core.op.Window;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A piece of work for a kernel, as the lowering forms it: what is read and written where, with all sizes and strides known.
 * Every access has been proven to stay inside its buffer.
 */
public sealed interface Task {
    /** All accesses to memory. */
    Stream<Access> reads();

    /** All accesses that write. */
    Stream<Access> writes();

    /**
     * A strided window on a buffer.
     *
     * @param buffer number of the buffer
     * @param dtype type of its elements
     * @param offset first element
     * @param dims extents of the window
     * @param strides distance in elements per step along each extent; 0 repeats, negative walks back
     */
    record Access(int buffer, DType dtype, long offset, int[] dims, long[] strides) {
        /** Smallest and largest element touched, or {0, -1} if none is. */
        public long[] range() {
            long low = offset;
            long high = offset;
            for (int i = 0; i < dims.length; i++) {
                if (dims[i] == 0) {
                    return new long[] {0, -1};
                }
                long span = strides[i] * (dims[i] - 1);
                low += Math.min(span, 0);
                high += Math.max(span, 0);
            }
            return new long[] {low, high};
        }

        /** True if the window is the whole of its elements in row-major order. */
        public boolean isContiguous() {
            long step = 1;
            for (int i = dims.length - 1; i >= 0; i--) {
                if (dims[i] != 1 && strides[i] != step) {
                    return false;
                }
                step *= dims[i];
            }
            return true;
        }

        /** The address of the first element, for machine code; the caller keeps the buffers reachable. */
        public long address(MemorySegment[] buffers) {
            return buffers[buffer].address() + offset * dtype.bytes();
        }

        /** Where each matrix of a batch (the last two axes) begins, in row-major order, in elements from the offset on. */
        public long[] matrices() {
            int batch = 1;
            for (int d = 0; d < dims.length - 2; d++) {
                batch *= dims[d];
            }
            long[] starts = new long[batch];
            for (int i = 0; i < batch; i++) {
                int rest = i;
                for (int d = dims.length - 3; d >= 0; d--) {
                    starts[i] += rest % dims[d] * strides[d];
                    rest /= dims[d];
                }
            }
            return starts;
        }

        /** The same access through another buffer. */
        public Access at(int other) {
            return new Access(other, dtype, offset, dims, strides);
        }

        @Override
        public String toString() {
            return "b" + buffer + ":" + dtype + "+" + offset + Arrays.toString(strides);
        }
    }

    /**
     * A fused loop nest over an index space. Values are in static single assignment form: a value names earlier ones by number.
     * A value is of <em>row level</em> if it is a {@link Fold}, or depends only on row-level values, constants, and loads whose
     * strides along the reduced axes are 0; it then has one element per index of the leading axes. All others have one element per
     * index of the whole space. With folds whose results are used by full-level values, a row (the product of the reduced
     * extents) has at most {@link #MAX_ROW} elements.
     *
     * <p>A store may overwrite what loads of the same loop read (an update in place): in a map at the very index, else at the very row,
     * where loads and store are at row level. So a kernel does all loads of an index, and all row-level loads of a row, before it
     * stores there.
     *
     * @param dims extents of the space
     * @param reduced number of trailing axes that folds run over; 0 for a map
     * @param values what is computed, in order
     * @param stores which values are written where
     */
    record Loop(int[] dims, int reduced, List<Value> values, List<Store> stores) implements Task {
        /** Longest row that a kernel keeps to go over it more than once. */
        public static final int MAX_ROW = 65_536;

        @Override
        public Stream<Access> reads() {
            return values.stream().flatMap(Value::reads);
        }

        @Override
        public Stream<Access> writes() {
            return stores.stream().map(Store::access);
        }

        @Override
        public String toString() {
            StringBuilder text = new StringBuilder("loop " + Arrays.toString(dims) + " reduced " + reduced);
            for (int i = 0; i < values.size(); i++) {
                text.append("\n    v").append(i).append(" = ").append(values.get(i));
            }
            stores.forEach(store ->
                    text.append("\n    ").append(store.access()).append(" <- v").append(store.value()));
            return text.toString();
        }
    }

    /** A value of a loop. */
    sealed interface Value {
        /** Type of the elements. */
        DType dtype();

        /** Numbers of the values that it is computed from. */
        default int[] arguments() {
            return new int[0];
        }

        /** What it reads from memory itself. */
        default Stream<Access> reads() {
            return Stream.of();
        }

        /** The distance from index to index along each axis of what it reads or counts; empty if it depends on no index itself. */
        default long[] strides() {
            return new long[0];
        }
    }

    /** Elements from memory; the access has the dims of the space. */
    record Load(Access access) implements Value {
        @Override
        public DType dtype() {
            return access.dtype();
        }

        @Override
        public Stream<Access> reads() {
            return Stream.of(access);
        }

        @Override
        public long[] strides() {
            return access.strides();
        }

        @Override
        public String toString() {
            return "load " + access;
        }
    }

    /** The same value everywhere. */
    record Constant(double value, DType dtype) implements Value {}

    /** The i64 number offset + sum of index * stride. */
    record Position(long offset, long[] strides) implements Value {
        @Override
        public DType dtype() {
            return DType.I64;
        }
    }

    /**
     * Uniform random numbers ({@link dev.lamina.core.op.Sample.Uniform}) at position offset + sum of index * stride.
     *
     * @param seed an i64 scalar: its access has strides 0
     */
    record Uniform(Access seed, long stream, DType dtype, long offset, long[] strides) implements Value {
        @Override
        public Stream<Access> reads() {
            return Stream.of(seed);
        }
    }

    /** A scalar function of earlier values; unused arguments are -1. CAST converts from the argument's dtype to this one. */
    record Apply(Elementwise op, DType dtype, int a, int b, int c) implements Value {
        @Override
        public int[] arguments() {
            return c >= 0 ? new int[] {a, b, c} : b >= 0 ? new int[] {a, b} : new int[] {a};
        }
    }

    /**
     * An earlier value combined over the reduced axes; a row-level value. Sums are accumulated in f32 or wider. ARGMAX and ARGMIN
     * give the position in the row, i64.
     */
    record Fold(Reduce.Kind kind, DType dtype, int a) implements Value {
        @Override
        public int[] arguments() {
            return new int[] {a};
        }
    }

    /**
     * Writes a value; the access has the dims of the space. A row-level value is written once per row where the strides
     * along the reduced axes are 0, and repeated along them otherwise. The access may be a window of a larger result
     * (concatenation, padding).
     */
    record Store(int value, Access access) {}

    /** Sums of products, or over windows: work to which a map can be joined ({@link Chain}). */
    sealed interface Product extends Task {
        /** What is written: all of its elements in row-major order. */
        Access out();

        /** What the factors are rounded to before they are multiplied. */
        DType rounded();

        /** Extents of {@link #out} as an epilogue sees them: the last axis, and all others as one. */
        default int[] extents() {
            int[] dims = out().dims();
            int rows = 1;
            for (int d = 0; d < dims.length - 1; d++) {
                rows *= dims[d];
            }
            return new int[] {rows, dims[dims.length - 1]};
        }
    }

    /**
     * Batched matrix product. Windows: a (B..., M, K), b (B..., K, N), out (B..., M, N), which is contiguous. The dtype of the result
     * is that of the operands.
     *
     * @param rounded BF16 if the elements of f32 operands are rounded to bf16 (nearest, ties to even) before they are multiplied;
     *     else the dtype of the operands. Sums of f32, f16 and bf16 products are accumulated in f32
     */
    record MatMul(Access a, Access b, Access out, DType rounded) implements Product {
        @Override
        public int[] extents() {
            return out.dims();
        }

        @Override
        public Stream<Access> reads() {
            return Stream.of(a, b);
        }

        @Override
        public Stream<Access> writes() {
            return Stream.of(out);
        }
    }

    /**
     * A convolution, or one of its gradients ({@link Window.Conv}). Windows: x (N, S..., C), w (T..., C/G, O), y (N, P..., O), all
     * contiguous; the one that the part names is written, all of it.
     *
     * @param rounded see {@link MatMul}
     */
    record Convolution(
            Window.Part part, Window.Geometry geometry, int groups, Access x, Access w, Access y, DType rounded)
            implements Product {
        @Override
        public Access out() {
            return switch (part) {
                case OUTPUT -> y;
                case INPUT -> x;
                case KERNEL -> w;
            };
        }

        @Override
        public Stream<Access> reads() {
            return switch (part) {
                case OUTPUT -> Stream.of(x, w);
                case INPUT -> Stream.of(y, w);
                case KERNEL -> Stream.of(x, y);
            };
        }

        @Override
        public Stream<Access> writes() {
            return Stream.of(out());
        }
    }

    /**
     * Pooling, or one of its gradients ({@link Window.Pool}). All windows are contiguous.
     *
     * @param in one or two windows, as the kind says
     * @param out what is written, all of it
     */
    record Pooling(Window.Pooling kind, Window.Geometry geometry, List<Access> in, Access out) implements Product {
        @Override
        public DType rounded() {
            return out.dtype();
        }

        @Override
        public Stream<Access> reads() {
            return in.stream();
        }

        @Override
        public Stream<Access> writes() {
            return Stream.of(out);
        }
    }

    /**
     * A product and a map that reads it, which a backend may apply piece by piece while the piece is in the cache. The epilogue has
     * the {@link Product#extents} of the product and loads it (one or several times) at the same index. It may store to the product's buffer, at
     * the same index and in the same dtype: another value that takes this place, or, if others read the product too, the product
     * itself. Otherwise the content of that buffer is undefined after the task.
     *
     * @param product the product
     * @param epilogue a loop with no reduced axes
     */
    record Chain(Product product, Loop epilogue) implements Task {
        @Override
        public Stream<Access> reads() {
            return Stream.concat(product.reads(), epilogue.reads());
        }

        @Override
        public Stream<Access> writes() {
            return Stream.concat(product.writes(), epilogue.writes());
        }
    }

    /**
     * A loop and others right behind it that fold, for each index along the row, what it reads or writes: gradients of scale and shift
     * beside that of what was normalized. A backend may run all of them block of rows by block of rows, while a block is in the cache.
     *
     * @param rows what comes first
     * @param columns what follows, in order
     */
    record Band(Loop rows, List<Loop> columns) implements Task {
        /** Fewer elements stay in the cache anyway. */
        public static final long FEWEST = 1 << 15;

        /** All loops in order. */
        public Stream<Loop> loops() {
            return Stream.concat(Stream.of(rows), columns.stream());
        }

        @Override
        public Stream<Access> reads() {
            return loops().flatMap(Loop::reads);
        }

        @Override
        public Stream<Access> writes() {
            return loops().flatMap(Loop::writes);
        }

        @Override
        public String toString() {
            StringBuilder text = new StringBuilder("band");
            loops().forEach(loop -> text.append("\n  ").append(loop.toString().replace("\n", "\n  ")));
            return text.toString();
        }
    }

    /**
     * Convolutions and pooling, each perhaps with its map, over the same number of images. A backend may run all of them image by image, so that what one
     * writes is in the cache when the next one reads it.
     *
     * @param count of the images
     * @param tasks in order
     * @param inner buffers that nobody else reads or writes: what is in them afterwards is undefined
     */
    record Images(int count, List<Task> tasks, Set<Integer> inner) implements Task {
        @Override
        public Stream<Access> reads() {
            return tasks.stream().flatMap(Task::reads);
        }

        @Override
        public Stream<Access> writes() {
            return tasks.stream().flatMap(Task::writes);
        }

        @Override
        public String toString() {
            StringBuilder text =
                    new StringBuilder("images, ").append(tasks.size()).append(" tasks");
            tasks.forEach(task -> text.append("\n  ").append(task.toString().replace("\n", "\n  ")));
            return text.toString();
        }
    }

    /**
     * Scaled dot-product attention, see {@link dev.lamina.core.op.Fused.Attention}. Windows: q (B, H, T, D), k (B, G, S, D), v (B, G, S, E),
     * bias (B, H, T, S), out (B, H, T, E), sums (B, H, T).
     */
    record Attention(
            boolean causal,
            double scale,
            DType rounded,
            Access q,
            Access k,
            Access v,
            Optional<Access> bias,
            Access out,
            Access sums)
            implements Task {
        @Override
        public Stream<Access> reads() {
            return Stream.concat(Stream.of(q, k, v), bias.stream());
        }

        @Override
        public Stream<Access> writes() {
            return Stream.of(out, sums);
        }
    }

    /**
     * The gradients of an attention, see {@link dev.lamina.core.op.Fused.AttentionGradient}. Windows: those of its inputs; dq (B, H, T, D),
     * dk (B, G, S, D), dv (B, G, S, E).
     */
    record AttentionGradient(
            boolean causal, double scale, DType rounded, List<Access> inputs, Access dq, Access dk, Access dv)
            implements Task {
        @Override
        public Stream<Access> reads() {
            return inputs.stream();
        }

        @Override
        public Stream<Access> writes() {
            return Stream.of(dq, dk, dv);
        }

        /** (B, H, T, S), if there is one. */
        public Optional<Access> bias() {
            return inputs.stream().skip(6).findFirst();
        }
    }

    /**
     * Rows by index. Windows: data (R, W), index (N,) i64, out (N, W), contiguous. An index out of range is an error that begins with the
     * name.
     */
    record Gather(String name, Access data, Access index, Access out) implements Task {
        /** Of nobody with a name. */
        public Gather(Access data, Access index, Access out) {
            this("gather", data, index, out);
        }

        @Override
        public Stream<Access> reads() {
            return Stream.of(data, index);
        }

        @Override
        public Stream<Access> writes() {
            return Stream.of(out);
        }
    }

    /** A copy of base with rows changed. Windows: base (R, W), index (N,) i64, updates (N, W), out (R, W), contiguous. */
    record Scattering(Scatter.Kind kind, Access base, Access index, Access updates, Access out) implements Task {
        @Override
        public Stream<Access> reads() {
            return Stream.of(base, index, updates);
        }

        @Override
        public Stream<Access> writes() {
            return Stream.of(out);
        }
    }

    /** i64 indices that sort the last axis, stable, NaN last in ascending order. Windows of equal dims; out is contiguous. */
    record Sorting(boolean descending, Access in, Access out) implements Task {
        @Override
        public Stream<Access> reads() {
            return Stream.of(in);
        }

        @Override
        public Stream<Access> writes() {
            return Stream.of(out);
        }
    }

    /**
     * Tasks that run again and again, for the steps of a scan. Backends get the tasks of the bodies; the repetition is core's.
     *
     * @param bodies tasks of one step in order, on buffers of their own
     * @param lanes who runs all steps of a body; what one of them writes, no other reads or writes, so they may run at the same time
     */
    record Repeat(int steps, List<List<Task>> bodies, List<Lane> lanes) implements Task {
        @Override
        public Stream<Access> reads() {
            return lanes.stream().flatMap(lane -> all(lane, Task::reads));
        }

        @Override
        public Stream<Access> writes() {
            return lanes.stream().flatMap(lane -> all(lane, Task::writes));
        }

        private Stream<Access> all(Lane lane, Function<Task, Stream<Access>> accesses) {
            return bodies.get(lane.body()).stream()
                    .flatMap(accesses)
                    .map(access -> all(lane.slots().get(access.buffer()), access));
        }

        /** An access of a step as one of all steps: they are its first axis. */
        private Access all(Slot slot, Access access) {
            int bytes = access.dtype().bytes();
            int[] dims = new int[access.dims().length + 1];
            long[] strides = new long[dims.length];
            System.arraycopy(access.dims(), 0, dims, 1, dims.length - 1);
            System.arraycopy(access.strides(), 0, strides, 1, dims.length - 1);
            dims[0] = steps;
            strides[0] = slot.step() / bytes;
            return new Access(slot.buffer(), access.dtype(), access.offset() + slot.offset() / bytes, dims, strides);
        }

        @Override
        public String toString() {
            StringBuilder text = new StringBuilder("repeat " + steps + " times");
            for (Lane lane : lanes) {
                text.append("\n  lane");
                for (int i = 0; i < lane.slots().size(); i++) {
                    text.append("\n  b")
                            .append(i)
                            .append(" is ")
                            .append(lane.slots().get(i));
                }
                bodies.get(lane.body())
                        .forEach(task ->
                                text.append("\n  ").append(task.toString().replace("\n", "\n  ")));
            }
            return text.toString();
        }
    }

    /**
     * A part of a repetition.
     *
     * @param body number of the tasks
     * @param slots where each of their buffers is
     */
    record Lane(int body, List<Slot> slots) {}

    /**
     * A part of a buffer, which moves from step to step.
     *
     * @param buffer number of the buffer
     * @param offset first byte at the first step
     * @param step bytes by which it moves
     * @param bytes its size
     */
    record Slot(int buffer, long offset, long step, long bytes) {
        @Override
        public String toString() {
            return bytes + " bytes of b" + buffer + " at " + offset + (step == 0 ? "" : " moving by " + step);
        }
    }

    /** Running sums along the last axis of the windows, which have equal dims. */
    record Scanning(boolean reversed, Access in, Access out) implements Task {
        @Override
        public Stream<Access> reads() {
            return Stream.of(in);
        }

        @Override
        public Stream<Access> writes() {
            return Stream.of(out);
        }
    }
}
