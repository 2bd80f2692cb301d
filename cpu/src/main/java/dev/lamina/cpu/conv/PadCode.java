package dev.lamina.cpu.conv;

import dev.lamina.core.DType;
import dev.lamina.cpu.code.Assembler;
import dev.lamina.cpu.gemm.Call;
import dev.lamina.cpu.gemm.Library;
import dev.lamina.cpu.gemm.Step;
import dev.lamina.cpu.vector.At;
import dev.lamina.cpu.vector.KernelCode;
import dev.lamina.cpu.vector.Lane;
import dev.lamina.cpu.vector.R;
import dev.lamina.cpu.vector.Tail;
import dev.lamina.cpu.vector.V;
import org.jspecify.annotations.Nullable;

/**
 * Code that copies rows of an image, rounds their elements and puts zeros beside them.
 *
 * <p>Arguments: first element, number of rows, target, description.
 */
final class PadCode {
    /** Offsets in a description: bytes from row to row, bytes of zeros on both sides, elements of a row. */
    private static final int FROM_ROW = 8;

    private static final int TO_ROW = 16;
    private static final int LEFT = 24;
    private static final int COUNT = 32;
    private static final int RIGHT = 40;
    private static final int BYTES = 64;

    /**
     * What is generated.
     *
     * @param rounded what elements are rounded to on the way
     */
    record Key(int bits, DType rounded) {
        // Written out for quick starts.
        @Override
        public String toString() {
            return bits + "-" + rounded;
        }
    }

    private final KernelCode code;
    private final Key key;

    private PadCode(Key key) {
        this.key = key;
        code = new KernelCode(key.bits());
    }

    private static Assembler write(Key key) {
        PadCode pad = new PadCode(key);
        pad.rows();
        return pad.code.assemble();
    }

    /** Copies rows: a = first element, b = number of rows, c = where to. Sizes in bytes, but for the count. */
    static Step step(Key key, long fromRow, long toRow, long left, int count, long right) {
        String name = "pad-" + key;
        return new Call(Library.entry(name, name, () -> write(key)), BYTES, false)
                .put(FROM_ROW, fromRow)
                .put(TO_ROW, toRow)
                .put(LEFT, left)
                .put(COUNT, count)
                .put(RIGHT, right);
    }

    private void rows() {
        R from = code.argument(0);
        R rows = code.argument(1);
        R to = code.argument(2);
        R description = code.argument(3);
        R fromRow = code.load(At.of(description, FROM_ROW));
        R toRow = code.load(At.of(description, TO_ROW));
        R left = code.load(At.of(description, LEFT));
        R count = code.load(At.of(description, COUNT));
        R right = code.load(At.of(description, RIGHT));
        R whole = code.and(count, -code.lanes());
        Tail rest = code.tail(code.sub(count, whole));
        R source = code.variable(from);
        R target = code.variable(to);
        code.loop(0, rows, 1);
        zeros(target, left);
        R begin = code.add(target, left);
        R i = code.loop(0, whole, code.lanes());
        move(At.of(source, i, Float.BYTES), At.of(begin, i, Float.BYTES), null);
        code.endLoop();
        move(At.of(source, whole, Float.BYTES), At.of(begin, whole, Float.BYTES), rest);
        zeros(code.address(At.of(begin, count, Float.BYTES)), right);
        code.increase(source, fromRow);
        code.increase(target, toRow);
        code.endLoop();
    }

    private void move(At from, At to, @Nullable Tail tail) {
        code.store(DType.F32, to, code.fit(code.load(DType.F32, from, tail), key.rounded()), tail);
    }

    /** Bytes of zeros. */
    private void zeros(R at, R bytes) {
        V zero = code.constant(Lane.F32, 0.0);
        R whole = code.and(bytes, -4L * code.lanes());
        R i = code.loop(0, whole, 4L * code.lanes());
        code.store(DType.F32, At.of(at, i, 1), zero, null);
        code.endLoop();
        R rest = code.sub(bytes, whole);
        code.store(DType.F32, At.of(at, whole, 1), zero, code.tail(code.shiftRight(rest, 2)));
    }
}
