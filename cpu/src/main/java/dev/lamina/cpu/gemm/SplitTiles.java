package dev.lamina.cpu.gemm;

import dev.lamina.cpu.code.Abi;
import dev.lamina.cpu.code.Assembler;
import dev.lamina.cpu.code.Condition;
import dev.lamina.cpu.code.Gpr;
import dev.lamina.cpu.code.Imm;
import dev.lamina.cpu.code.Label;
import dev.lamina.cpu.code.Mem;
import dev.lamina.cpu.code.Op;
import dev.lamina.cpu.code.Tile;

/**
 * Writes the product of split blocks ({@link SplitCode}) for the tile unit. A piece of C of 32 x 32 sums stays in four tiles while two
 * tiles of each plane of A and B pass by; the tiles of a piece at the edge are configured smaller, so nothing is read or written outside C.
 * The block of A stays in the second cache; of B, the panel in use does, while the next one is asked for.
 *
 * <p>Arguments of the code: block of A, strip of B, C, table ({@link Bf16Table}).
 */
final class SplitTiles {
    /** Lines of the next panel of B that are asked for in each step; nothing is read. */
    private static final int AHEAD_LINES = 24;

    /** Rows of the next piece of C that are asked for in each step. */
    private static final int AHEAD_ROWS = 4;

    /** Bytes of a step of k in a panel. */
    static final int STEP = SplitCode.PLANES * 2 * Bf16Table.TILE;

    private static final Tile[] A = {new Tile(4), new Tile(5)};
    private static final Tile[] B = {new Tile(6), new Tile(7)};
    private static final Gpr A_BLOCK = Gpr.RDI;
    private static final Gpr B_PANEL = Gpr.RSI;
    private static final Gpr C_COLUMN = Gpr.RDX;
    private static final Gpr TABLE = Gpr.RCX;
    private static final Gpr LINE = Gpr.RAX;
    private static final Gpr AHEAD = Gpr.R8;
    private static final Gpr A_PANEL = Gpr.R9;
    private static final Gpr PIECE = Gpr.RBX;
    private static final Gpr ROWS = Gpr.R10;
    private static final Gpr COLUMNS = Gpr.R11;
    private static final Gpr C_ROW = Gpr.R12;
    private static final Gpr A_AT = Gpr.R13;
    private static final Gpr B_AT = Gpr.R14;
    private static final Gpr STEPS = Gpr.R15;
    private static final Gpr SPARE = Gpr.RBP;

    private final Assembler code = new Assembler();

    private SplitTiles() {}

    static Assembler write() {
        SplitTiles tiles = new SplitTiles();
        tiles.panels();
        return tiles.code;
    }

    private void panels() {
        Abi.host().prologue(code, 0);
        code.load(LINE, Bf16Table.LINE);
        code.emit(Op.MOV, C_ROW, Bf16Table.C_ROW.of(TABLE));
        code.emit(Op.MOV, COLUMNS, Bf16Table.COLUMNS.of(TABLE));
        Label panel = code.label();
        code.bind(panel);
        code.emit(Op.MOV, A_PANEL, A_BLOCK);
        code.emit(Op.MOV, ROWS, Bf16Table.ROWS.of(TABLE));
        code.emit(Op.MOV, PIECE, C_COLUMN);
        code.emit(Op.MOV, AHEAD, B_PANEL);
        code.emit(Op.ADD, AHEAD, Bf16Table.PANEL_BYTES.of(TABLE));
        TilePieces.configure(code, TABLE, ROWS, COLUMNS, SPARE);
        pieces();
        code.emit(Op.ADD, B_PANEL, Bf16Table.PANEL_BYTES.of(TABLE));
        code.emit(Op.ADD, C_COLUMN, Imm.of(Bf16Table.PANEL * Float.BYTES));
        code.emit(Op.SUB, COLUMNS, Imm.of(Bf16Table.PANEL));
        code.jump(Condition.GREATER, panel);
        // Threads of the pool are shared with other code: no tile data is left for the system to save.
        code.emit(Op.TILERELEASE);
        Abi.host().epilogue(code);
    }

