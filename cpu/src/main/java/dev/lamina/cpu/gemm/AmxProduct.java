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
 * bf16 results of a whole piece are rounded while the next one is multiplied, as the tile unit and the vector units work side by side.
 *
 * <p>Arguments of the code: packed A, packed B, C, table ({@link Bf16Table}).
 */
final class AmxProduct {
    /** Lines of the next panel of A that are asked for in each step. */
    static final int AHEAD_LINES = 4;

    /** Tile configurations in the table: for full pieces, + 1 at the right edge, + 2 at the lower edge. */
    static final int CONFIGURATION_BYTES = 64;

    /** Steps of k during which a piece is rounded. */
    private static final int ROUNDING_STEPS = 8;

    /** Bytes of a row of sums that wait to be rounded, and of 32 such rows. */
    private static final int SUM_ROW = 2 * Bf16Table.LINE;

    private static final int SUMS = Bf16Table.PANEL * SUM_ROW;

    private static final Tile[] A = {new Tile(4), new Tile(5)};
    private static final Tile[] B = {new Tile(6), new Tile(7)};
    private static final Gpr A_PANEL = Gpr.RDI;
    private static final Gpr B_PANEL = Gpr.R9;
    private static final Gpr C_ROWS = Gpr.RDX;
    private static final Gpr TABLE = Gpr.RCX;
    private static final Gpr PIECE = Gpr.R10;
    private static final Gpr SUMS_AT = Gpr.R8;
    private static final Gpr OUT = Gpr.R11;
    private static final Gpr C_ROW = Gpr.R12;
    private static final Gpr A_AT = Gpr.R13;
    private static final Gpr B_AT = Gpr.R14;
    private static final Gpr STEPS = Gpr.R15;
    private static final Gpr LINE = Gpr.RAX;
    private static final Gpr AHEAD = Gpr.RBX;
    private static final Gpr C_AT = Gpr.RBP;
    private static final Gpr A_ROW = Gpr.RBP;
    private static final Gpr A_BELOW = Gpr.RSI;
    private static final Mem B_BEGIN = Mem.at(Gpr.RSP, 2 * SUMS);
    private static final Mem ROWS = Mem.at(Gpr.RSP, 2 * SUMS + 8);
    private static final Mem COLUMNS = Mem.at(Gpr.RSP, 2 * SUMS + 16);

    /** Where the sums of a piece are put, where those of the piece before wait, and the place in C of that piece, or 0. */
    private static final Mem TARGET = Mem.at(Gpr.RSP, 2 * SUMS + 24);

    private static final Mem WAITING = Mem.at(Gpr.RSP, 2 * SUMS + 32);
    private static final Mem WAITING_FOR = Mem.at(Gpr.RSP, 2 * SUMS + 40);
    private static final Mask KEPT = new Mask(1);

    private final Assembler code = new Assembler();
    private final boolean narrow;
    private final boolean near;

    private AmxProduct(boolean narrow, boolean near) {
        this.narrow = narrow;
        this.near = near;
    }

    /**
     * The code.
     *
     * @param narrow whether C is bf16 and gets the finished sums; else C is f32
     * @param near whether a panel of A stays in the first cache; else its tiles come from the second one and pass by the first
     */
    static Assembler write(boolean narrow, boolean near) {
        AmxProduct product = new AmxProduct(narrow, near);
        product.write();
        return product.code;
    }

    /** A configuration for pieces of up to 32 x 32. */
    static long[] configuration(int rows, int columns) {
        return configuration(part(rows, 0), part(rows, 1), columns);
    }

