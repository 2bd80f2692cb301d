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
import java.util.function.IntConsumer;

/**
 * Writes the product of split blocks ({@link SplitCode}) for the tile unit. A piece of C of 16 x 32 sums stays in two tiles while one
 * tile of each plane of A and two of B pass by; the tiles of a piece at the edge are configured smaller, so nothing is read or written
 * outside C. The block of A stays in the second cache; of B, the panel in use does, while the next one is asked for.
 *
 * <p>A piece of twice as many rows takes 6 % less time where the core is ours alone, but needs all eight tiles: while the core works for
 * somebody else, too, a product of tiles then takes 18.7 ns rather than 13.8 (15.7 with seven), as if too few registers were left to rename them.
 *
 * <p>Arguments of the code: block of A, strip of B, C, table ({@link Bf16Table}).
 *
 * <p>The tile unit leaves the vector units idle, so the code also exists with B in place, whose columns are side by side: then vector
 * instructions between those of tiles split the next panel, half of it with each of the first two pieces, which have 32 rows. It needs more than 32 rows.
 * Its fourth argument is scratch memory: the address of the table, and from {@link Bf16Table#LINE} on two panels of B, each with its
 * largest magnitudes behind it; the first panel of B is there, and the largest magnitudes of all come behind it.
 */
final class SplitTiles {
    /** Rows of a tile. */
    static final int HALF = Bf16Table.PANEL / 2;

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

    /** While B is split: where from, bytes along k, and where to. */
    private static final Gpr FROM = Gpr.R8;

    private static final Gpr K_STRIDE = Gpr.RDI;
    private static final Gpr OUT = Gpr.RBP;

    /** Places in the frame then: the block of A, the next panel of B, where it is split to, the scratch memory. */
    private static final Mem A_PLACE = Mem.at(Gpr.RSP);

    private static final Mem FROM_PLACE = Mem.at(Gpr.RSP, 8);
    private static final Mem NEXT_PLACE = Mem.at(Gpr.RSP, 16);
    private static final Mem SCRATCH_PLACE = Mem.at(Gpr.RSP, 24);

    private static final Mask COLUMNS_USED = new Mask(1);
    private static final Mask FIRST_USED = new Mask(2);
    private static final Mask SECOND_USED = new Mask(3);

    private final Assembler code = new Assembler();
    private final boolean splits;

    private SplitTiles(boolean splits) {
        this.splits = splits;
    }

    /**
     * The code.
     *
     * @param splits whether B is in place and is split here
     */
    static Assembler write(boolean splits) {
        SplitTiles tiles = new SplitTiles(splits);
        tiles.panels();
        return tiles.code;
    }

    private void panels() {
        Abi.host().prologue(code, splits ? 32 : 0);
        code.load(LINE, Bf16Table.LINE);
        if (splits) {
            begin();
        }
        code.emit(Op.MOV, C_ROW, Bf16Table.C_ROW.of(TABLE));
        code.emit(Op.MOV, COLUMNS, Bf16Table.COLUMNS.of(TABLE));
        Label panel = code.label();
        Label done = code.label();
        if (!splits) {
            code.emit(Op.MOV, ROWS, Bf16Table.ROWS.of(TABLE));
            configureFew();
        }
        code.bind(panel);
        code.emit(Op.MOV, A_PANEL, splits ? A_PLACE : A_BLOCK);
        code.emit(Op.MOV, ROWS, Bf16Table.ROWS.of(TABLE));
        code.emit(Op.MOV, PIECE, C_COLUMN);
        if (splits) {
            TilePieces.configure(code, TABLE, ROWS, COLUMNS, SPARE);
            splittingPieces(done);
            pieces();
        } else {
            configureChange();
            code.emit(Op.MOV, AHEAD, B_PANEL);
            code.emit(Op.ADD, AHEAD, Bf16Table.PANEL_BYTES.of(TABLE));
            piecesOfFew();
        }
        code.bind(done);
        nextPanel();
        code.emit(Op.ADD, C_COLUMN, Imm.of(Bf16Table.PANEL * Float.BYTES));
        code.emit(Op.SUB, COLUMNS, Imm.of(Bf16Table.PANEL));
        code.jump(Condition.GREATER, panel);
        // Threads of the pool are shared with other code: no tile data is left for the system to save.
        code.emit(Op.TILERELEASE);
        if (splits) {
            end();
        }
        Abi.host().epilogue(code);
    }

