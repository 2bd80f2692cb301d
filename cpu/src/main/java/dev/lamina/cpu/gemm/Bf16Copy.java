package dev.lamina.cpu.gemm;

import dev.lamina.cpu.code.Abi;
import dev.lamina.cpu.code.Assembler;
import dev.lamina.cpu.code.Condition;
import dev.lamina.cpu.code.Gpr;
import dev.lamina.cpu.code.Imm;
import dev.lamina.cpu.code.Label;
import dev.lamina.cpu.code.Mem;
import dev.lamina.cpu.code.Op;
import dev.lamina.cpu.code.Vec;

/**
 * Writes the code that copies a block and converts its elements, for processors that have no instruction for it. The lines of the target
 * have no gaps between elements; those of the source may.
 *
 * <p>Arguments of the code: source, nothing, target, table ({@link Bf16Table}).
 */
final class Bf16Copy {
    /** What becomes of an element; rounding is to nearest, ties to even. */
    enum Kind {
        /** f32 to f32 that has the value of a bf16. */
        ROUND(4, 4),
        /** bf16 to f32. */
        WIDEN(2, 4),
        /** f32 to bf16. */
        NARROW(4, 2);

        final int from;
        final int to;

        Kind(int from, int to) {
            this.from = from;
            this.to = to;
        }
    }

    private static final int LANES = 8;
    private static final Gpr FROM = Gpr.RDI;
    private static final Gpr TO = Gpr.RDX;
    private static final Gpr TABLE = Gpr.RCX;
    private static final Gpr AT = Gpr.R8;
    private static final Gpr OUT = Gpr.R9;
    private static final Gpr LINES = Gpr.R10;
    private static final Gpr LEFT = Gpr.R11;
    private static final Gpr STEP = Gpr.RBX;
    private static final Gpr VALUE = Gpr.RAX;
    private static final Vec HALF = Vec.ymm(8);
    private static final Vec ONE = Vec.ymm(9);
    private static final Vec HIGH = Vec.ymm(10);
    private static final Vec QUIET = Vec.ymm(11);

    private final Assembler code = new Assembler();
    private final Kind kind;
    private final boolean contiguous;

    private Bf16Copy(Kind kind, boolean contiguous) {
        this.kind = kind;
        this.contiguous = contiguous;
    }

    /**
     * The code.
     *
     * @param contiguous whether the lines of the source have no gaps either
     */
    static Assembler write(Kind kind, boolean contiguous) {
        Bf16Copy copy = new Bf16Copy(kind, contiguous);
        copy.lines();
        return copy.code;
    }

    private void lines() {
        Abi.host().prologue(code, 0);
        constant(HALF, 0x7FFF);
        constant(ONE, 1);
        constant(HIGH, 0xFFFF_0000);
        constant(QUIET, 0x0040_0000);
        code.emit(Op.MOV, LINES, Bf16Table.COUNT.of(TABLE));
        code.emit(Op.MOV, STEP, Bf16Table.K_STRIDE.of(TABLE));
        Label line = code.label();
        code.bind(line);
        code.emit(Op.MOV, AT, FROM);
        code.emit(Op.MOV, OUT, TO);
        code.emit(Op.MOV, LEFT, Bf16Table.K.of(TABLE));
        line();
        code.emit(Op.ADD, FROM, Bf16Table.STRIDE.of(TABLE));
        code.emit(Op.ADD, TO, Bf16Table.C_ROW.of(TABLE));
        code.emit(Op.DEC, LINES);
        code.jump(Condition.NOT_EQUAL, line);
        Abi.host().epilogue(code);
    }

    private void constant(Vec register, int value) {
        code.emit(Op.VPBROADCASTD, register, code.constant(value));
    }

    private void line() {
        Label rest = code.label();
        Label done = code.label();
        if (contiguous) {
            Label loop = code.label();
            code.emit(Op.SUB, LEFT, Imm.of(LANES));
            code.jump(Condition.LESS, rest);
            code.bind(loop);
            vector();
            code.emit(Op.ADD, AT, Imm.of((long) LANES * kind.from));
            code.emit(Op.ADD, OUT, Imm.of((long) LANES * kind.to));
            code.emit(Op.SUB, LEFT, Imm.of(LANES));
            code.jump(Condition.GREATER_EQUAL, loop);
            code.bind(rest);
            code.emit(Op.ADD, LEFT, Imm.of(LANES));
            code.jump(Condition.EQUAL, done);
        }
        Label one = code.label();
        code.bind(one);
        element();
        code.emit(Op.ADD, AT, STEP);
        code.emit(Op.ADD, OUT, Imm.of(kind.to));
        code.emit(Op.DEC, LEFT);
        code.jump(Condition.NOT_EQUAL, one);
        code.bind(done);
    }

    private void vector() {
        Vec value = Vec.ymm(0);
        switch (kind) {
            case WIDEN -> {
                code.emit(Op.VPMOVZXWD, value, Mem.at(AT));
                code.emit(Op.VPSLLD, value, value, Imm.of(16));
                code.emit(Op.VMOVUPS, Mem.at(OUT), value);
            }
            case ROUND -> {
                code.emit(Op.VMOVUPS, value, Mem.at(AT));
                round(256);
                code.emit(Op.VMOVUPS, Mem.at(OUT), value);
            }
            case NARROW -> {
                code.emit(Op.VMOVUPS, value, Mem.at(AT));
                round(256);
                code.emit(Op.VPSRLD, value, value, Imm.of(16));
                code.emit(Op.VEXTRACTI128, Vec.xmm(1), value, Imm.of(1));
                code.emit(Op.VPACKUSDW, Vec.xmm(0), Vec.xmm(0), Vec.xmm(1));
                code.emit(Op.VMOVUPS, Mem.at(OUT), Vec.xmm(0));
            }
        }
    }

    private void element() {
        switch (kind) {
            case WIDEN -> {
                code.emit(Op.MOVZX16, VALUE, Mem.at(AT));
                code.emit(Op.SHL32, VALUE, Imm.of(16));
                code.emit(Op.MOV32, Mem.at(OUT), VALUE);
            }
            case ROUND -> {
                code.emit(Op.VMOVSS, Vec.xmm(0), Mem.at(AT));
                round(128);
                code.emit(Op.VMOVSS, Mem.at(OUT), Vec.xmm(0));
            }
            case NARROW -> {
                code.emit(Op.VMOVSS, Vec.xmm(0), Mem.at(AT));
                round(128);
                code.emit(Op.VMOVD, VALUE, Vec.xmm(0));
                code.emit(Op.SHR32, VALUE, Imm.of(16));
                code.emit(Op.MOV16, Mem.at(OUT), VALUE);
            }
        }
    }

    /** Register 0 = its elements rounded; NaN stays NaN. */
    private void round(int bits) {
        Vec value = Vec.of(0, bits);
        Vec nan = Vec.of(1, bits);
        Vec quiet = Vec.of(2, bits);
        Vec odd = Vec.of(3, bits);
        code.emit(Op.VCMPPS, nan, value, value, Imm.of(3));
        code.emit(Op.VPOR, quiet, value, QUIET.bits(bits));
        code.emit(Op.VPSRLD, odd, value, Imm.of(16));
        code.emit(Op.VPAND, odd, odd, ONE.bits(bits));
        code.emit(Op.VPADDD, value, value, HALF.bits(bits));
        code.emit(Op.VPADDD, value, value, odd);
        code.emit(Op.VBLENDVPS, value, value, quiet, nan);
        code.emit(Op.VPAND, value, value, HIGH.bits(bits));
    }
}
