package dev.lamina.cpu.plain;

import dev.lamina.core.backend.Task;
import dev.lamina.core.memory.Elements;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** The windows of a loop: loads, stores, positions and random numbers. */
final class Windows {
    private Windows() {}

    /** A window that writes a register. */
    private abstract static class Source extends Window {
        private final Register d;

        Source(LoopSpace space, Register d, long offset, long[] strides) {
            super(space, d.level, offset, strides);
            this.d = d;
        }

        @Override
        final void repeat(Workspace w, int at, int size, int times) {
            Object array = d.array(w);
            int whole = size * times;
            // Each copy doubles what is there.
            for (int done = size; done < whole; done *= 2) {
                System.arraycopy(array, at, array, at + done, Math.min(done, whole - done));
            }
        }
    }

    /** d = elements of memory. */
    static Step load(LoopSpace space, Task.Access access, Register d) {
        boolean empty = space.isEmpty();
        return new Source(space, d, access.offset(), access.strides()) {
            @Override
            void span(Workspace w, long base, long stride, int at, int n) {
                MemorySegment from = w.buffers[access.buffer()];
                if (empty && (base + (n - 1) * stride + 1) * access.dtype().bytes() > from.byteSize()) {
                    // In an empty space a value that looks like one number for all may have no element at all.
                    return;
                }
                switch (d.kind) {
                    case FLOAT -> Spans.load(from, access.dtype(), base, stride, d.floats(w), at, n, w);
                    case DOUBLE -> Spans.load(from, base, stride, d.doubles(w), at, n);
                    case INT -> Spans.load(from, access.dtype(), base, stride, d.ints(w), at, n, w);
                    case LONG -> Spans.load(from, base, stride, d.longs(w), at, n);
                }
            }

            @Override
            boolean turns() {
                return true;
            }

            @Override
            void across(Workspace w, long base, int at, int step, int n) {
                MemorySegment from = w.buffers[access.buffer()];
                switch (d.kind) {
                    case FLOAT -> Spans.loadAcross(from, access.dtype(), base, d.floats(w), at, step, n, w);
                    case DOUBLE -> Spans.loadAcross(from, base, d.doubles(w), at, step, n);
                    case INT -> Spans.loadAcross(from, access.dtype(), base, d.ints(w), at, step, n, w);
                    case LONG -> Spans.loadAcross(from, base, d.longs(w), at, step, n);
                }
            }
        };
    }

    /** Elements of memory = x. */
    static Step store(LoopSpace space, Register x, Task.Access access) {
        return new Window(space, x.level, access.offset(), access.strides()) {
            @Override
            void span(Workspace w, long base, long stride, int at, int n) {
                MemorySegment to = w.buffers[access.buffer()];
                switch (x.kind) {
                    case FLOAT -> Spans.store(to, access.dtype(), base, stride, x.floats(w), at, n, w);
                    case DOUBLE -> Spans.store(to, base, stride, x.doubles(w), at, n);
                    case INT -> Spans.store(to, access.dtype(), base, stride, x.ints(w), at, n, w);
                    case LONG -> Spans.store(to, base, stride, x.longs(w), at, n);
                }
            }

            @Override
            void repeat(Workspace w, int at, int size, int times) {
                throw new IllegalStateException("a store names each place once");
            }
        };
    }

    /** d = places. */
    static Step position(LoopSpace space, Task.Position position, Register d) {
        return new Source(space, d, position.offset(), position.strides()) {
            @Override
            void span(Workspace w, long base, long stride, int at, int n) {
                long[] to = d.longs(w);
                for (int i = 0; i < n; i++) {
                    to[at + i] = base + i * stride;
                }
            }
        };
    }

    /** d = random numbers by place; d is FLOAT for f32, else DOUBLE. */
    static Step uniform(LoopSpace space, Task.Uniform uniform, Register d) {
        Task.Access seed = uniform.seed();
        return new Source(space, d, uniform.offset(), uniform.strides()) {
            @Override
            void span(Workspace w, long base, long stride, int at, int n) {
                long key = Elements.getLong(w.buffers[seed.buffer()], seed.dtype(), seed.offset());
                if (d.kind == Kind.FLOAT) {
                    w.philox().floats(key, uniform.stream(), base, stride, d.floats(w), at, n);
                } else {
                    w.philox().doubles(key, uniform.stream(), base, stride, d.doubles(w), at, n);
                }
            }
        };
    }

    /** d = one number. */
    static Step constant(Task.Constant constant, Register d) {
        double value = constant.dtype().isFloat() ? constant.dtype().round(constant.value()) : 0;
        long whole = constant.dtype().isFloat() ? 0 : constant.dtype().wrap((long) constant.value());
        return switch (d.kind) {
            case FLOAT -> w -> Arrays.fill(d.floats(w), 0, 1, (float) value);
            case DOUBLE -> w -> Arrays.fill(d.doubles(w), 0, 1, value);
            case INT -> w -> Arrays.fill(d.ints(w), 0, 1, (int) whole);
            case LONG -> w -> Arrays.fill(d.longs(w), 0, 1, whole);
        };
    }
}
