package dev.lamina.cpu.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.memory.Elements;
import dev.lamina.cpu.Allocation;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.GuardedMemory;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.plain.NaiveLoop;
import dev.lamina.cpu.plain.RandomLoop;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random fused loops as machine code against {@link NaiveLoop}, at both vector widths, on buffers that end at a guard page. */
class MachineLoopTest {
    /** So many that 5,000 of them become machine code at each width. */
    private static final int ROUNDS = Integer.getInteger("lamina.rounds", 6000);

    private static final int LEAST = ROUNDS * 5 / 6;
    private static final long FIRST = Long.getLong("lamina.seed", 0);
    private static final int BATCH = 100;
    private static final int MOST_WRONG = 10;

    private static Isa isa(int bits) {
        assumeTrue(Isa.machine().vectorBits() >= bits, "this machine lacks vectors of " + bits + " bits");
        return new Isa(bits, false, false);
    }

    @ParameterizedTest
    @ValueSource(ints = {256, 512})
    void randomLoopsAgreeWithScalarCode(int bits) throws Exception {
        Isa isa = isa(bits);
        Pool pool = Pool.of(2);
        int prepared = 0;
        List<String> wrong = new ArrayList<>();
        for (long seed = FIRST; seed < FIRST + ROUNDS; seed += BATCH) {
            List<@Nullable Kernel> kernels = new ArrayList<>();
            CodeBatch batch = new CodeBatch();
            for (long s = seed; s < seed + BATCH; s++) {
                RandomLoop random = new RandomLoop(s, 4098);
                try {
                    kernels.add(LoopKernels.prepare(random.loop(), isa, pool, batch));
                } catch (RuntimeException e) {
                    throw new AssertionError("seed " + s + ": " + random.loop(), e);
                }
            }
            batch.publish();
            for (int i = 0; i < BATCH; i++) {
                Kernel kernel = kernels.get(i);
                if (kernel != null) {
                    prepared++;
                    check(kernel, seed + i).ifPresent(wrong::add);
                }
            }
            if (wrong.size() >= MOST_WRONG) {
                break;
            }
        }
        pool.close();
        assertEquals(List.of(), wrong);
        assertTrue(prepared >= LEAST, "only " + prepared + " of " + ROUNDS + " loops became machine code");
    }

    private static Optional<String> check(Kernel kernel, long seed) {
        RandomLoop random = new RandomLoop(seed, 4098);
        Task.Loop loop = random.loop();
        MemorySegment[] expected = random.buffers();
        List<GuardedMemory> memory = guarded(expected, seed % 2 == 0);
        MemorySegment[] actual = segments(memory);
        NaiveLoop.run(loop, expected);
        kernel.run(actual);
        Optional<String> wrong = loop.stores().stream()
                .flatMap(store -> difference(store.access(), expected, actual).stream())
                .map(text -> "\nseed " + seed + ": " + loop + "\n" + text)
                .findFirst();
        return wrong;
    }

    /** Copies that end, or if not {@code end} begin, at a page that nobody can touch. */
    private static List<GuardedMemory> guarded(MemorySegment[] buffers, boolean end) {
        return Arrays.stream(buffers)
                .map(buffer -> {
                    GuardedMemory memory = end
                            ? GuardedMemory.endingAtGuard(buffer.byteSize())
                            : GuardedMemory.beginningAtGuard(buffer.byteSize());
                    memory.segment().copyFrom(buffer);
                    return memory;
                })
                .toList();
    }

    private static MemorySegment[] segments(List<GuardedMemory> memory) {
        return memory.stream().map(GuardedMemory::segment).toArray(MemorySegment[]::new);
    }

    private static MemorySegment[] copy(MemorySegment[] buffers) {
        return Arrays.stream(buffers)
                .map(buffer -> Arena.ofAuto().allocate(buffer.byteSize(), 64).copyFrom(buffer))
                .toArray(MemorySegment[]::new);
    }