    /** Where B is in place: leaves the largest magnitudes of all of it. */
    private void end() {
        code.emit(Op.MOV, SPARE, SCRATCH_PLACE);
        code.emit(Op.ADD, SPARE, Bf16Table.PANEL_BYTES.of(TABLE));
        SplitCode.end(code, Mem.at(SPARE, Bf16Table.LINE));
    }

    /** Where B is in place: takes the arguments apart. */
    private void begin() {
        code.emit(Op.MOV, A_PLACE, A_BLOCK);
        code.emit(Op.MOV, FROM_PLACE, B_PANEL);
        code.emit(Op.MOV, SCRATCH_PLACE, TABLE);
        code.emit(Op.LEA, B_PANEL, Mem.at(TABLE, Bf16Table.LINE));
        code.emit(Op.MOV, TABLE, Mem.at(TABLE));
        code.emit(Op.MOV, SPARE, B_PANEL);
        code.emit(Op.ADD, SPARE, Bf16Table.PANEL_BYTES.of(TABLE));
        SplitCode.begin(code, Mem.at(SPARE));
        code.emit(Op.ADD, SPARE, LINE);
        code.emit(Op.MOV, NEXT_PLACE, SPARE);
        code.emit(Op.MOV, K_STRIDE, Bf16Table.K_STRIDE.of(TABLE));
    }

    private void nextPanel() {
        if (!splits) {
            code.emit(Op.ADD, B_PANEL, Bf16Table.PANEL_BYTES.of(TABLE));
            return;
        }
        code.emit(Op.MOV, SPARE, NEXT_PLACE);
        code.emit(Op.MOV, NEXT_PLACE, B_PANEL);
        code.emit(Op.MOV, B_PANEL, SPARE);
        code.emit(Op.ADD, FROM_PLACE, Imm.of(Bf16Table.PANEL * Float.BYTES));
    }

    /** The first two pieces, with half of the next panel each, if there is one. */
    private void splittingPieces(Label done) {
        Label last = code.label();
        Label low = code.label();
        Label high = code.label();
        code.emit(Op.CMP, COLUMNS, Imm.of(Bf16Table.PANEL));
        code.jump(Condition.LESS_EQUAL, last);
        piece(2, 2, 0);
        nextPiece();
        configureAtEdge();
        code.emit(Op.CMP, ROWS, Imm.of(HALF));
        code.jump(Condition.LESS_EQUAL, low);
        piece(2, 2, 1);
        code.jump(high);
        code.bind(low);
        piece(1, 2, 1);
        code.bind(high);
        nextPiece();
        code.jump(Condition.LESS_EQUAL, done);
        code.bind(last);
    }

    /** All of A, piece by piece. */
    private void pieces() {
        Label next = code.label();
        code.bind(next);
        configureAtEdge();
        TilePieces.choose(code, ROWS, COLUMNS, (high, wide) -> piece(high, wide, -1));
        nextPiece();
        code.jump(Condition.GREATER, next);
    }

    /** All of A, 16 rows at a time. */
    private void piecesOfFew() {
        Label next = code.label();
        Label whole = code.label();
        Label inside = code.label();
        code.bind(next);
        code.emit(Op.CMP, ROWS, Imm.of(HALF));
        code.jump(Condition.GREATER_EQUAL, whole);
        code.emit(Op.CMP, A_PANEL, A_BLOCK);
        code.jump(Condition.EQUAL, whole);
        configureFew();
        code.bind(whole);
        TilePieces.chooseWide(code, COLUMNS, 1, (high, wide) -> piece(high, wide, -1));
        code.emit(Op.MOV, SPARE, C_ROW);
        code.emit(Op.SHL, SPARE, Imm.of(4));
        code.emit(Op.ADD, PIECE, SPARE);
        code.emit(Op.ADD, A_PANEL, Imm.of(Bf16Table.TILE));
        // Behind the second tiles of a panel follow the first ones of the next.
        code.emit(Op.MOV, SPARE, A_PANEL);
        code.emit(Op.SUB, SPARE, A_BLOCK);
        code.emit(Op.TEST, SPARE, Imm.of(Bf16Table.TILE));
        code.jump(Condition.NOT_EQUAL, inside);
        code.emit(Op.ADD, A_PANEL, Bf16Table.A_PANEL.of(TABLE));
        code.emit(Op.SUB, A_PANEL, Imm.of(2 * Bf16Table.TILE));
        code.bind(inside);
        code.emit(Op.SUB, ROWS, Imm.of(HALF));
        code.jump(Condition.GREATER, next);
    }

    private void configureFew() {
        TilePieces.configure(code, TABLE, ROWS, HALF, COLUMNS, SPARE);
    }

