package dev.lamina.cpu.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lamina.core.DType;
import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.code.GuardedMemory;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.vector.IntegerCode.Relation;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Random programs with many live values, written twice: as a kernel, and evaluated in Java as they are written. */
class AllocationTest {
    private static final int PROGRAMS = 300;

    /** Values of a program with what they are for each lane; loops are evaluated by writing their body again for Java. */
    private static final class Writer {
        final KernelCode code;
        final int lanes;
        final R memory;
        final List<V> vectors = new ArrayList<>();
        final List<int[]> lanesOf = new ArrayList<>();
        final List<R> numbers = new ArrayList<>();
        final List<Long> valueOf = new ArrayList<>();

        Writer(int bits) {
            code = new KernelCode(bits);
            lanes = code.lanes();
            memory = code.argument(0);
        }

        void add(V v, int[] elements) {
            vectors.add(v);
            lanesOf.add(elements);
        }

        void add(R r, long value) {
            numbers.add(r);
            valueOf.add(value);
        }
    }

    @Test
    void programsGiveWhatJavaGives() {
        long seed = Long.getLong("seed", System.nanoTime());
        for (int i = 0; i < PROGRAMS; i++) {
            for (int bits = 256; bits <= Isa.machine().vectorBits(); bits += 256) {
                check(new Random(seed + i), bits, "seed " + (seed + i) + ", " + bits + " bits");
            }
        }
    }

    private static void check(Random random, int bits, String name) {
        Writer w = new Writer(bits);
        int pressure = 2 + random.nextInt(60);
        for (int i = 0; i < pressure; i++) {
            int start = random.nextInt();
            int[] elements = new int[w.lanes];
            for (int k = 0; k < w.lanes; k++) {
                elements[k] = start + k;
            }
            w.add(w.code.variable(w.code.add(w.code.iota(Lane.I32), w.code.constant(Lane.I32, start))), elements);
            if (i % 3 == 0) {
                long number = random.nextLong();
                w.add(w.code.variable(w.code.integer(number)), number);
            }
        }
        block(w, random, 0);
        GuardedMemory memory = finish(w);
        for (int v = 0; v < w.vectors.size(); v++) {
            for (int k = 0; k < w.lanes; k++) {
                int found = memory.segment().getAtIndex(ValueLayout.JAVA_INT_UNALIGNED, (long) v * w.lanes + k);
                assertEquals(w.lanesOf.get(v)[k], found, name + ": vector " + v + ", lane " + k);
            }
        }
        for (int r = 0; r < w.numbers.size(); r++) {
            long at = 4L * w.lanes * w.vectors.size() + 8L * r;
            assertEquals(
                    w.valueOf.get(r),
                    memory.segment().get(ValueLayout.JAVA_LONG_UNALIGNED, at),
                    name + ": number " + r);
        }
    }

    private static GuardedMemory finish(Writer w) {
        for (int v = 0; v < w.vectors.size(); v++) {
            w.code.store(DType.I32, At.of(w.memory, 4 * w.lanes * v), w.vectors.get(v), null);
        }
        for (int r = 0; r < w.numbers.size(); r++) {
            w.code.store(At.of(w.memory, 4 * w.lanes * w.vectors.size() + 8 * r), w.numbers.get(r));
        }
        Entry entry = Elementary.publish(w.code);
        GuardedMemory memory = GuardedMemory.endingAtGuard(4L * w.lanes * w.vectors.size() + 8L * w.numbers.size());
        entry.call(memory.address(), 0, 0, 0);
        return memory;
    }

    /** Writes statements; the effect in Java is kept as a list of steps that loops repeat. */
    private static void block(Writer w, Random random, int depth) {
        List<Runnable> steps = new ArrayList<>();
        statements(w, random, depth, steps);
        steps.forEach(Runnable::run);
    }

    private static void statements(Writer w, Random random, int depth, List<Runnable> steps) {
        int count = 3 + random.nextInt(12);
        for (int i = 0; i < count; i++) {
            int what = random.nextInt(10);
            if (what == 0 && depth < 3) {
                loop(w, random, depth, steps);
            } else if (what == 1 && depth < 3) {
                when(w, random, depth, steps);
            } else if (what < 4) {
                number(w, random, steps);
            } else {
                vector(w, random, steps);
            }
        }
    }

    private static void loop(Writer w, Random random, int depth, List<Runnable> steps) {
        int times = random.nextInt(4);
        List<Runnable> body = new ArrayList<>();
        if (random.nextBoolean()) {
            w.code.loop(0, times, 1);
        } else {
            w.code.loop(w.code.integer(5), w.code.integer(5 + 3L * times), 3);
        }
        statements(w, random, depth + 1, body);
        w.code.endLoop();
        steps.add(() -> {
            for (int i = 0; i < times; i++) {
                body.forEach(Runnable::run);
            }
        });
    }