    private static Optional<String> difference(Task.Access access, MemorySegment[] expected, MemorySegment[] actual) {
        MemorySegment a = expected[access.buffer()];
        MemorySegment b = actual[access.buffer()];
        for (long i = 0; i < a.byteSize() / access.dtype().bytes(); i++) {
            boolean same = access.dtype().isFloat()
                    ? sameFloat(Elements.get(a, access.dtype(), i), Elements.get(b, access.dtype(), i))
                    : Elements.getLong(a, access.dtype(), i) == Elements.getLong(b, access.dtype(), i);
            if (!same) {
                return Optional.of("element " + i + " of " + access + ": expected " + Elements.get(a, access.dtype(), i)
                        + ", got " + Elements.get(b, access.dtype(), i));
            }
        }
        return Optional.empty();
    }

    /** -0.0 equals 0.0: a maximum of both may be either. */
    private static boolean sameFloat(double x, double y) {
        return x == y || (Double.isNaN(x) && Double.isNaN(y));
    }

    @ParameterizedTest
    @ValueSource(ints = {256, 512})
    void mapsRunPieceByPiece(int bits) throws Exception {
        Isa isa = isa(bits);
        int pieces = 0;
        for (long seed = FIRST; seed < FIRST + ROUNDS / 5; seed++) {
            RandomLoop random = new RandomLoop(seed, 4098);
            Task.Loop loop = random.loop();
            CodeBatch batch = new CodeBatch();
            Region region = LoopKernels.region(loop, isa, batch);
            if (region == null) {
                continue;
            }
            batch.publish();
            MemorySegment[] expected = random.buffers();
            List<GuardedMemory> memory = guarded(expected, seed % 2 == 0);
            NaiveLoop.run(loop, expected);
            pieces += inPieces(region, loop.dims(), segments(memory), new Random(seed));
            for (Task.Store store : loop.stores()) {
                assertEquals(
                        Optional.empty(),
                        difference(store.access(), expected, segments(memory)),
                        "seed " + seed + ": " + loop);
            }
        }
        assertTrue(pieces > ROUNDS / 5, "only " + pieces + " pieces");
    }

    private static int inPieces(Region region, int[] dims, MemorySegment[] buffers, Random random) {
        int rank = dims.length;
        int batches = 1;
        for (int d = 0; d < rank - 2; d++) {
            batches *= dims[d];
        }
        Frame frame = region.bind(buffers);
        int pieces = 0;
        for (int b = 0; b < batches; b++) {
            int rows;
            for (int row = 0; row < dims[rank - 2]; row += rows) {
                rows = 1 + random.nextInt(dims[rank - 2] - row);
                int columns;
                for (int column = 0; column < dims[rank - 1]; column += columns) {
                    columns = 1 + random.nextInt(dims[rank - 1] - column);
                    region.run(frame, b, row, rows, column, columns);
                    pieces++;
                }
            }
        }
        region.release(frame);
        return pieces;
    }

    @ParameterizedTest
    @ValueSource(ints = {256, 512})
    void runsAllocateNothing(int bits) throws Exception {
        Isa isa = isa(bits);
        Pool pool = Pool.of(2);
        for (long seed = 0; seed < 30; seed++) {
            RandomLoop random = new RandomLoop(seed, 200_000);
            CodeBatch batch = new CodeBatch();
            Kernel kernel = LoopKernels.prepare(random.loop(), isa, pool, batch);
            if (kernel != null) {
                batch.publish();
                MemorySegment[] buffers = random.buffers();
                assertEquals(0, Allocation.least(20, () -> kernel.run(buffers)), "seed " + seed);
            }
        }
        pool.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {256, 512})
    void anyNumberOfThreadsGivesTheSameBits(int bits) throws Exception {
        Isa isa = isa(bits);
        Pool[] pools = {Pool.of(1), Pool.of(2), Pool.of(3), Pool.of(7)};
        for (long seed = 0; seed < 100; seed++) {
            RandomLoop random = new RandomLoop(seed, 100_000);
            MemorySegment @Nullable [] first = null;
            for (Pool pool : pools) {
                CodeBatch batch = new CodeBatch();
                Kernel kernel = LoopKernels.prepare(random.loop(), isa, pool, batch);
                if (kernel == null) {
                    break;
                }
                batch.publish();
                MemorySegment[] own = copy(random.buffers());
                kernel.run(own);
                first = first == null ? own : first;
                for (int i = 0; i < first.length; i++) {
                    assertEquals(-1, first[i].mismatch(own[i]), "seed " + seed + ", " + pool.threads() + " threads");
                }
            }
        }
        Arrays.stream(pools).forEach(Pool::close);
    }
}