    /** Configures tiles where a panel needs others than the one before: that takes as long as twenty products of tiles. */
    private void configureChange() {
        Label change = code.label();
        Label same = code.label();
        code.emit(Op.CMP, Bf16Table.RECONFIGURE.of(TABLE), Imm.of(0));
        code.jump(Condition.NOT_EQUAL, change);
        code.emit(Op.CMP, COLUMNS, Imm.of(Bf16Table.PANEL));
        code.jump(Condition.GREATER_EQUAL, same);
        code.bind(change);
        configureFew();
        code.bind(same);
    }

    private void configureAtEdge() {
        Label whole = code.label();
        code.emit(Op.CMP, ROWS, Imm.of(Bf16Table.PANEL));
        code.jump(Condition.GREATER_EQUAL, whole);
        TilePieces.configure(code, TABLE, ROWS, COLUMNS, SPARE);
        code.bind(whole);
    }

    /** Ends with the comparison of the rows that are left with 0. */
    private void nextPiece() {
        code.emit(Op.ADD, A_PANEL, Bf16Table.A_PANEL.of(TABLE));
        code.emit(Op.MOV, SPARE, C_ROW);
        code.emit(Op.SHL, SPARE, Imm.of(5));
        code.emit(Op.ADD, PIECE, SPARE);
        code.emit(Op.SUB, ROWS, Imm.of(Bf16Table.PANEL));
    }

    /**
     * A piece of C of one or two tiles each way: sums start from zero or go on from C.
     *
     * @param half which half of the next panel of B is split meanwhile; none if negative
     */
    private void piece(int high, int wide, int half) {
        Label add = code.label();
        Label begun = code.label();
        code.emit(Op.CMP, Bf16Table.ACCUMULATE.of(TABLE), Imm.of(0));
        code.jump(Condition.NOT_EQUAL, add);
        TilePieces.clear(code, high, wide);
        code.jump(begun);
        code.bind(add);
        TilePieces.move(code, PIECE, C_ROW, SPARE, high, wide, Op.TILELOADD);
        code.bind(begun);
        code.emit(Op.MOV, A_AT, A_PANEL);
        code.emit(Op.MOV, B_AT, B_PANEL);
        if (half < 0) {
            code.emit(Op.MOV, STEPS, Bf16Table.STEPS.of(TABLE));
            steps(high, wide);
        } else {
            splittingSteps(high, half);
        }
        TilePieces.move(code, PIECE, C_ROW, SPARE, high, wide, Op.TILESTORED);
    }

    private void steps(int high, int wide) {
        if (splits) {
            loop(high, wide, () -> {}, product -> {});
            return;
        }
        Label few = code.label();
        Label done = code.label();
        code.emit(Op.CMP, Bf16Table.ROWS.of(TABLE), Imm.of(HALF));
        code.jump(Condition.LESS_EQUAL, few);
        loop(
                high,
                wide,
                () -> code.emit(Op.ADD, AHEAD, Bf16Table.AHEAD.of(TABLE)),
                product -> code.emit(Op.PREFETCHT1, Mem.at(AHEAD, product * Bf16Table.LINE)));
        code.jump(done);
        code.bind(few);
        code.emit(Op.LEA, AHEAD, Mem.at(PIECE, Bf16Table.PANEL * Float.BYTES));
        code.emit(Op.MOV, SPARE, ROWS);
        loop(high, wide, this::aheadOfC, product -> {});
        code.bind(done);
    }

    /** All steps of k, with something after each, and after each product. */
    private void loop(int high, int wide, Runnable afterStep, IntConsumer afterProduct) {
        Label step = code.label();
        code.align(32);
        code.bind(step);
        terms(high, wide, afterProduct);
        afterStep.run();
        code.emit(Op.ADD, A_AT, Imm.of(STEP));
        code.emit(Op.ADD, B_AT, Imm.of(STEP));
        code.emit(Op.DEC, STEPS);
        code.jump(Condition.NOT_EQUAL, step);
    }

