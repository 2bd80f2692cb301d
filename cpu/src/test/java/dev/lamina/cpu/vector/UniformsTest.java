package dev.lamina.cpu.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lamina.core.DType;
import dev.lamina.core.op.Philox;
import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.code.GuardedMemory;
import dev.lamina.cpu.code.Isa;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UniformsTest {
    @ParameterizedTest
    @CsvSource({"0, 0, 0", "1234567890123, -77, 4", "-5, 3, -64", "42, 9000000000, 17179869180", "7, 1, 17179869176"})
    void numbersArePhilox(long seed, long stream, long first) {
        for (int bits = 256; bits <= Isa.machine().vectorBits(); bits += 256) {
            check(bits, seed, stream, first);
        }
    }

    private static void check(int bits, long seed, long stream, long first) {
        KernelCode code = new KernelCode(bits);
        R out = code.argument(0);
        R start = code.argument(1);
        V seeds = code.splat(Lane.I64, code.argument(2));
        code.store(DType.F32, At.of(out), code.uniformRun(seeds, stream, start), null);
        V positions =
                code.add(code.splat(Lane.I64, start), code.mul(code.iota(Lane.I64), code.constant(Lane.I64, -3L)));
        code.store(DType.F32, At.of(out, 4 * code.lanes()), code.uniform(seeds, stream, positions), null);
        int lanes = code.lanes();
        Entry entry = Elementary.publish(code);
        GuardedMemory memory = GuardedMemory.endingAtGuard(8L * lanes);
        entry.call(memory.address(), first, seed, 0);
        for (int i = 0; i < lanes; i++) {
            float run = memory.segment().getAtIndex(ValueLayout.JAVA_FLOAT, i);
            float any = memory.segment().getAtIndex(ValueLayout.JAVA_FLOAT, i + lanes);
            assertEquals(expected(seed, stream, first + i), run, "run, lane " + i + " at " + bits);
            assertEquals(expected(seed, stream, first - 3L * i), any, "any, lane " + i + " at " + bits);
        }
    }

    private static float expected(long seed, long stream, long position) {
        int[] words = new int[4];
        Philox.block(seed, stream, Math.floorDiv(position, 4), words, 0);
        return Philox.toFloat(words[(int) Math.floorMod(position, 4L)]);
    }
}