    /** A configuration for two tiles of rows one below the other. */
    static long[] configuration(int upper, int lower, int columns) {
        ByteBuffer bytes = ByteBuffer.allocate(CONFIGURATION_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(0, (byte) 1);
        for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 2; j++) {
                shape(bytes, 2 * i + j, i == 0 ? upper : lower, part(columns, j) * Float.BYTES);
            }
            shape(bytes, A[i].number(), i == 0 ? upper : lower, Bf16Table.LINE);
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
        Abi.host().prologue(code, 2 * SUMS + Bf16Table.LINE);
        code.emit(Op.MOV, B_BEGIN, Gpr.RSI);
        code.load(LINE, Bf16Table.LINE);
        move(ROWS, Bf16Table.ROWS.of(TABLE));
        code.emit(Op.MOV, C_ROW, Bf16Table.C_ROW.of(TABLE));
        code.emit(Op.MOV, TARGET, Gpr.RSP);
        code.emit(Op.LEA, A_AT, Mem.at(Gpr.RSP, SUMS));
        code.emit(Op.MOV, WAITING, A_AT);
        code.emit(Op.MOV, WAITING_FOR, Imm.of(0));
        move(COLUMNS, Bf16Table.COLUMNS.of(TABLE));
        TilePieces.configure(code, TABLE, ROWS, COLUMNS, C_AT);
        Label rows = code.label();
        code.bind(rows);
        move(COLUMNS, Bf16Table.COLUMNS.of(TABLE));
        code.emit(Op.MOV, B_PANEL, B_BEGIN);
        code.emit(Op.MOV, PIECE, C_ROWS);
        code.emit(Op.MOV, AHEAD, A_PANEL);
        code.emit(Op.ADD, AHEAD, Bf16Table.A_PANEL.of(TABLE));
        configureAtEdge();
        panels();
        code.emit(Op.ADD, A_PANEL, Bf16Table.A_PANEL.of(TABLE));
        code.emit(Op.MOV, A_AT, C_ROW);
        code.emit(Op.SHL, A_AT, Imm.of(5));
        code.emit(Op.ADD, C_ROWS, A_AT);
        code.emit(Op.SUB, ROWS, Imm.of(Bf16Table.PANEL));
        code.jump(Condition.GREATER, rows);
        if (narrow) {
            roundWaiting();
        }
        // Threads of the pool are shared with other code: no tile data is left for the system to save.
        code.emit(Op.TILERELEASE);
        Abi.host().epilogue(code);
    }

    /** Configures tiles for a panel, which takes some time, unless all pieces so far and those of this panel are whole. */
    private void configureAtEdge() {
        Label edge = code.label();
        Label whole = code.label();
        code.emit(Op.MOV, A_AT, COLUMNS);
        code.emit(Op.TEST, A_AT, Imm.of(Bf16Table.PANEL - 1));
        code.jump(Condition.NOT_EQUAL, edge);
        code.emit(Op.CMP, ROWS, Imm.of(Bf16Table.PANEL));
        code.jump(Condition.GREATER_EQUAL, whole);
        code.bind(edge);
        TilePieces.configure(code, TABLE, ROWS, COLUMNS, C_AT);
        code.bind(whole);
    }

    private void move(Mem to, Mem from) {
        code.emit(Op.MOV, A_AT, from);
        code.emit(Op.MOV, to, A_AT);
    }

    /** One panel of A and all of B. */
    private void panels() {
        Label columns = code.label();
        Label next = code.label();
        Label cut = code.label();
        code.align(16);
        code.bind(columns);
        if (narrow) {
            code.emit(Op.CMP, ROWS, Imm.of(Bf16Table.PANEL));
            code.jump(Condition.LESS, cut);
            code.emit(Op.CMP, COLUMNS, Imm.of(Bf16Table.PANEL));
            code.jump(Condition.LESS, cut);
            code.emit(Op.CMP, Bf16Table.STEPS.of(TABLE), Imm.of(ROUNDING_STEPS));
            code.jump(Condition.LESS, cut);
            wholePiece();
            code.jump(next);
            code.bind(cut);
            roundWaiting();
        }
        anyPiece();
        code.bind(next);
        code.emit(Op.ADD, B_PANEL, Bf16Table.PANEL_BYTES.of(TABLE));
        code.emit(Op.ADD, PIECE, Imm.of(Bf16Table.PANEL * (narrow ? 2L : 4L)));
        code.emit(Op.SUB, COLUMNS, Imm.of(Bf16Table.PANEL));
        code.jump(Condition.GREATER, columns);
    }

    /** A piece of as many rows and columns as are left. */
    private void anyPiece() {
        Label whole = code.label();
        code.emit(Op.CMP, COLUMNS, Imm.of(Bf16Table.PANEL));
        code.jump(Condition.GREATER_EQUAL, whole);
        TilePieces.configure(code, TABLE, ROWS, COLUMNS, C_AT);
        code.bind(whole);
        TilePieces.choose(code, ROWS, COLUMNS, this::piece);
    }