    /** Steps of which each splits 32 rows of half a panel of B; rows behind the last whole step have one of their own. */
    private void splittingSteps(int high, int half) {
        Label done = code.label();
        code.emit(Op.LEA, SPARE, Mem.at(COLUMNS, -Bf16Table.PANEL));
        Bf16Table.columnMask(code, STEPS, SPARE, FROM);
        code.emit(Op.MOV, FROM, FROM_PLACE);
        code.emit(Op.ADD, FROM, Imm.of(Bf16Table.PANEL * Float.BYTES));
        code.emit(Op.MOV, OUT, NEXT_PLACE);
        if (half > 0) {
            code.emit(Op.SHR, STEPS, Imm.of(HALF));
            code.emit(Op.ADD, FROM, Imm.of(HALF * Float.BYTES));
            code.emit(Op.ADD, OUT, Imm.of(Bf16Table.TILE));
        }
        code.emit(Op.KMOVW, COLUMNS_USED, STEPS);
        code.emit(Op.MOV, STEPS, Bf16Table.K.of(TABLE));
        code.emit(Op.SHR, STEPS, Imm.of(5));
        int products = SplitCode.TERMS.length * high * 2;
        loop(high, 2, () -> code.emit(Op.ADD, OUT, Imm.of(STEP)), product -> {
            for (int pair = product * HALF / products; pair < (product + 1) * HALF / products; pair++) {
                pair(pair * Bf16Table.LINE, COLUMNS_USED, COLUMNS_USED);
            }
        });
        code.emit(Op.MOV, STEPS, Bf16Table.K.of(TABLE));
        code.emit(Op.AND, STEPS, Imm.of(Bf16Table.K_STEP - 1));
        code.jump(Condition.EQUAL, done);
        terms(high, 2, product -> {});
        lastRows();
        code.bind(done);
    }

    /** Splits as many rows as STEPS says and sets the rest of a step to 0. */
    private void lastRows() {
        Label pair = code.label();
        Label first = code.label();
        Label second = code.label();
        code.load(B_AT, HALF);
        code.bind(pair);
        code.emit(Op.KMOVW, A_AT, COLUMNS_USED);
        code.emit(Op.CMP, STEPS, Imm.of(0));
        code.jump(Condition.GREATER, first);
        code.load(A_AT, 0);
        code.bind(first);
        code.emit(Op.KMOVW, FIRST_USED, A_AT);
        code.emit(Op.CMP, STEPS, Imm.of(1));
        code.jump(Condition.GREATER, second);
        code.load(A_AT, 0);
        code.bind(second);
        code.emit(Op.KMOVW, SECOND_USED, A_AT);
        pair(0, FIRST_USED, SECOND_USED);
        code.emit(Op.ADD, OUT, LINE);
        code.emit(Op.SUB, STEPS, Imm.of(2));
        code.emit(Op.DEC, B_AT);
        code.jump(Condition.NOT_EQUAL, pair);
    }

    /** Splits 16 columns of two rows of B, and goes on to the next rows. */
    private void pair(int to, Mask first, Mask second) {
        Vec[][] parts = {
            {Vec.zmm(4), Vec.zmm(5), Vec.zmm(0)}, {Vec.zmm(6), Vec.zmm(7), Vec.zmm(1)},
        };
        code.emit(Op.VMOVUPS, parts[0][2].zeroed(first), Mem.at(FROM));
        code.emit(Op.VMOVUPS, parts[1][2].zeroed(second), Mem.at(FROM, K_STRIDE));
        code.emit(Op.LEA, FROM, Mem.at(FROM, K_STRIDE, 2, 0));
        for (Vec[] row : parts) {
            SplitCode.split(code, row[2], row[0], row[1]);
        }
        for (int plane = 0; plane < SplitCode.PLANES; plane++) {
            SplitCode.join(code, parts[0][plane], parts[1][plane], true);
            code.emit(Op.VMOVDQA64, Mem.at(OUT, to + plane * 2 * Bf16Table.TILE), parts[0][plane]);
        }
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

    /**
     * The products of a step of k.
     *
     * @param behind writes what comes behind a product, given its number
     */
    private void terms(int high, int wide, IntConsumer behind) {
        int product = 0;
        int[][] terms = SplitCode.TERMS;
        for (int t = 0; t < terms.length; t++) {
            boolean newA = t == 0 || terms[t][0] != terms[t - 1][0];
            boolean newB = t == 0 || terms[t][1] != terms[t - 1][1];
            for (int i = 0; i < high; i++) {
                for (int j = 0; j < wide; j++) {
                    if (i == 0 && newB) {
                        code.tile(Op.TILELOADD, B[j], Mem.at(B_AT, LINE, 1, (2 * terms[t][1] + j) * Bf16Table.TILE));
                    }
                    if (j == 0 && newA) {
                        code.tile(Op.TILELOADD, A[i], Mem.at(A_AT, LINE, 1, (2 * terms[t][0] + i) * Bf16Table.TILE));
                    }
                    code.tile(Op.TDPBF16PS, TilePieces.sums(i, j), A[i], B[j]);
                    behind.accept(product++);
                }
            }
        }
    }
}