    /** All of A, piece by piece. */
    private void pieces() {
        Label next = code.label();
        Label whole = code.label();
        code.bind(next);
        code.emit(Op.CMP, ROWS, Imm.of(Bf16Table.PANEL));
        code.jump(Condition.GREATER_EQUAL, whole);
        TilePieces.configure(code, TABLE, ROWS, COLUMNS, SPARE);
        code.bind(whole);
        TilePieces.choose(code, ROWS, COLUMNS, this::piece);
        code.emit(Op.ADD, A_PANEL, Bf16Table.A_PANEL.of(TABLE));
        code.emit(Op.MOV, SPARE, C_ROW);
        code.emit(Op.SHL, SPARE, Imm.of(5));
        code.emit(Op.ADD, PIECE, SPARE);
        code.emit(Op.SUB, ROWS, Imm.of(Bf16Table.PANEL));
        code.jump(Condition.GREATER, next);
    }

    /** A piece of C of one or two tiles each way: sums start from zero or go on from C. */
    private void piece(int high, int wide) {
        Label add = code.label();
        Label begun = code.label();
        code.emit(Op.CMP, Bf16Table.ACCUMULATE.of(TABLE), Imm.of(0));
        code.jump(Condition.NOT_EQUAL, add);
        TilePieces.clear(code, high, wide);
        code.jump(begun);
        code.bind(add);
        TilePieces.move(code, PIECE, C_ROW, SPARE, high, wide, Op.TILELOADD);
        code.bind(begun);
        steps(high, wide);
        TilePieces.move(code, PIECE, C_ROW, SPARE, high, wide, Op.TILESTORED);
    }

    private void steps(int high, int wide) {
        Label step = code.label();
        code.emit(Op.MOV, A_AT, A_PANEL);
        code.emit(Op.MOV, B_AT, B_PANEL);
        code.emit(Op.MOV, STEPS, Bf16Table.STEPS.of(TABLE));
        if (high == 1) {
            code.emit(Op.LEA, AHEAD, Mem.at(PIECE, Bf16Table.PANEL * Float.BYTES));
            code.emit(Op.MOV, SPARE, ROWS);
        }
        code.align(32);
        code.bind(step);
        int[][] terms = SplitCode.TERMS;
        for (int i = 0; i < terms.length; i++) {
            boolean newA = i == 0 || terms[i][0] != terms[i - 1][0];
            boolean newB = i == 0 || terms[i][1] != terms[i - 1][1];
            term(high, wide, newA ? terms[i][0] : -1, newB ? terms[i][1] : -1);
            for (int line = 0; line < AHEAD_LINES / terms.length && high + wide == 4; line++) {
                int at = i * AHEAD_LINES / terms.length + line;
                code.emit(Op.PREFETCHT1, Mem.at(AHEAD, at * Bf16Table.LINE));
            }
        }
        if (high == 1) {
            aheadOfC();
        } else {
            code.emit(Op.ADD, AHEAD, Bf16Table.AHEAD.of(TABLE));
        }
        code.emit(Op.ADD, A_AT, Imm.of(STEP));
        code.emit(Op.ADD, B_AT, Imm.of(STEP));
        code.emit(Op.DEC, STEPS);
        code.jump(Condition.NOT_EQUAL, step);
    }

    /** Asks for some rows of the next piece of C, whose stores would be waited for where products of few rows follow each other. */
    private void aheadOfC() {
        Label done = code.label();
        code.emit(Op.CMP, SPARE, Imm.of(0));
        code.jump(Condition.LESS_EQUAL, done);
        for (int row = 0; row < AHEAD_ROWS; row++) {
            code.emit(Op.PREFETCHT0, Mem.at(AHEAD));
            code.emit(Op.PREFETCHT0, Mem.at(AHEAD, Bf16Table.LINE));
            code.emit(Op.ADD, AHEAD, C_ROW);
        }
        code.emit(Op.SUB, SPARE, Imm.of(AHEAD_ROWS));
        code.bind(done);
    }

    /** The tiles of a plane of A with those of a plane of B; -1 stands for the tiles that are there. */
    private void term(int high, int wide, int a, int b) {
        for (int i = 0; i < high; i++) {
            for (int j = 0; j < wide; j++) {
                if (i == 0 && b >= 0) {
                    code.tile(Op.TILELOADD, B[j], Mem.at(B_AT, LINE, 1, (2 * b + j) * Bf16Table.TILE));
                }
                if (j == 0 && a >= 0) {
                    code.tile(Op.TILELOADD, A[i], Mem.at(A_AT, LINE, 1, (2 * a + i) * Bf16Table.TILE));
                }
                code.tile(Op.TDPBF16PS, TilePieces.sums(i, j), A[i], B[j]);
            }
        }
    }
}
