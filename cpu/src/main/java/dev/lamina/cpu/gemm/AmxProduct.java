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
import dev.lamina.cpu.code.Tile;
import dev.lamina.cpu.code.Vec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Writes the product of packed blocks ({@link Bf16Packing}) for the tile unit. A piece of C of 32 x 32 sums stays in four tiles while two
 * tiles of A and two of B pass by; the tiles of a piece at the edge are configured smaller, so nothing is read or written outside C.
 *
 * <p>Arguments of the code: packed A, packed B, C, table ({@link Bf16Table}).
 */
final class AmxProduct {
    /** Lines of the next panel of A that are asked for in each step. */
    static final int AHEAD_LINES = 4;

    /** Tile configurations in the table: for full pieces, + 1 at the right edge, + 2 at the lower edge. */
    static final int CONFIGURATION_BYTES = 64;

    private static final Tile[] A = {new Tile(4), new Tile(5)};
    private static final Tile[] B = {new Tile(6), new Tile(7)};
    private static final Gpr A_PANEL = Gpr.RDI;
    private static final Gpr B_PANEL = Gpr.R9;
    private static final Gpr C_ROWS = Gpr.RDX;
    private static final Gpr TABLE = Gpr.RCX;
    private static final Gpr PIECE = Gpr.R10;
    private static final Gpr ROWS = Gpr.R8;
    private static final Gpr COLUMNS = Gpr.R11;
    private static final Gpr C_ROW = Gpr.R12;
    private static final Gpr A_AT = Gpr.R13;
    private static final Gpr B_AT = Gpr.R14;
    private static final Gpr STEPS = Gpr.R15;
    private static final Gpr LINE = Gpr.RAX;
    private static final Gpr AHEAD = Gpr.RBX;
    private static final Gpr C_AT = Gpr.RBP;
    private static final Gpr A_ROW = Gpr.RBP;
    private static final Gpr A_BELOW = Gpr.RSI;
    private static final Mem B_BEGIN = Mem.at(Gpr.RSP, 4 * Bf16Table.TILE);
    private static final Mask KEPT = new Mask(1);

    private final Assembler code = new Assembler();
    private final boolean narrow;

    private AmxProduct(boolean narrow) {
        this.narrow = narrow;
    }

    /**
     * The code.
     *
     * @param narrow whether C is bf16 and gets the finished sums; else C is f32
     */
    static Assembler write(boolean narrow) {
        AmxProduct product = new AmxProduct(narrow);
        product.write();
        return product.code;
    }

