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
 * Code that packs rows of pixels as the right factor of the tile unit, with zeros behind each row and behind the last: pairs of pixels, rounded to bf16, whose
 * columns alternate, in panels as {@link dev.lamina.cpu.gemm.Bf16Table} says.
 *
 * <p>Arguments: first pixel (f32), number of rows and behind 32 bits that of columns, target, description. Registers: RBX description, RDI row, RDX where
 * its next pair goes, R15 pairs until the next tile, R8 from pixel to pixel, R9 from panel to panel, R14 whole panels, RBP columns of the last one; R10, R11
 * pixel and pairs left; RAX, R12, R13 the same for panels.
 */
final class PairCode {
    /** Offsets in a description: bytes from row to row, pixel to pixel and panel to panel. */
    private static final int ROW = 8;

    private static final int PIXEL = 16;
    private static final int PANEL = 24;

    /** Pairs of a row, whether a single pixel follows, pairs of zeros behind a row and behind the last one. */
    private static final int PAIRS = 32;

    private static final int SINGLE = 40;
    private static final int ZEROS = 48;
    private static final int END = 56;
    private static final int BYTES = 64;

    private static final int LINE = 64;
    private static final int TILE = 1024;
    private static final int TILE_PAIRS = 16;
    private static final int COLUMNS = 32;

    /** How far ahead memory is asked for, in bytes. */
    private static final int AHEAD = 2048;

    private static final Mem ROWS_LEFT = Mem.at(Gpr.RSP, 0);
    private static final Mask[] LAST = {new Mask(1), new Mask(2)};
    private static final Vec ORDER = Vec.zmm(31);

    private final Assembler code = new Assembler();

    private PairCode() {}

    /**
     * Packs rows: a = first pixel, b = {@link #amount}, c = where to.
     *
     * @param pixel bytes from pixel to pixel
     * @param count pixels of a row
     * @param pitch pixels of a row with zeros behind it: an even number
     * @param rows how many there are
     * @param panel bytes from panel to panel
     */
    static Step step(long pixel, int count, int pitch, int rows, long panel) {
        String name = "conv-pairs";
        int terms = rows * pitch;
        return new Call(Library.entry(name, name, PairCode::write), BYTES, false)
                .put(ROW, count * pixel)
                .put(PIXEL, pixel)
                .put(PANEL, panel)
                .put(PAIRS, count / 2)
                .put(SINGLE, count % 2)
                .put(ZEROS, pitch / 2 - Math.ceilDiv(count, 2))
                .put(END, (Math.ceilDiv(terms, TileSums.UNIT) * TileSums.UNIT - terms) / 2);
    }

    static long amount(int rows, int columns) {
        return (long) columns << Integer.SIZE | rows;
    }

    private static Assembler write() {
        PairCode pairs = new PairCode();
        pairs.rows();
        return pairs.code;
    }

    private static Mem field(int offset) {
        return Mem.at(Gpr.RBX, offset);
    }

    private void rows() {
        Abi.host().prologue(code, 64);
        code.emit(Op.MOV, Gpr.RBX, Gpr.RCX);
        code.emit(Op.MOV, Gpr.R8, field(PIXEL));
        code.emit(Op.MOV, Gpr.R9, field(PANEL));
        code.emit(Op.MOV, Gpr.R14, Gpr.RSI);
        code.emit(Op.SHR, Gpr.R14, Imm.of(Integer.SIZE));
        code.emit(Op.MOV, Gpr.RBP, Gpr.R14);
        code.emit(Op.AND, Gpr.RBP, Imm.of(COLUMNS - 1));
        code.emit(Op.SHR, Gpr.R14, Imm.of(5));
        code.load(Gpr.RAX, -1);
        code.emit(Op.BZHI, Gpr.RAX, Gpr.RAX, Gpr.RBP);
        code.emit(Op.KMOVW, LAST[0], Gpr.RAX);
        code.emit(Op.SHR, Gpr.RAX, Imm.of(16));
        code.emit(Op.KMOVW, LAST[1], Gpr.RAX);
        int[] order = new int[16];
        for (int i = 0; i < order.length; i++) {
            order[i] = i | (16 + i) << 16;
        }
        code.emit(Op.VMOVUPS, ORDER, code.constant(order));
        code.load(Gpr.RAX, 0xFFFF_FFFFL);
        code.emit(Op.AND, Gpr.RAX, Gpr.RSI);
        code.emit(Op.MOV, ROWS_LEFT, Gpr.RAX);
        code.load(Gpr.R15, TILE_PAIRS);
        Label row = code.label();
        code.bind(row);
        code.emit(Op.MOV, Gpr.R10, Gpr.RDI);
        pairs(PAIRS, 2);
        pairs(SINGLE, 1);
        pairs(ZEROS, 0);
        code.emit(Op.ADD, Gpr.RDI, field(ROW));
        code.emit(Op.DEC, ROWS_LEFT);
        code.jump(Condition.NOT_EQUAL, row);
        pairs(END, 0);
        Abi.host().epilogue(code);
    }

