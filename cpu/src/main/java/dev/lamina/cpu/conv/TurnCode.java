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
import dev.lamina.cpu.gemm.Bf16Packing;
import java.util.List;

/**
 * Code that turns rows of pixels round: channel by channel, in bf16, with the pixels of a channel side by side. 32 pixels of 16 channels at a time are
 * 16 registers of pairs. Lines of all 16 channels are written, with zeros for those that are not there; of pixels only as many as there are.
 *
 * <p>Arguments: first pixel (f32), number of rows, target, description. Registers: RBX description, RDI row, R11 its 16 channels, R14 a pixel; RDX, R12
 * and R15 the same in the target; R8 from pixel to pixel, R9 and RSI one and three lines of the target, R10 channels and R13 pixels left.
 */
final class TurnCode {
    /** Offsets in a description: bytes from row to row, bytes from pixel to pixel, pixels of a row, channels, bytes of a line of the target. */
    static final int FROM_ROW = 8;

    static final int TO_ROW = 16;
    static final int PIXEL = 24;
    static final int COUNT = 32;
    static final int CHANNELS = 40;
    static final int LINE = 48;
    static final int BYTES = 64;

    /** Channels at a time. */
    static final int UNIT = 16;

    private static final int PIXELS = 32;
    private static final Mask HERE = new Mask(1);
    private static final Mask INSIDE = new Mask(2);
    private static final Vec FIRST = Vec.zmm(16);
    private static final Vec SECOND = Vec.zmm(17);
    private static final Vec PAIRS = Vec.zmm(31);
    private static final Mem ROWS = Mem.at(Gpr.RSP, 0);

    private final Assembler code = new Assembler();

    private TurnCode() {}

    static Assembler write() {
        TurnCode turn = new TurnCode();
        turn.rows();
        return turn.code;
    }

    private static Mem field(int offset) {
        return Mem.at(Gpr.RBX, offset);
    }

    private void rows() {
        Abi.host().prologue(code, 64);
        code.emit(Op.MOV, ROWS, Gpr.RSI);
        code.emit(Op.MOV, Gpr.RBX, Gpr.RCX);
        code.emit(Op.MOV, Gpr.R8, field(PIXEL));
        code.emit(Op.MOV, Gpr.R9, field(LINE));
        code.emit(Op.LEA, Gpr.RSI, Mem.at(Gpr.R9, Gpr.R9, 2, 0));
        Label row = code.label();
        code.bind(row);
        channels();
        code.emit(Op.ADD, Gpr.RDI, field(FROM_ROW));
        code.emit(Op.ADD, Gpr.RDX, field(TO_ROW));
        code.emit(Op.MOV, Gpr.RAX, ROWS);
        code.emit(Op.DEC, Gpr.RAX);
        code.emit(Op.MOV, ROWS, Gpr.RAX);
        code.jump(Condition.NOT_EQUAL, row);
        Abi.host().epilogue(code);
    }

    private void channels() {
        code.emit(Op.MOV, Gpr.R10, field(CHANNELS));
        code.emit(Op.MOV, Gpr.R11, Gpr.RDI);
        code.emit(Op.MOV, Gpr.R12, Gpr.RDX);
        Label loop = code.label();
        Label all = code.label();
        code.bind(loop);
        code.load(Gpr.RAX, -1);
        code.emit(Op.CMP, Gpr.R10, Imm.of(UNIT));
        code.jump(Condition.GREATER_EQUAL, all);
        code.emit(Op.BZHI, Gpr.RAX, Gpr.RAX, Gpr.R10);
        code.bind(all);
        code.emit(Op.KMOVW, HERE, Gpr.RAX);
        pixels();
        code.emit(Op.ADD, Gpr.R11, Imm.of(UNIT * Float.BYTES));
        code.emit(Op.MOV, Gpr.RAX, Gpr.R9);
        code.emit(Op.SHL, Gpr.RAX, Imm.of(4));
        code.emit(Op.ADD, Gpr.R12, Gpr.RAX);
        code.emit(Op.SUB, Gpr.R10, Imm.of(UNIT));
        code.jump(Condition.GREATER, loop);
    }