    /** A piece of C of one or two tiles each way. */
    private void piece(int high, int wide) {
        begin(high, wide);
        beginSteps();
        Label summed = code.label();
        code.emit(Op.MOV, STEPS, Bf16Table.STEPS.of(TABLE));
        code.emit(Op.TEST, STEPS, STEPS);
        code.jump(Condition.EQUAL, summed);
        if (high == 1) {
            steps(high, wide, A[0], false);
        } else {
            Label edge = code.label();
            code.emit(Op.CMP, ROWS, Imm.of(Bf16Table.PANEL));
            code.jump(Condition.LESS, edge);
            steps(high, wide, A[0], false);
            code.jump(summed);
            code.bind(edge);
            steps(high, wide, A[1], false);
        }
        code.bind(summed);
        if (narrow) {
            code.emit(Op.MOV, SUMS_AT, TARGET);
            storeSums(high, wide);
            round();
        } else {
            TilePieces.move(code, PIECE, C_ROW, C_AT, high, wide, Op.TILESTORED);
        }
    }

    /** A piece of 32 x 32 whose sums are left to be rounded later, while those of the piece before are rounded. */
    private void wholePiece() {
        begin(2, 2);
        beginSteps();
        Label all = code.label();
        Label rest = code.label();
        Label summed = code.label();
        code.emit(Op.MOV, OUT, WAITING_FOR);
        code.emit(Op.TEST, OUT, OUT);
        code.jump(Condition.EQUAL, all);
        code.emit(Op.MOV, SUMS_AT, WAITING);
        code.load(STEPS, ROUNDING_STEPS);
        steps(2, 2, A[0], true);
        code.emit(Op.MOV, STEPS, Bf16Table.STEPS.of(TABLE));
        code.emit(Op.SUB, STEPS, Imm.of(ROUNDING_STEPS));
        code.jump(Condition.GREATER, rest);
        code.jump(summed);
        code.bind(all);
        code.emit(Op.MOV, STEPS, Bf16Table.STEPS.of(TABLE));
        code.bind(rest);
        steps(2, 2, A[0], false);
        code.bind(summed);
        code.emit(Op.MOV, SUMS_AT, TARGET);
        storeSums(2, 2);
        move(TARGET, WAITING);
        code.emit(Op.MOV, WAITING, SUMS_AT);
        code.emit(Op.MOV, WAITING_FOR, PIECE);
    }

    private void beginSteps() {
        code.emit(Op.MOV, A_AT, A_PANEL);
        code.emit(Op.MOV, A_BELOW, A_PANEL);
        code.emit(Op.ADD, A_BELOW, Bf16Table.A_TILE.of(TABLE));
        code.emit(Op.MOV, A_ROW, Bf16Table.A_ROW.of(TABLE));
        code.emit(Op.MOV, B_AT, B_PANEL);
    }

    /**
     * As many steps of k as STEPS says.
     *
     * @param below the tile for the lower rows of A: that of the upper ones if there are as many, since tiles are slower if all eight are in
     *     use while the core works for somebody else, too (bf16 products of 1024 take 1.2 to 1.4 times as long)
     */
    private void steps(int high, int wide, Tile below, boolean rounding) {
        Label step = code.label();
        code.align(32);
        code.bind(step);
        multiply(high, wide, below);
        for (int row = 0; row < Bf16Table.PANEL / ROUNDING_STEPS && rounding; row++) {
            roundRow(Mem.at(OUT), row * SUM_ROW);
        }
        if (rounding) {
            code.emit(Op.ADD, SUMS_AT, Imm.of(SUMS / ROUNDING_STEPS));
        }
        code.emit(Op.ADD, AHEAD, Bf16Table.AHEAD.of(TABLE));
        code.emit(Op.ADD, A_AT, Bf16Table.A_STEP.of(TABLE));
        code.emit(Op.ADD, A_BELOW, Bf16Table.A_STEP.of(TABLE));
        code.emit(Op.ADD, B_AT, Imm.of(2 * Bf16Table.TILE));
        code.emit(Op.DEC, STEPS);
        code.jump(Condition.NOT_EQUAL, step);
    }

