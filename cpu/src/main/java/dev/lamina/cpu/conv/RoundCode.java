package dev.lamina.cpu.conv;

import dev.lamina.cpu.code.Abi;
import dev.lamina.cpu.code.Assembler;
import dev.lamina.cpu.code.Condition;
import dev.lamina.cpu.code.Gpr;
import dev.lamina.cpu.code.Imm;
import dev.lamina.cpu.code.Label;
import dev.lamina.cpu.code.Mask;
import dev.lamina.cpu.code.Mem;
import dev.lamina.cpu.code.Op;
import dev.lamina.cpu.code.Vec;
import dev.lamina.cpu.gemm.Call;
import dev.lamina.cpu.gemm.Library;
import dev.lamina.cpu.gemm.Step;

/**
 * Code that copies rows of an image for the tile unit: rounds their elements to bf16, to nearest, ties to even, and puts zeros beside them. Subnormal
 * elements become 0, which is what the unit takes them for.
 *
 * <p>Arguments: first element, number of rows, target, description. Registers: RBX description, RDI row, RDX the same in the target, R10 and R11
 * places in them.
 */
final class RoundCode {
    /** Offsets in a description: bytes from row to row. */
    private static final int FROM_ROW = 8;

    private static final int TO_ROW = 16;

    /** Zeros on the left: whole vectors, then bytes and mask of the rest. On the right likewise. */
    private static final int LEFT = 24;

    private static final int RIGHT = 48;

    /** Elements: whole vectors, then bytes of the rest in the target, its mask there, and its two masks in the source. */
    private static final int WHOLE = 72;

    private static final int REST = 80;
    private static final int STORED = 88;
    private static final int LOW = 96;
    private static final int HIGH = 104;
    private static final int BYTES = 128;

    private static final int LANES = 32;
    private static final int VECTOR = 64;
    private static final Mask LEFT_MASK = new Mask(1);
    private static final Mask RIGHT_MASK = new Mask(2);
    private static final Mask STORED_MASK = new Mask(3);
    private static final Mask LOW_MASK = new Mask(4);
    private static final Mask HIGH_MASK = new Mask(5);
    private static final Vec ZERO = Vec.zmm(31);

    private final Assembler code = new Assembler();

    private RoundCode() {}

    /** Copies rows: a = first element, b = number of rows, c = where to. Sizes in bytes, but for the count. */
    static Step step(long fromRow, long toRow, long left, int count, long right) {
        String name = "round-rows";
        Call call = new Call(Library.entry(name, name, RoundCode::write), BYTES, false)
                .put(FROM_ROW, fromRow)
                .put(TO_ROW, toRow);
        int rest = count % LANES;
        // Zeros behind the last elements come with them, if there are enough.
        long stored = rest > 0 && right >= VECTOR - rest * Short.BYTES ? LANES : rest;
        zeros(call, LEFT, left);
        zeros(call, RIGHT, right - (stored - rest) * Short.BYTES);
        return call.put(WHOLE, count / LANES)
                .put(REST, stored * Short.BYTES)
                .put(STORED, mask(stored))
                .put(LOW, mask(Math.min(rest, LANES / 2)))
                .put(HIGH, mask(Math.max(0, rest - LANES / 2)));
    }

    private static void zeros(Call call, int at, long bytes) {
        call.put(at, bytes / VECTOR).put(at + 8, bytes % VECTOR).put(at + 16, mask(bytes % VECTOR / Short.BYTES));
    }

    private static long mask(long lanes) {
        return (1L << lanes) - 1;
    }

    private static Assembler write() {
        RoundCode round = new RoundCode();
        round.rows();
        return round.code;
    }

    private static Mem field(int offset) {
        return Mem.at(Gpr.RBX, offset);
    }

    private void rows() {
        Abi.host().prologue(code, 0);
        code.emit(Op.MOV, Gpr.RBX, Gpr.RCX);
        code.emit(Op.VPXORD, ZERO, ZERO, ZERO);
        code.emit(Op.KMOVD, LEFT_MASK, field(LEFT + 16));
        code.emit(Op.KMOVD, RIGHT_MASK, field(RIGHT + 16));
        code.emit(Op.KMOVD, STORED_MASK, field(STORED));
        code.emit(Op.KMOVW, LOW_MASK, field(LOW));
        code.emit(Op.KMOVW, HIGH_MASK, field(HIGH));
        Label row = code.label();
        code.bind(row);
        code.emit(Op.MOV, Gpr.R10, Gpr.RDI);
        code.emit(Op.MOV, Gpr.R11, Gpr.RDX);
        zeros(LEFT, LEFT_MASK);
        elements();
        zeros(RIGHT, RIGHT_MASK);
        code.emit(Op.ADD, Gpr.RDI, field(FROM_ROW));
        code.emit(Op.ADD, Gpr.RDX, field(TO_ROW));
        code.emit(Op.DEC, Gpr.RSI);
        code.jump(Condition.NOT_EQUAL, row);
        Abi.host().epilogue(code);
    }

    private void zeros(int at, Mask mask) {
        vectors(at, () -> code.emit(Op.VMOVDQU16, Mem.at(Gpr.R11), ZERO));
        rest(at + 8, () -> code.emit(Op.VMOVDQU16, Mem.at(Gpr.R11).masked(mask), ZERO));
    }

    private void elements() {
        Vec low = Vec.zmm(0);
        Vec high = Vec.zmm(1);
        vectors(WHOLE, () -> {
            code.emit(Op.VMOVUPS, high, Mem.at(Gpr.R10, VECTOR));
            code.emit(Op.VCVTNE2PS2BF16, low, high, Mem.at(Gpr.R10));
            code.emit(Op.VMOVDQU16, Mem.at(Gpr.R11), low);
            code.emit(Op.ADD, Gpr.R10, Imm.of(2L * VECTOR));
        });
        rest(REST, () -> {
            code.emit(Op.VMOVUPS, low.zeroed(LOW_MASK), Mem.at(Gpr.R10));
            code.emit(Op.VMOVUPS, high.zeroed(HIGH_MASK), Mem.at(Gpr.R10, VECTOR));
            code.emit(Op.VCVTNE2PS2BF16, low, high, low);
            code.emit(Op.VMOVDQU16, Mem.at(Gpr.R11).masked(STORED_MASK), low);
        });
    }

    private void vectors(int count, Runnable one) {
        Label none = code.label();
        Label loop = code.label();
        code.emit(Op.MOV, Gpr.RAX, field(count));
        code.emit(Op.TEST, Gpr.RAX, Gpr.RAX);
        code.jump(Condition.EQUAL, none);
        code.bind(loop);
        one.run();
        code.emit(Op.ADD, Gpr.R11, Imm.of(VECTOR));
        code.emit(Op.DEC, Gpr.RAX);
        code.jump(Condition.NOT_EQUAL, loop);
        code.bind(none);
    }

    private void rest(int bytes, Runnable store) {
        Label none = code.label();
        code.emit(Op.MOV, Gpr.RAX, field(bytes));
        code.emit(Op.TEST, Gpr.RAX, Gpr.RAX);
        code.jump(Condition.EQUAL, none);
        store.run();
        code.emit(Op.ADD, Gpr.R11, Gpr.RAX);
        code.bind(none);
    }
}
