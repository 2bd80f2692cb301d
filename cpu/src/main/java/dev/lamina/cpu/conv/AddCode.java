package dev.lamina.cpu.conv;

import dev.lamina.core.DType;
import dev.lamina.cpu.code.Assembler;
import dev.lamina.cpu.vector.At;
import dev.lamina.cpu.vector.KernelCode;
import dev.lamina.cpu.vector.R;
import dev.lamina.cpu.vector.Tail;
import dev.lamina.cpu.vector.V;
import org.jspecify.annotations.Nullable;

/**
 * Code that adds up blocks of f32, always in the same order.
 *
 * <p>Arguments: the first block, number of elements, target, description.
 */
final class AddCode {
    /** Offsets in a description: bytes from block to block, and how many blocks there are. */
    static final int STRIDE = 8;

    static final int BLOCKS = 16;
    static final int BYTES = 64;

    private final KernelCode code;
    private final R from;
    private final R to;
    private final R stride;
    private final R blocks;

    private AddCode(int bits) {
        code = new KernelCode(bits);
        from = code.argument(0);
        R count = code.argument(1);
        to = code.argument(2);
        R description = code.argument(3);
        stride = code.load(At.of(description, STRIDE));
        blocks = code.load(At.of(description, BLOCKS));
        R whole = code.and(count, -code.lanes());
        Tail rest = code.tail(code.sub(count, whole));
        R i = code.loop(0, whole, code.lanes());
        add(i, null);
        code.endLoop();
        add(whole, rest);
    }

    static Assembler write(int bits) {
        return new AddCode(bits).code.assemble();
    }

    private void add(R i, @Nullable Tail tail) {
        R at = code.variable(code.address(At.of(from, i, Float.BYTES)));
        V sum = code.variable(code.load(DType.F32, At.of(at), tail));
        code.loop(1, blocks, 1);
        code.increase(at, stride);
        code.assign(sum, code.add(sum, code.load(DType.F32, At.of(at), tail)));
        code.endLoop();
        code.store(DType.F32, At.of(to, i, Float.BYTES), sum, tail);
    }
}
