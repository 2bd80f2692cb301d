package dev.lamina.cpu.gemm;

import dev.lamina.cpu.code.Assembler;
import dev.lamina.cpu.code.Condition;
import dev.lamina.cpu.code.Gpr;
import dev.lamina.cpu.code.Imm;
import dev.lamina.cpu.code.Label;
import dev.lamina.cpu.code.Mem;
import dev.lamina.cpu.code.Op;
import dev.lamina.cpu.code.Operand;
import dev.lamina.cpu.code.Tile;

/** Code for a piece of C, whose up to 32 x 32 sums are in one to four tiles. */
final class TilePieces {
    private static final int HALF = Bf16Table.PANEL / 2;

    /** Writes the code for a piece of one or two tiles each way. */
    interface Piece {
        void write(int high, int wide);
    }

    private TilePieces() {}

    /** The tile of the sums in row i and column j of tiles. */
    static Tile sums(int i, int j) {
        return new Tile(2 * i + j);
    }

    /**
     * Sets the sizes of the tiles for the rows and columns that are left.
     *
     * @param table has the configurations ({@link Bf16Table#CONFIGURATIONS})
     * @param spare is overwritten
     */
    static void configure(Assembler code, Gpr table, Operand rows, Operand columns, Gpr spare) {
        configure(code, table, rows, Bf16Table.PANEL, columns, spare);
    }

    /** The same for pieces of so many rows. */
    static void configure(Assembler code, Gpr table, Operand rows, int piece, Operand columns, Gpr spare) {
        code.emit(Op.LEA, spare, Mem.at(table, Bf16Table.CONFIGURATIONS));
        skipAtEdge(code, columns, Bf16Table.PANEL, spare, AmxProduct.CONFIGURATION_BYTES);
        skipAtEdge(code, rows, piece, spare, 2 * AmxProduct.CONFIGURATION_BYTES);
        code.emit(Op.LDTILECFG, Mem.at(spare));
    }

    private static void skipAtEdge(Assembler code, Operand left, int all, Gpr configuration, int bytes) {
        Label whole = code.label();
        code.emit(Op.CMP, left, Imm.of(all));
        code.jump(Condition.GREATER_EQUAL, whole);
        code.emit(Op.ADD, configuration, Imm.of(bytes));
        code.bind(whole);
    }

    /** Goes to the piece of as many tiles as the rows and columns that are left need. */
    static void choose(Assembler code, Operand rows, Operand columns, Piece piece) {
        Label fewRows = code.label();
        Label done = code.label();
        code.emit(Op.CMP, rows, Imm.of(HALF));
        code.jump(Condition.LESS_EQUAL, fewRows);
        chooseWide(code, columns, 2, piece);
        code.jump(done);
        code.bind(fewRows);
        chooseWide(code, columns, 1, piece);
        code.bind(done);
    }

    /** The same where the number of rows is known. */
    static void chooseWide(Assembler code, Operand columns, int high, Piece piece) {
        Label fewColumns = code.label();
        Label done = code.label();
        code.emit(Op.CMP, columns, Imm.of(HALF));
        code.jump(Condition.LESS_EQUAL, fewColumns);
        piece.write(high, 2);
        code.jump(done);
        code.bind(fewColumns);
        piece.write(high, 1);
        code.bind(done);
    }

    /**
     * Loads the sums of a piece from C, or stores them there.
     *
     * @param piece the place of the piece
     * @param row bytes from row to row of C
     * @param spare is overwritten
     * @param move TILELOADD or TILESTORED
     */
    static void move(Assembler code, Gpr piece, Gpr row, Gpr spare, int high, int wide, Op move) {
        code.emit(Op.MOV, spare, row);
        code.emit(Op.SHL, spare, Imm.of(4));
        code.emit(Op.ADD, spare, piece);
        for (int i = 0; i < high; i++) {
            for (int j = 0; j < wide; j++) {
                Mem place = Mem.at(i == 0 ? piece : spare, row, 1, j * Bf16Table.LINE);
                if (move == Op.TILESTORED) {
                    code.emit(move, place, sums(i, j));
                } else {
                    code.emit(move, sums(i, j), place);
                }
            }
        }
    }

    /** Sets the sums of a piece to 0. */
    static void clear(Assembler code, int high, int wide) {
        for (int i = 0; i < high; i++) {
            for (int j = 0; j < wide; j++) {
                code.emit(Op.TILEZERO, sums(i, j));
            }
        }
    }
}