    /**
     * Some pairs.
     *
     * @param count where their number is
     * @param present pixels of each; the others are zero
     */
    private void pairs(int count, int present) {
        Label loop = code.label();
        Label inside = code.label();
        Label none = code.label();
        code.emit(Op.MOV, Gpr.R11, field(count));
        code.emit(Op.TEST, Gpr.R11, Gpr.R11);
        code.jump(Condition.EQUAL, none);
        code.bind(loop);
        panels(present);
        code.emit(Op.LEA, Gpr.R10, Mem.at(Gpr.R10, Gpr.R8, 2, 0));
        code.emit(Op.ADD, Gpr.RDX, Imm.of(LINE));
        code.emit(Op.DEC, Gpr.R15);
        code.jump(Condition.NOT_EQUAL, inside);
        code.emit(Op.ADD, Gpr.RDX, Imm.of(TILE));
        code.load(Gpr.R15, TILE_PAIRS);
        code.bind(inside);
        code.emit(Op.DEC, Gpr.R11);
        code.jump(Condition.NOT_EQUAL, loop);
        code.bind(none);
    }

    private void panels(int present) {
        Label loop = code.label();
        Label rest = code.label();
        Label done = code.label();
        code.emit(Op.MOV, Gpr.RAX, Gpr.R10);
        code.emit(Op.MOV, Gpr.R12, Gpr.RDX);
        code.emit(Op.MOV, Gpr.R13, Gpr.R14);
        code.emit(Op.TEST, Gpr.R13, Gpr.R13);
        code.jump(Condition.EQUAL, rest);
        code.bind(loop);
        panel(present, false);
        code.emit(Op.ADD, Gpr.RAX, Imm.of(COLUMNS * Float.BYTES));
        code.emit(Op.ADD, Gpr.R12, Gpr.R9);
        code.emit(Op.DEC, Gpr.R13);
        code.jump(Condition.NOT_EQUAL, loop);
        code.bind(rest);
        code.emit(Op.TEST, Gpr.RBP, Gpr.RBP);
        code.jump(Condition.EQUAL, done);
        panel(present, true);
        code.bind(done);
    }

    private void panel(int present, boolean last) {
        for (int half = 0; half < 2; half++) {
            Vec first = Vec.zmm(2 * half);
            Vec second = Vec.zmm(2 * half + 1);
            if (present < 2) {
                code.emit(Op.VPXORD, second, second, second);
            }
            if (present == 0) {
                code.emit(Op.VMOVDQU16, Mem.at(Gpr.R12, half * TILE), second);
                continue;
            }
            int at = half * LINE;
            if (present == 2) {
                code.emit(Op.PREFETCHT0, Mem.at(Gpr.RAX, AHEAD + at));
                code.emit(Op.PREFETCHT0, Mem.at(Gpr.RAX, Gpr.R8, 1, AHEAD + at));
                code.emit(Op.VMOVUPS, last ? second.zeroed(LAST[half]) : second, Mem.at(Gpr.RAX, Gpr.R8, 1, at));
            }
            code.emit(Op.VMOVUPS, last ? first.zeroed(LAST[half]) : first, Mem.at(Gpr.RAX, at));
            code.emit(Op.VCVTNE2PS2BF16, first, second, first);
            code.emit(Op.VPERMW, first, ORDER, first);
            code.emit(Op.VMOVDQU16, Mem.at(Gpr.R12, half * TILE), first);
        }
    }
}
