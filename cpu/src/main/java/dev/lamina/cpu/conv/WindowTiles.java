package dev.lamina.cpu.conv;

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
 * Code for the sums of {@link WindowCode} on the tile unit: two groups of up to 16 outputs and up to 32 columns in four tiles. Terms are bf16,
 * a multiple of 32 in each segment; weights lie as {@link dev.lamina.cpu.gemm.Bf16Table} says.
 *
 * <p>Arguments: A, B, C, description. Registers: RBX description, RSI table of tiles, R15 table of segments, R8 and R9 the groups in A,
 * R10 B, R11 steps left, R12 one output of A, R13 one output of C, RAX a line of a tile.
 */
final class WindowTiles {
    /** Offsets in a description, in bytes: as {@link WindowCode}, then the configuration of the tiles. */
    static final int CONFIGURATION = 128;

    static final int BYTES = 192;
    private static final int TILE = 1024;
    private static final int LINE = 64;
    private static final Mem A_BEGIN = Mem.at(Gpr.RSP, 0);
    private static final Mem B_BEGIN = Mem.at(Gpr.RSP, 8);
    private static final Mem C_BEGIN = Mem.at(Gpr.RSP, 16);

    /** One for both groups: while the core works for somebody else, too, tiles are faster if not all eight are in use. */
    private static final Tile A = new Tile(4);

    private static final Tile[] B = {new Tile(6), new Tile(7)};

    /** Outputs of a group at most, and groups of a tile. */
    static final int MOST_ROWS = 16;

    static final int GROUPS = 2;

    private final Assembler code = new Assembler();
    private final int wide;

    private WindowTiles(int wide) {
        this.wide = wide;
    }

    /**
     * The code.
     *
     * @param wide tiles of columns: 1 or 2
     */
    static Assembler write(int wide) {
        WindowTiles tiles = new WindowTiles(wide);
        tiles.tiles();
        return tiles.code;
    }

    private static Mem field(int offset) {
        return Mem.at(Gpr.RBX, offset);
    }

    private void tiles() {
        Abi.host().prologue(code, 64);
        code.emit(Op.MOV, Gpr.RBX, Gpr.RCX);
        code.emit(Op.MOV, A_BEGIN, Gpr.RDI);
        code.emit(Op.MOV, B_BEGIN, Gpr.RSI);
        code.emit(Op.MOV, C_BEGIN, Gpr.RDX);
        code.emit(Op.LDTILECFG, field(CONFIGURATION));
        code.load(Gpr.RAX, LINE);
        code.emit(Op.MOV, Gpr.R12, field(WindowCode.A_ROW));
        code.emit(Op.MOV, Gpr.R13, field(WindowCode.C_ROW));
        code.emit(Op.MOV, Gpr.RSI, field(WindowCode.TILES));
        Label tile = code.label();
        code.bind(tile);
        tile();
        code.emit(Op.ADD, Gpr.RSI, new Imm(16L * GROUPS));
        code.emit(Op.CMP, Gpr.RSI, field(WindowCode.TILES_END));
        code.jump(Condition.NOT_EQUAL, tile);
        code.emit(Op.TILERELEASE);
        Abi.host().epilogue(code);
    }

    private void tile() {
        Label zero = code.label();
        Label begun = code.label();
        code.emit(Op.CMP, field(WindowCode.ACCUMULATE), new Imm(0));
        code.jump(Condition.EQUAL, zero);
        forC(false);
        code.jump(begun);
        code.bind(zero);
        for (int i = 0; i < GROUPS; i++) {
            for (int j = 0; j < wide; j++) {
                code.emit(Op.TILEZERO, sums(i, j));
            }
        }
        code.bind(begun);
        Label summed = code.label();
        code.emit(Op.MOV, Gpr.R15, field(WindowCode.SEGMENTS));
        code.emit(Op.CMP, Gpr.R15, field(WindowCode.SEGMENTS_END));
        code.jump(Condition.EQUAL, summed);
        Label segment = code.label();
        code.bind(segment);
        code.emit(Op.MOV, Gpr.R8, A_BEGIN);
        code.emit(Op.ADD, Gpr.R8, Mem.at(Gpr.R15));
        code.emit(Op.MOV, Gpr.R9, Gpr.R8);
        code.emit(Op.ADD, Gpr.R8, Mem.at(Gpr.RSI));
        code.emit(Op.ADD, Gpr.R9, Mem.at(Gpr.RSI, 16));
        code.emit(Op.MOV, Gpr.R10, B_BEGIN);
        code.emit(Op.ADD, Gpr.R10, Mem.at(Gpr.R15, 8));
        code.emit(Op.MOV, Gpr.R11, field(WindowCode.K));
        code.align(32);
        Label loop = code.label();
        code.bind(loop);
        step();
        code.emit(Op.DEC, Gpr.R11);
        code.jump(Condition.NOT_EQUAL, loop);
        code.emit(Op.ADD, Gpr.R15, new Imm(16));
        code.emit(Op.CMP, Gpr.R15, field(WindowCode.SEGMENTS_END));
        code.jump(Condition.NOT_EQUAL, segment);
        code.bind(summed);
        forC(true);
    }

    private static Tile sums(int i, int j) {
        return new Tile(2 * i + j);
    }

    private void forC(boolean store) {
        for (int i = 0; i < GROUPS; i++) {
            code.emit(Op.MOV, Gpr.RDX, C_BEGIN);
            code.emit(Op.ADD, Gpr.RDX, Mem.at(Gpr.RSI, 16 * i + 8));
            for (int j = 0; j < wide; j++) {
                Mem place = Mem.at(Gpr.RDX, Gpr.R13, 1, j * LINE);
                if (store) {
                    code.emit(Op.TILESTORED, place, sums(i, j));
                } else {
                    code.emit(Op.TILELOADD, sums(i, j), place);
                }
            }
        }
    }

    /** 32 terms. */
    private void step() {
        for (int i = 0; i < GROUPS; i++) {
            for (int j = 0; j < wide; j++) {
                if (i == 0) {
                    code.tile(Op.TILELOADD, B[j], Mem.at(Gpr.R10, Gpr.RAX, 1, j * TILE));
                }
                if (j == 0) {
                    code.tile(Op.TILELOADD, A, Mem.at(i == 0 ? Gpr.R8 : Gpr.R9, Gpr.R12));
                }
                code.tile(Op.TDPBF16PS, sums(i, j), A, B[j]);
            }
        }
        code.emit(Op.ADD, Gpr.R8, new Imm(LINE));
        code.emit(Op.ADD, Gpr.R9, new Imm(LINE));
        code.emit(Op.ADD, Gpr.R10, new Imm(2L * TILE));
    }
}