    /** A configuration for pieces of up to 32 x 32. */
    static long[] configuration(int rows, int columns) {
        ByteBuffer bytes = ByteBuffer.allocate(CONFIGURATION_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(0, (byte) 1);
        for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 2; j++) {
                shape(bytes, 2 * i + j, part(rows, i), part(columns, j) * Float.BYTES);
            }
            shape(bytes, A[i].number(), part(rows, i), Bf16Table.LINE);
            shape(bytes, B[i].number(), 16, part(columns, i) * Float.BYTES);
        }
        long[] words = new long[CONFIGURATION_BYTES / Long.BYTES];
        bytes.asLongBuffer().get(words);
        return words;
    }

    private static int part(int size, int half) {
        return Math.clamp(size - 16 * half, 0, 16);
    }

    private static void shape(ByteBuffer to, int tile, int rows, int bytes) {
        if (rows > 0 && bytes > 0) {
            to.putShort(16 + 2 * tile, (short) bytes);
            to.put(48 + tile, (byte) rows);
        }
    }

    private void write() {
        Abi.host().prologue(code, 4 * Bf16Table.TILE + Bf16Table.LINE);
        code.emit(Op.MOV, B_BEGIN, Gpr.RSI);
        code.load(LINE, Bf16Table.LINE);
        code.emit(Op.MOV, ROWS, Bf16Table.ROWS.of(TABLE));
        code.emit(Op.MOV, C_ROW, Bf16Table.C_ROW.of(TABLE));
        Label rows = code.label();
        code.bind(rows);
        code.emit(Op.MOV, COLUMNS, Bf16Table.COLUMNS.of(TABLE));
        code.emit(Op.MOV, B_PANEL, B_BEGIN);
        code.emit(Op.MOV, PIECE, C_ROWS);
        code.emit(Op.MOV, AHEAD, A_PANEL);
        code.emit(Op.ADD, AHEAD, Bf16Table.A_PANEL.of(TABLE));
        configure(0);
        panels();
        code.emit(Op.ADD, A_PANEL, Bf16Table.A_PANEL.of(TABLE));
        code.emit(Op.MOV, A_AT, C_ROW);
        code.emit(Op.SHL, A_AT, Imm.of(5));
        code.emit(Op.ADD, C_ROWS, A_AT);
        code.emit(Op.SUB, ROWS, Imm.of(Bf16Table.PANEL));
        code.jump(Condition.GREATER, rows);
        // Threads of the pool are shared with other code: no tile data is left for the system to save.
        code.emit(Op.TILERELEASE);
        Abi.host().epilogue(code);
    }

    /** Sets the sizes of the tiles for the rows that are left, and full columns (0) or the last ones (1). */
    private void configure(int edge) {
        Label whole = code.label();
        code.emit(Op.LEA, C_AT, Mem.at(TABLE, Bf16Table.CONFIGURATIONS + edge * CONFIGURATION_BYTES));
        code.emit(Op.CMP, ROWS, Imm.of(Bf16Table.PANEL));
        code.jump(Condition.GREATER_EQUAL, whole);
        code.emit(Op.ADD, C_AT, Imm.of(2 * CONFIGURATION_BYTES));
        code.bind(whole);
        code.emit(Op.LDTILECFG, Mem.at(C_AT));
    }

    /** One panel of A and all of B. */
    private void panels() {
        Label columns = code.label();
        Label whole = code.label();
        Label next = code.label();
        code.align(16);
        code.bind(columns);
        if (narrow) {
            Bf16Table.columnMask(code, Gpr.R13, COLUMNS, Gpr.R14);
            code.emit(Op.KMOVD, KEPT, Gpr.R13);
        }
        code.emit(Op.CMP, COLUMNS, Imm.of(Bf16Table.PANEL));
        code.jump(Condition.GREATER_EQUAL, whole);
        configure(1);
        code.bind(whole);
        Label fewRows = code.label();
        Label few = code.label();
        Label fewColumns = code.label();
        code.emit(Op.CMP, ROWS, Imm.of(16));
        code.jump(Condition.LESS_EQUAL, fewRows);
        code.emit(Op.CMP, COLUMNS, Imm.of(16));
        code.jump(Condition.LESS_EQUAL, fewColumns);
        piece(2, 2);
        code.jump(next);
        code.bind(fewColumns);
        piece(2, 1);
        code.jump(next);
        code.bind(fewRows);
        code.emit(Op.CMP, COLUMNS, Imm.of(16));
        code.jump(Condition.LESS_EQUAL, few);
        piece(1, 2);
        code.jump(next);
        code.bind(few);
        piece(1, 1);
        code.bind(next);
        code.emit(Op.ADD, B_PANEL, Bf16Table.PANEL_BYTES.of(TABLE));
        code.emit(Op.ADD, PIECE, Imm.of(Bf16Table.PANEL * (narrow ? 2L : 4L)));
        code.emit(Op.SUB, COLUMNS, Imm.of(Bf16Table.PANEL));
        code.jump(Condition.GREATER, columns);
    }

    /** A piece of C of one or two tiles each way. */
    private void piece(int high, int wide) {
        begin(high, wide);
        code.emit(Op.MOV, A_AT, A_PANEL);
        code.emit(Op.MOV, A_BELOW, A_PANEL);
        code.emit(Op.ADD, A_BELOW, Bf16Table.A_TILE.of(TABLE));
        code.emit(Op.MOV, A_ROW, Bf16Table.A_ROW.of(TABLE));
        code.emit(Op.MOV, B_AT, B_PANEL);
        Label summed = code.label();
        code.emit(Op.MOV, STEPS, Bf16Table.STEPS.of(TABLE));
        code.emit(Op.TEST, STEPS, STEPS);
        code.jump(Condition.EQUAL, summed);
        Label step = code.label();
        code.align(32);
        code.bind(step);
        multiply(high, wide);
        code.emit(Op.ADD, AHEAD, Bf16Table.AHEAD.of(TABLE));
        code.emit(Op.ADD, A_AT, Bf16Table.A_STEP.of(TABLE));
        code.emit(Op.ADD, A_BELOW, Bf16Table.A_STEP.of(TABLE));
        code.emit(Op.ADD, B_AT, Imm.of(2 * Bf16Table.TILE));
        code.emit(Op.DEC, STEPS);
        code.jump(Condition.NOT_EQUAL, step);
        code.bind(summed);
        if (narrow) {
            finish(high, wide);
        } else {
            forC(high, wide, Op.TILESTORED);
        }
    }

    /** One step of k: all tiles of A with all of B. */
    private void multiply(int high, int wide) {
        for (int i = 0; i < high; i++) {
            for (int j = 0; j < wide; j++) {
                if (i == 0) {
                    // B passes through and A is used again: the hint keeps A in the first cache.
                    code.emit(Op.TILELOADDT1, B[j], Mem.at(B_AT, LINE, 1, j * Bf16Table.TILE));
                }
                if (j == 0) {
                    code.emit(Op.TILELOADD, A[i], Mem.at(i == 0 ? A_AT : A_BELOW, A_ROW));
                }
                code.emit(Op.TDPBF16PS, sums(i, j), A[i], B[j]);
            }
        }
        for (int line = 0; line < AHEAD_LINES && high + wide == 4; line++) {
            code.emit(Op.PREFETCHT0, Mem.at(AHEAD, line * Bf16Table.LINE));
        }
    }

    private static Tile sums(int i, int j) {
        return new Tile(2 * i + j);
    }

    /** Sums start from zero or go on from C. */
    private void begin(int high, int wide) {
        Label add = code.label();
        Label begun = code.label();
        if (!narrow) {
            code.emit(Op.CMP, Bf16Table.ACCUMULATE.of(TABLE), Imm.of(0));
            code.jump(Condition.NOT_EQUAL, add);
        }
        for (int i = 0; i < high; i++) {
            for (int j = 0; j < wide; j++) {
                code.emit(Op.TILEZERO, sums(i, j));
            }
        }
        if (!narrow) {
            code.jump(begun);
            code.bind(add);
            forC(high, wide, Op.TILELOADD);
            code.bind(begun);
        }
    }

    private void forC(int high, int wide, Op move) {
        code.emit(Op.MOV, C_AT, C_ROW);
        code.emit(Op.SHL, C_AT, Imm.of(4));
        code.emit(Op.ADD, C_AT, PIECE);
        for (int i = 0; i < high; i++) {
            for (int j = 0; j < wide; j++) {
                Mem place = Mem.at(i == 0 ? PIECE : C_AT, C_ROW, 1, j * Bf16Table.LINE);
                if (move == Op.TILESTORED) {
                    code.emit(move, place, sums(i, j));
                } else {
                    code.emit(move, sums(i, j), place);
                }
            }
        }
    }

    /** Rounds the sums to bf16 on their way to C. */
    private void finish(int high, int wide) {
        for (int i = 0; i < high; i++) {
            for (int j = 0; j < wide; j++) {
                code.emit(Op.TILESTORED, Mem.at(Gpr.RSP, LINE, 1, (2 * i + j) * Bf16Table.TILE), sums(i, j));
            }
        }
        Vec row = Vec.zmm(0);
        code.emit(Op.VPXORD, row, row, row);
        code.emit(Op.MOV, C_AT, PIECE);
        for (int i = 0; i < high; i++) {
            code.emit(Op.LEA, A_AT, Mem.at(Gpr.RSP, 2 * i * Bf16Table.TILE));
            code.emit(Op.MOV, STEPS, ROWS);
            code.emit(Op.SUB, STEPS, Imm.of(16L * i));
            code.load(B_AT, 16);
            code.emit(Op.CMP, STEPS, B_AT);
            code.emit(Op.CMOVG, STEPS, B_AT);
            Label next = code.label();
            code.bind(next);
            if (wide == 2) {
                code.emit(Op.VMOVUPS, row, Mem.at(A_AT, Bf16Table.TILE));
            }
            code.emit(Op.VCVTNE2PS2BF16, Vec.zmm(1), row, Mem.at(A_AT));
            code.emit(Op.VMOVDQU16, Mem.at(C_AT).masked(KEPT), Vec.zmm(1));
            code.emit(Op.ADD, A_AT, LINE);
            code.emit(Op.ADD, C_AT, C_ROW);
            code.emit(Op.DEC, STEPS);
            code.jump(Condition.NOT_EQUAL, next);
        }
    }
}
