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

/**
 * Writes the product of split blocks ({@link SplitCode}) for numbers that their parts cannot do: parts are put together again and
 * multiplied as f32. It is seldom needed, so it is short and not fast: 16 sums at a time.
 *
 * <p>Arguments of the code: packed A, packed B, C, table ({@link Bf16Table}).
 */
final class SplitExact {
    private static final int LANES = 16;
    private static final int STEP_BYTES = SplitCode.PLANES * 2 * Bf16Table.TILE;
    private static final Gpr A_LINE = Gpr.RDI;
    private static final Gpr C_LINE = Gpr.RDX;
    private static final Gpr TABLE = Gpr.RCX;
    private static final Gpr LEFT = Gpr.RAX;
    private static final Gpr B_TILE = Gpr.R8;
    private static final Gpr C_AT = Gpr.R9;
    private static final Gpr A_AT = Gpr.R10;
    private static final Gpr B_AT = Gpr.R11;
    private static final Gpr ROW = Gpr.R12;
    private static final Gpr STEPS = Gpr.R13;
    private static final Gpr PAIRS = Gpr.R14;
    private static final Gpr SPARE = Gpr.R15;
    private static final Mask USED = new Mask(1);
    private static final Vec EVEN_SUM = Vec.zmm(0);
    private static final Vec ODD_SUM = Vec.zmm(1);
    private static final Vec UPPER = Vec.zmm(2);

    private final Assembler code = new Assembler();

    private SplitExact() {}

    static Assembler write() {
        SplitExact product = new SplitExact();
        product.rows();
        return product.code;
    }

    private void rows() {
        Abi.host().prologue(code, 0);
        code.emit(Op.VPBROADCASTD, UPPER, code.constant(0xFFFF_0000));
        code.load(ROW, 0);
        Label row = code.label();
        Label inside = code.label();
        code.bind(row);
        columns();
        code.emit(Op.ADD, C_LINE, Bf16Table.C_ROW.of(TABLE));
        code.emit(Op.ADD, A_LINE, Imm.of(Bf16Table.LINE));
        code.emit(Op.INC, ROW);
        code.emit(Op.TEST, ROW, Imm.of(Bf16Table.PANEL - 1));
        code.jump(Condition.NOT_EQUAL, inside);
        code.emit(Op.ADD, A_LINE, Bf16Table.A_PANEL.of(TABLE));
        code.emit(Op.SUB, A_LINE, Imm.of(2 * Bf16Table.TILE));
        code.bind(inside);
        code.emit(Op.CMP, ROW, Bf16Table.ROWS.of(TABLE));
        code.jump(Condition.LESS, row);
        Abi.host().epilogue(code);
    }

    /** One row of C. */
    private void columns() {
        Label next = code.label();
        Label done = code.label();
        code.emit(Op.MOV, B_TILE, Gpr.RSI);
        code.emit(Op.MOV, C_AT, C_LINE);
        code.emit(Op.MOV, LEFT, Bf16Table.COLUMNS.of(TABLE));
        code.bind(next);
        sums();
        code.emit(Op.ADD, B_TILE, Imm.of(Bf16Table.TILE));
        sumsOfSecondTile(done);
        code.emit(Op.ADD, B_TILE, Bf16Table.PANEL_BYTES.of(TABLE));
        code.emit(Op.SUB, B_TILE, Imm.of(Bf16Table.TILE));
        code.emit(Op.CMP, LEFT, Imm.of(0));
        code.jump(Condition.GREATER, next);
        code.bind(done);
    }

    private void sumsOfSecondTile(Label done) {
        code.emit(Op.CMP, LEFT, Imm.of(0));
        code.jump(Condition.LESS_EQUAL, done);
        sums();
    }