    private static void when(Writer w, Random random, int depth, List<Runnable> steps) {
        int a = random.nextInt(w.numbers.size());
        int b = random.nextInt(w.numbers.size());
        List<Runnable> then = new ArrayList<>();
        List<Runnable> otherwise = new ArrayList<>();
        w.code.when(w.numbers.get(a), Relation.LESS, w.numbers.get(b));
        statements(w, random, depth + 1, then);
        if (random.nextBoolean()) {
            w.code.otherwise();
            statements(w, random, depth + 1, otherwise);
        }
        w.code.endWhen();
        steps.add(() -> (w.valueOf.get(a) < w.valueOf.get(b) ? then : otherwise).forEach(Runnable::run));
    }

    private static void number(Writer w, Random random, List<Runnable> steps) {
        int d = random.nextInt(w.numbers.size());
        int a = random.nextInt(w.numbers.size());
        int b = random.nextInt(w.numbers.size());
        R x = w.numbers.get(a);
        R y = w.numbers.get(b);
        int kind = random.nextInt(8);
        R result = switch (kind) {
            case 0 -> w.code.add(x, y);
            case 1 -> w.code.sub(x, w.code.add(y, 7));
            case 2 -> w.code.mul(x, y);
            case 3 -> w.code.min(x, y);
            case 4 -> w.code.max(x, y);
            case 5 -> w.code.shiftRight(x, 7);
            case 6 -> w.code.mul(x, 12345);
            default -> w.code.toInteger(w.vectors.getFirst());
        };
        w.code.assign(w.numbers.get(d), result);
        steps.add(() -> {
            long p = w.valueOf.get(a);
            long q = w.valueOf.get(b);
            w.valueOf.set(
                    d,
                    switch (kind) {
                        case 0 -> p + q;
                        case 1 -> p - (q + 7);
                        case 2 -> p * q;
                        case 3 -> Math.min(p, q);
                        case 4 -> Math.max(p, q);
                        case 5 -> p >> 7;
                        case 6 -> p * 12345;
                        default -> (long) w.lanesOf.getFirst()[0];
                    });
        });
    }

    private static void vector(Writer w, Random random, List<Runnable> steps) {
        int d = random.nextInt(w.vectors.size());
        int a = random.nextInt(w.vectors.size());
        int b = random.nextInt(w.vectors.size());
        int c = random.nextInt(w.vectors.size());
        int n = random.nextInt(w.numbers.size());
        int number = random.nextInt();
        V x = w.vectors.get(a);
        V y = w.vectors.get(b);
        V z = w.vectors.get(c);
        int kind = random.nextInt(9);
        V result = switch (kind) {
            case 0 -> w.code.add(x, y);
            case 1 -> w.code.sub(x, y);
            case 2 -> w.code.mul(x, w.code.constant(Lane.I32, number));
            case 3 -> w.code.select(w.code.less(x, y), z, w.code.constant(Lane.I32, number));
            case 4 -> w.code.select(w.code.and(w.code.lessOrEqual(x, y), w.code.notEqual(y, z)), y, z);
            case 5 -> w.code.max(x, w.code.shiftLeft(y, 3));
            case 6 ->
                w.code.convert(
                        w.code.add(w.code.convert(x, Lane.I64), w.code.splat(Lane.I64, w.numbers.get(n))), Lane.I32);
            case 7 -> w.code.xor(x, w.code.add(y, z), w.code.splat(Lane.I32, w.numbers.get(n)));
            default -> w.code.sub(w.code.constant(Lane.I32, number), w.code.abs(x));
        };
        w.code.assign(w.vectors.get(d), result);
        steps.add(() -> {
            int[] to = new int[w.lanes];
            for (int k = 0; k < to.length; k++) {
                int p = w.lanesOf.get(a)[k];
                int q = w.lanesOf.get(b)[k];
                int r = w.lanesOf.get(c)[k];
                to[k] = switch (kind) {
                    case 0 -> p + q;
                    case 1 -> p - q;
                    case 2 -> p * number;
                    case 3 -> p < q ? r : number;
                    case 4 -> p <= q && q != r ? q : r;
                    case 5 -> Math.max(p, q << 3);
                    case 6 -> (int) (p + w.valueOf.get(n));
                    case 7 -> p ^ (q + r) ^ (int) (long) w.valueOf.get(n);
                    default -> number - Math.abs(p);
                };
            }
            w.lanesOf.set(d, to);
        });
    }
}