    private void pixels() {
        code.emit(Op.MOV, Gpr.R13, field(COUNT));
        code.emit(Op.MOV, Gpr.R14, Gpr.R11);
        code.emit(Op.MOV, Gpr.R15, Gpr.R12);
        Label loop = code.label();
        Label some = code.label();
        Label loaded = code.label();
        code.bind(loop);
        code.emit(Op.VMOVUPS, PAIRS, code.constant(pairs()));
        code.load(Gpr.RAX, -1);
        code.emit(Op.CMP, Gpr.R13, Imm.of(PIXELS));
        code.jump(Condition.LESS, some);
        load(false);
        code.jump(loaded);
        code.bind(some);
        code.emit(Op.BZHI, Gpr.RAX, Gpr.RAX, Gpr.R13);
        load(true);
        code.bind(loaded);
        code.emit(Op.KMOVD, INSIDE, Gpr.RAX);
        code.emit(Op.LEA, Gpr.RCX, Mem.at(Gpr.R15, Gpr.R9, 4, 0));
        code.emit(Op.LEA, Gpr.RBP, Mem.at(Gpr.R15, Gpr.R9, 8, 0));
        code.emit(Op.LEA, Gpr.RAX, Mem.at(Gpr.RBP, Gpr.R9, 4, 0));
        Bf16Packing.turn(
                code, (line, turned) -> code.emit(Op.VMOVDQU16, target(line).masked(INSIDE), turned));
        code.emit(Op.ADD, Gpr.R15, Imm.of(PIXELS * Short.BYTES));
        code.emit(Op.SUB, Gpr.R13, Imm.of(PIXELS));
        code.jump(Condition.GREATER, loop);
    }

    private static int[] pairs() {
        int[] pairs = new int[16];
        for (int i = 0; i < pairs.length; i++) {
            pairs[i] = i | (16 + i) << 16;
        }
        return pairs;
    }

    private static Mem target(int line) {
        Gpr base = List.of(Gpr.R15, Gpr.RCX, Gpr.RBP, Gpr.RAX).get(line / 4);
        return switch (line % 4) {
            case 0 -> Mem.at(base);
            case 1 -> Mem.at(base, Gpr.R9);
            case 2 -> Mem.at(base, Gpr.R9, 2, 0);
            default -> Mem.at(base, Gpr.RSI);
        };
    }

    /**
     * 32 pixels of 16 channels, two in each register.
     *
     * @param ends whether there may be fewer
     */
    private void load(boolean ends) {
        Label end = code.label();
        for (int i = 0; i < 16 && ends; i++) {
            zero(Vec.zmm(i));
        }
        for (int i = 0; i < 16; i++) {
            Vec pair = Vec.zmm(i);
            if (ends) {
                code.emit(Op.CMP, Gpr.R13, Imm.of(2L * i));
                code.jump(Condition.LESS_EQUAL, end);
            }
            code.emit(Op.VMOVUPS, FIRST.zeroed(HERE), Mem.at(Gpr.R14));
            Label single = code.label();
            if (ends) {
                zero(SECOND);
                code.emit(Op.CMP, Gpr.R13, Imm.of(2L * i + 1));
                code.jump(Condition.LESS_EQUAL, single);
            }
            code.emit(Op.VMOVUPS, SECOND.zeroed(HERE), Mem.at(Gpr.R14, Gpr.R8));
            code.bind(single);
            code.emit(Op.VCVTNE2PS2BF16, pair, SECOND, FIRST);
            code.emit(Op.VPERMW, pair, PAIRS, pair);
            code.emit(Op.LEA, Gpr.R14, Mem.at(Gpr.R14, Gpr.R8, 2, 0));
        }
        code.bind(end);
    }

    private void zero(Vec register) {
        code.emit(Op.VPXORD, register, register, register);
    }
}