    /** Up to 16 sums of a row. */
    private void sums() {
        Label begun = code.label();
        Label step = code.label();
        Label pair = code.label();
        Label summed = code.label();
        Bf16Table.columnMask(code, SPARE, LEFT, STEPS);
        code.emit(Op.KMOVW, USED, SPARE);
        code.emit(Op.VPXORD, EVEN_SUM, EVEN_SUM, EVEN_SUM);
        code.emit(Op.VPXORD, ODD_SUM, ODD_SUM, ODD_SUM);
        code.emit(Op.CMP, Bf16Table.ACCUMULATE.of(TABLE), Imm.of(0));
        code.jump(Condition.EQUAL, begun);
        code.emit(Op.VMOVUPS, EVEN_SUM.zeroed(USED), Mem.at(C_AT));
        code.bind(begun);
        code.emit(Op.MOV, A_AT, A_LINE);
        code.emit(Op.MOV, B_AT, B_TILE);
        code.emit(Op.MOV, STEPS, Bf16Table.STEPS.of(TABLE));
        code.emit(Op.TEST, STEPS, STEPS);
        code.jump(Condition.EQUAL, summed);
        code.bind(step);
        code.load(PAIRS, LANES);
        code.bind(pair);
        multiply();
        code.emit(Op.ADD, A_AT, Imm.of(Float.BYTES));
        code.emit(Op.ADD, B_AT, Imm.of(Bf16Table.LINE));
        code.emit(Op.DEC, PAIRS);
        code.jump(Condition.NOT_EQUAL, pair);
        code.emit(Op.ADD, A_AT, Imm.of(STEP_BYTES - Bf16Table.LINE));
        code.emit(Op.ADD, B_AT, Imm.of(STEP_BYTES - Bf16Table.TILE));
        code.emit(Op.DEC, STEPS);
        code.jump(Condition.NOT_EQUAL, step);
        code.bind(summed);
        code.emit(Op.VADDPS, EVEN_SUM, EVEN_SUM, ODD_SUM);
        code.emit(Op.VMOVUPS, Mem.at(C_AT).masked(USED), EVEN_SUM);
        code.emit(Op.ADD, C_AT, Imm.of(Bf16Table.LINE));
        code.emit(Op.SUB, LEFT, Imm.of(LANES));
    }

    /** A pair of numbers of a row of A with those of 16 columns of B. */
    private void multiply() {
        for (int plane = 0; plane < SplitCode.PLANES; plane++) {
            code.emit(Op.VPBROADCASTD, Vec.zmm(4 + plane), Mem.at(A_AT, plane * 2 * Bf16Table.TILE));
            code.emit(Op.VMOVUPS, Vec.zmm(8 + plane), Mem.at(B_AT, plane * 2 * Bf16Table.TILE));
        }
        join(4);
        join(8);
        code.emit(Op.VFMADD231PS, EVEN_SUM, Vec.zmm(4), Vec.zmm(8));
        code.emit(Op.VFMADD231PS, ODD_SUM, Vec.zmm(12), Vec.zmm(16));
    }

    /** Joins the parts of pairs in three registers: even numbers to the first, odd ones to the one 8 after it. */
    private void join(int first) {
        Vec even = Vec.zmm(first);
        Vec odd = Vec.zmm(first + 8);
        code.emit(Op.VPANDD, odd, Vec.zmm(first + 2), UPPER);
        code.emit(Op.VPSLLD, Vec.zmm(first + 2), Vec.zmm(first + 2), Imm.of(16));
        for (int plane = 1; plane >= 0; plane--) {
            Vec parts = Vec.zmm(first + plane);
            code.emit(Op.VPANDD, Vec.zmm(3), parts, UPPER);
            code.emit(Op.VADDPS, odd, odd, Vec.zmm(3));
            code.emit(Op.VPSLLD, parts, parts, Imm.of(16));
            if (plane == 1) {
                code.emit(Op.VADDPS, parts, parts, Vec.zmm(first + 2));
            } else {
                code.emit(Op.VADDPS, even, parts, Vec.zmm(first + 1));
            }
        }
    }
}
