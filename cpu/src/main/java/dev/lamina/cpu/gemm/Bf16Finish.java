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
 * Writes the code that rounds a block of f32 sums to the bf16 elements of C.
 *
 * <p>Arguments of the code: sums, nothing, C, table ({@link Bf16Table}).
 */
final class Bf16Finish {
    private static final Gpr FROM = Gpr.RDI;
    private static final Gpr TO = Gpr.RDX;
    private static final Gpr TABLE = Gpr.RCX;
    private static final Gpr AT = Gpr.R8;
    private static final Gpr OUT = Gpr.R9;
    private static final Gpr ROWS = Gpr.R10;
    private static final Gpr COLUMNS = Gpr.R11;
    private static final Mask LOW = new Mask(1);
    private static final Mask HIGH = new Mask(2);
    private static final Mask KEPT = new Mask(3);

    private final Assembler code = new Assembler();

    private Bf16Finish() {}

    static Assembler write() {
        Bf16Finish finish = new Bf16Finish();
        finish.rows();
        return finish.code;
    }

    private void rows() {
        Abi.host().prologue(code, 0);
        code.emit(Op.MOV, ROWS, Bf16Table.ROWS.of(TABLE));
        // The columns of the last piece.
        code.emit(Op.MOV, COLUMNS, Bf16Table.COLUMNS.of(TABLE));
        code.emit(Op.AND, COLUMNS, Imm.of(Bf16Table.PANEL - 1));
        Bf16Table.columnMask(code, AT, COLUMNS, OUT);
        code.emit(Op.KMOVD, KEPT, AT);
        code.emit(Op.KMOVW, LOW, AT);
        code.emit(Op.SHR, AT, Imm.of(16));
        code.emit(Op.KMOVW, HIGH, AT);
        Label row = code.label();
        code.bind(row);
        row();
        code.emit(Op.ADD, FROM, Bf16Table.STRIDE.of(TABLE));
        code.emit(Op.ADD, TO, Bf16Table.C_ROW.of(TABLE));
        code.emit(Op.DEC, ROWS);
        code.jump(Condition.NOT_EQUAL, row);
        Abi.host().epilogue(code);
    }

    private void row() {
        Label rest = code.label();
        Label loop = code.label();
        Label done = code.label();
        code.emit(Op.MOV, AT, FROM);
        code.emit(Op.MOV, OUT, TO);
        code.emit(Op.MOV, COLUMNS, Bf16Table.COLUMNS.of(TABLE));
        code.emit(Op.SUB, COLUMNS, Imm.of(Bf16Table.PANEL));
        code.jump(Condition.LESS, rest);
        code.align(16);
        code.bind(loop);
        code.emit(Op.VMOVUPS, Vec.zmm(1), Mem.at(AT, Bf16Table.LINE));
        code.emit(Op.VCVTNE2PS2BF16, Vec.zmm(0), Vec.zmm(1), Mem.at(AT));
        code.emit(Op.VMOVDQU16, Mem.at(OUT), Vec.zmm(0));
        code.emit(Op.ADD, AT, Imm.of(2 * Bf16Table.LINE));
        code.emit(Op.ADD, OUT, Imm.of(Bf16Table.LINE));
        code.emit(Op.SUB, COLUMNS, Imm.of(Bf16Table.PANEL));
        code.jump(Condition.GREATER_EQUAL, loop);
        code.bind(rest);
        code.emit(Op.CMP, COLUMNS, Imm.of(-Bf16Table.PANEL));
        code.jump(Condition.EQUAL, done);
        code.emit(Op.VMOVUPS, Vec.zmm(0).zeroed(LOW), Mem.at(AT));
        code.emit(Op.VMOVUPS, Vec.zmm(1).zeroed(HIGH), Mem.at(AT, Bf16Table.LINE));
        code.emit(Op.VCVTNE2PS2BF16, Vec.zmm(0), Vec.zmm(1), Vec.zmm(0));
        code.emit(Op.VMOVDQU16, Mem.at(OUT).masked(KEPT), Vec.zmm(0));
        code.bind(done);
    }
}
