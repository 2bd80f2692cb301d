package dev.lamina.cpu.gemm;

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
import java.util.function.IntConsumer;

/**
 * Writes the product of packed blocks ({@link Bf16Packing}) for processors with AVX512-BF16 and no tile unit: 8 x 32 sums in 16 registers.
 * It reads the same packed blocks and has the same arguments as {@link AmxProduct}.
 */
final class Bf16Product {
    private static final int STRIP = 8;
    private static final Gpr A_STRIP = Gpr.RDI;
    private static final Gpr C_ROWS = Gpr.RDX;
    private static final Gpr TABLE = Gpr.RCX;
    private static final Gpr ROWS = Gpr.R8;
    private static final Gpr B_PANEL = Gpr.R9;
    private static final Gpr PIECE = Gpr.R10;
    private static final Gpr COLUMNS = Gpr.R11;
    private static final Gpr C_ROW = Gpr.R12;
    private static final Gpr A_AT = Gpr.R13;
    private static final Gpr B_AT = Gpr.R14;
    private static final Gpr STEPS = Gpr.R15;
    private static final Gpr C_AT = Gpr.RBP;
    private static final Gpr STRIPS = Gpr.RBX;
    private static final Mask LOW = new Mask(1);
    private static final Mask HIGH = new Mask(2);
    private static final Vec[] B = {Vec.zmm(16), Vec.zmm(17)};

    private final Assembler code = new Assembler();
    private final boolean narrow;

    private Bf16Product(boolean narrow) {
        this.narrow = narrow;
    }

    /**
     * The code.
     *
     * @param narrow whether C is bf16 and gets the finished sums; else C is f32
     */
    static Assembler write(boolean narrow) {
        Bf16Product product = new Bf16Product(narrow);
        product.write();
        return product.code;
    }

    private void write() {
        Abi.host().prologue(code, 0);
        code.emit(Op.MOV, ROWS, Bf16Table.ROWS.of(TABLE));
        code.emit(Op.MOV, C_ROW, Bf16Table.C_ROW.of(TABLE));
        code.load(STRIPS, 0);
        Label rows = code.label();
        code.bind(rows);
        code.emit(Op.MOV, COLUMNS, Bf16Table.COLUMNS.of(TABLE));
        code.emit(Op.MOV, B_PANEL, Gpr.RSI);
        code.emit(Op.MOV, PIECE, C_ROWS);
        panels();
        code.emit(Op.ADD, A_STRIP, Imm.of(STRIP * Bf16Table.LINE));
        code.emit(Op.INC, STRIPS);
        Label inside = code.label();
        code.emit(Op.TEST, STRIPS, Imm.of(Bf16Table.PANEL / STRIP - 1));
        code.jump(Condition.NOT_EQUAL, inside);
        code.emit(Op.ADD, A_STRIP, Bf16Table.PANEL_BYTES.of(TABLE));
        code.emit(Op.SUB, A_STRIP, Imm.of(2 * Bf16Table.TILE));
        code.bind(inside);
        code.emit(Op.LEA, C_ROWS, Mem.at(C_ROWS, C_ROW, STRIP, 0));
        code.emit(Op.SUB, ROWS, Imm.of(STRIP));
        code.jump(Condition.GREATER, rows);
        Abi.host().epilogue(code);
    }

    /** 8 rows and all of B. */
    private void panels() {
        Label columns = code.label();
        code.bind(columns);
        Bf16Table.columnMask(code, A_AT, COLUMNS, B_AT);
        if (narrow) {
            code.emit(Op.KMOVD, LOW, A_AT);
        } else {
            code.emit(Op.KMOVW, LOW, A_AT);
            code.emit(Op.SHR, A_AT, Imm.of(16));
            code.emit(Op.KMOVW, HIGH, A_AT);
        }
        begin();
        code.emit(Op.MOV, A_AT, A_STRIP);
        code.emit(Op.MOV, B_AT, B_PANEL);
        Label summed = code.label();
        code.emit(Op.MOV, STEPS, Bf16Table.STEPS.of(TABLE));
        code.emit(Op.TEST, STEPS, STEPS);
        code.jump(Condition.EQUAL, summed);
        Label step = code.label();
        code.align(32);
        code.bind(step);
        multiply();
        code.emit(Op.ADD, A_AT, Imm.of(2 * Bf16Table.TILE));
        code.emit(Op.ADD, B_AT, Imm.of(2 * Bf16Table.TILE));
        code.emit(Op.DEC, STEPS);
        code.jump(Condition.NOT_EQUAL, step);
        code.bind(summed);
        rows(this::store);
        code.emit(Op.ADD, B_PANEL, Bf16Table.PANEL_BYTES.of(TABLE));
        code.emit(Op.ADD, PIECE, Imm.of(Bf16Table.PANEL * (narrow ? 2L : 4L)));
        code.emit(Op.SUB, COLUMNS, Imm.of(Bf16Table.PANEL));
        code.jump(Condition.GREATER, columns);
    }

    /** One step of k: 8 rows with both halves of a panel. */
    private void multiply() {
        for (int pair = 0; pair < Bf16Table.K_STEP / 2; pair++) {
            code.emit(Op.VMOVUPS, B[0], Mem.at(B_AT, pair * Bf16Table.LINE));
            code.emit(Op.VMOVUPS, B[1], Mem.at(B_AT, pair * Bf16Table.LINE + Bf16Table.TILE));
            for (int row = 0; row < STRIP; row++) {
                Mem a = Mem.at(A_AT, row * Bf16Table.LINE + pair * 4).broadcast();
                code.emit(Op.VDPBF16PS, sums(row, 0), B[0], a);
                code.emit(Op.VDPBF16PS, sums(row, 1), B[1], a);
            }
        }
    }

    private static Vec sums(int row, int half) {
        return Vec.zmm(2 * row + half);
    }

    /** Sums start from zero or go on from C. */
    private void begin() {
        for (int row = 0; row < STRIP; row++) {
            for (int half = 0; half < 2; half++) {
                code.emit(Op.VPXORD, sums(row, half), sums(row, half), sums(row, half));
            }
        }
        if (!narrow) {
            Label begun = code.label();
            code.emit(Op.CMP, Bf16Table.ACCUMULATE.of(TABLE), Imm.of(0));
            code.jump(Condition.EQUAL, begun);
            rows(row -> {
                code.emit(Op.VMOVUPS, sums(row, 0).zeroed(LOW), Mem.at(C_AT));
                code.emit(Op.VMOVUPS, sums(row, 1).zeroed(HIGH), Mem.at(C_AT, Bf16Table.LINE));
            });
            code.bind(begun);
        }
    }

    /** For each row that exists, with its place in C_AT. */
    private void rows(IntConsumer body) {
        Label done = code.label();
        code.emit(Op.MOV, C_AT, PIECE);
        for (int row = 0; row < STRIP; row++) {
            code.emit(Op.CMP, ROWS, Imm.of(row));
            code.jump(Condition.LESS_EQUAL, done);
            body.accept(row);
            code.emit(Op.ADD, C_AT, C_ROW);
        }
        code.bind(done);
    }

    private void store(int row) {
        if (narrow) {
            code.emit(Op.VCVTNE2PS2BF16, B[0], sums(row, 1), sums(row, 0));
            code.emit(Op.VMOVDQU16, Mem.at(C_AT).masked(LOW), B[0]);
        } else {
            code.emit(Op.VMOVUPS, Mem.at(C_AT).masked(LOW), sums(row, 0));
            code.emit(Op.VMOVUPS, Mem.at(C_AT, Bf16Table.LINE).masked(HIGH), sums(row, 1));
        }
    }
}