    /** One step of k: all tiles of A with all of B. */
    private void multiply(int high, int wide, Tile below) {
        for (int i = 0; i < high; i++) {
            Tile a = i == 0 ? A[0] : below;
            for (int j = 0; j < wide; j++) {
                if (i == 0) {
                    // B passes through: the hint keeps it out of the first cache.
                    code.tile(Op.TILELOADDT1, B[j], Mem.at(B_AT, LINE, 1, j * Bf16Table.TILE));
                }
                if (j == 0) {
                    code.tile(near ? Op.TILELOADD : Op.TILELOADDT1, a, Mem.at(i == 0 ? A_AT : A_BELOW, A_ROW));
                }
                code.tile(Op.TDPBF16PS, TilePieces.sums(i, j), a, B[j]);
            }
        }
        for (int line = 0; line < AHEAD_LINES && high + wide == 4; line++) {
            code.emit(near ? Op.PREFETCHT0 : Op.PREFETCHT1, Mem.at(AHEAD, line * Bf16Table.LINE));
        }
    }

    /** Sums start from zero or go on from C. */
    private void begin(int high, int wide) {
        Label add = code.label();
        Label begun = code.label();
        if (!narrow) {
            code.emit(Op.CMP, Bf16Table.ACCUMULATE.of(TABLE), Imm.of(0));
            code.jump(Condition.NOT_EQUAL, add);
        }
        TilePieces.clear(code, high, wide);
        if (!narrow) {
            code.jump(begun);
            code.bind(add);
            TilePieces.move(code, PIECE, C_ROW, C_AT, high, wide, Op.TILELOADD);
            code.bind(begun);
        }
    }

    /** Puts the sums of a piece where SUMS_AT says. */
    private void storeSums(int high, int wide) {
        for (int i = 0; i < high; i++) {
            for (int j = 0; j < wide; j++) {
                code.emit(
                        Op.TILESTORED,
                        Mem.at(SUMS_AT, LINE, 2, i * SUMS / 2 + j * Bf16Table.LINE),
                        TilePieces.sums(i, j));
            }
        }
    }

    /** Rounds a row of sums to bf16 on its way to C. */
    private void roundRow(Mem to, int row) {
        code.emit(Op.VMOVUPS, Vec.zmm(0), Mem.at(SUMS_AT, row + Bf16Table.LINE));
        code.emit(Op.VCVTNE2PS2BF16, Vec.zmm(1), Vec.zmm(0), Mem.at(SUMS_AT, row));
        code.emit(Op.VMOVDQU16, to, Vec.zmm(1));
        code.emit(Op.ADD, OUT, C_ROW);
    }

    /** Rounds the piece that waits, if there is one. */
    private void roundWaiting() {
        Label none = code.label();
        code.emit(Op.MOV, OUT, WAITING_FOR);
        code.emit(Op.TEST, OUT, OUT);
        code.jump(Condition.EQUAL, none);
        code.emit(Op.MOV, SUMS_AT, WAITING);
        code.load(STEPS, Bf16Table.PANEL);
        roundRows(Mem.at(OUT));
        code.emit(Op.MOV, WAITING_FOR, Imm.of(0));
        code.bind(none);
    }

    /** Rounds a piece of as many rows and columns as are left. */
    private void round() {
        code.emit(Op.MOV, B_AT, COLUMNS);
        Bf16Table.columnMask(code, A_AT, B_AT, STEPS);
        code.emit(Op.KMOVD, KEPT, A_AT);
        code.emit(Op.MOV, OUT, PIECE);
        code.emit(Op.MOV, STEPS, ROWS);
        code.load(B_AT, Bf16Table.PANEL);
        code.emit(Op.CMP, STEPS, B_AT);
        code.emit(Op.CMOVG, STEPS, B_AT);
        roundRows(Mem.at(OUT).masked(KEPT));
    }

    private void roundRows(Mem to) {
        Label next = code.label();
        code.bind(next);
        roundRow(to, 0);
        code.emit(Op.ADD, SUMS_AT, Imm.of(SUM_ROW));
        code.emit(Op.DEC, STEPS);
        code.jump(Condition.NOT_EQUAL, next);
    }
}
