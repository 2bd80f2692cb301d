package dev.lamina.cpu.conv;

import dev.lamina.cpu.code.Abi;
import dev.lamina.cpu.code.Assembler;
import dev.lamina.cpu.code.Condition;
import dev.lamina.cpu.code.Gpr;
import dev.lamina.cpu.code.Imm;
import dev.lamina.cpu.code.Label;
import dev.lamina.cpu.code.Mem;
import dev.lamina.cpu.code.Op;
import dev.lamina.cpu.code.Vec;
import dev.lamina.cpu.gemm.Lanes;

/**
 * Code for sums of products whose factors lie where two tables say: C[tile] = sum over segments s and k of A[tile + s + k] B[s + k]. A tile
 * has a few groups of rows, each with its own place in A and C; inside a group rows are evenly apart. So one piece of code is a
 * convolution (groups: pixels of a row; segments: rows of the kernel; k: its columns and channels) and the gradient of its kernel (groups: rows of
 * the kernel; segments: rows of the image; k: their pixels).
 *
 * <p>Arguments: A, B, C, description. Registers: RBX description, RSI table of tiles, R15 table of segments, R8 R9 R10 one, three and five
 * rows of A, R11 and R12 one k of A and B, R13 B, R14 counts k.
 */
final class WindowCode {
    /** Offsets in a description, in bytes; strides are in bytes too. */
    static final int A_ROW = 8;

    static final int A_K = 16;
    static final int B_K = 24;
    static final int C_ROW = 32;
    static final int K = 40;

    /** Two longs for each segment: places in A and B. */
    static final int SEGMENTS = 48;

    static final int SEGMENTS_END = 56;

    /** Two longs for each group of each tile: places in A and C. */
    static final int TILES = 64;

    static final int TILES_END = 72;
    static final int ACCUMULATE = 80;
    static final int MASK = 88;
    static final int LANES = 128;
    static final int BYTES = 192;

    /** Rows of a group at most, unless rows of A lie side by side. */
    static final int MOST_ROWS = 7;

    static final int MOST_GROUPS = 4;
    private static final int MOST_NEAR_GROUPS = 7;

    /** Bytes between the use of packed weights and their prefetch: the first tile of a panel gets them from memory. */
    private static final int AHEAD = 4 << 10;

    private static final Mem A_BEGIN = Mem.at(Gpr.RSP, 0);
    private static final Mem B_BEGIN = Mem.at(Gpr.RSP, 8);
    private static final Mem C_BEGIN = Mem.at(Gpr.RSP, 16);
    private static final Gpr[] BASES = {Gpr.RDI, Gpr.RBP, Gpr.RDX, Gpr.RCX, Gpr.R8, Gpr.R9, Gpr.R10};

    /**
     * What is generated.
     *
     * @param groups groups of a tile
     * @param rows rows of a group
     * @param vectors vectors of a row of C
     * @param near whether rows of A lie side by side
     * @param cut whether the last vector is cut off in C
     * @param cutB whether it is in B too
     */
    record Key(Lanes lanes, int groups, int rows, int vectors, boolean near, boolean cut, boolean cutB) {
        // See Lanes.
        @Override
        public String toString() {
            return lanes + "-" + groups + "x" + rows + "x" + vectors + (near ? "-near" : "") + (cut ? "-cut" : "")
                    + (cutB ? "-cut-b" : "");
        }
    }

    private final Assembler code = new Assembler();
    private final Key key;
    private final Lanes lanes;

    private WindowCode(Key key) {
        this.key = key;
        lanes = key.lanes();
    }

    static Assembler write(Key key) {
        WindowCode window = new WindowCode(key);
        window.tiles();
        return window.code;
    }

    /** Rows that a tile may have in all. */
    static int mostRows(Lanes lanes, int vectors) {
        return (lanes.registers() - 1 - vectors) / vectors;
    }

    /** Groups that a tile of this many rows a group may have. */
    static int mostGroups(Lanes lanes, int vectors, int rows, boolean near) {
        return Math.clamp(mostRows(lanes, vectors) / rows, 1, near ? MOST_NEAR_GROUPS : MOST_GROUPS);
    }

    private static Mem field(int offset) {
        return Mem.at(Gpr.RBX, offset);
    }

    /** Where the place of a group in A is kept. */
    private static Mem place(int group) {
        return Mem.at(Gpr.RSP, 24 + 8 * group);
    }

    private void tiles() {
        Abi abi = Abi.host();
        abi.prologue(code, 128);
        code.emit(Op.MOV, Gpr.RBX, Mem.at(Gpr.RCX));
        code.emit(Op.MOV, A_BEGIN, Gpr.RDI);
        code.emit(Op.MOV, B_BEGIN, Gpr.RSI);
        code.emit(Op.MOV, C_BEGIN, Gpr.RDX);
        if (!key.near()) {
            code.emit(Op.MOV, Gpr.R8, field(A_ROW));
            code.emit(Op.LEA, Gpr.R9, Mem.at(Gpr.R8, Gpr.R8, 2, 0));
            code.emit(Op.LEA, Gpr.R10, Mem.at(Gpr.R8, Gpr.R8, 4, 0));
        }
        code.emit(Op.MOV, Gpr.R11, field(A_K));
        code.emit(Op.MOV, Gpr.R12, field(B_K));
        if (key.cut()) {
            lanes.loadMask(code, field(MASK), field(LANES));
        }
        code.emit(Op.MOV, Gpr.RSI, field(TILES));
        Label tile = code.label();
        code.bind(tile);
        tile();
        code.emit(Op.ADD, Gpr.RSI, new Imm(16L * key.groups()));
        code.emit(Op.CMP, Gpr.RSI, field(TILES_END));
        code.jump(Condition.NOT_EQUAL, tile);
        abi.epilogue(code);
    }

    private void tile() {
        for (int group = 0; group < key.groups(); group++) {
            code.emit(Op.MOV, Gpr.RAX, Mem.at(Gpr.RSI, 16 * group));
            code.emit(Op.ADD, Gpr.RAX, A_BEGIN);
            code.emit(Op.MOV, place(group), Gpr.RAX);
        }
        begin();
        Label summed = code.label();
        code.emit(Op.MOV, Gpr.R15, field(SEGMENTS));
        code.emit(Op.CMP, Gpr.R15, field(SEGMENTS_END));
        code.jump(Condition.EQUAL, summed);
        Label segment = code.label();
        code.bind(segment);
        code.emit(Op.MOV, Gpr.RAX, Mem.at(Gpr.R15));
        for (int group = 0; group < key.groups(); group++) {
            code.emit(Op.MOV, BASES[group], place(group));
            code.emit(Op.ADD, BASES[group], Gpr.RAX);
        }
        code.emit(Op.MOV, Gpr.R13, Mem.at(Gpr.R15, 8));
        code.emit(Op.ADD, Gpr.R13, B_BEGIN);
        code.emit(Op.MOV, Gpr.R14, field(K));
        code.align(32);
        Label loop = code.label();
        code.bind(loop);
        step();
        code.emit(Op.DEC, Gpr.R14);
        code.jump(Condition.NOT_EQUAL, loop);
        code.emit(Op.ADD, Gpr.R15, new Imm(16));
        code.emit(Op.CMP, Gpr.R15, field(SEGMENTS_END));
        code.jump(Condition.NOT_EQUAL, segment);
        code.bind(summed);
        forC((sum, at, cut) -> lanes.store(code, at, sum, cut));
    }

    /** Sums begin as 0 or go on from C. */
    private void begin() {
        Label zero = code.label();
        Label begun = code.label();
        code.emit(Op.CMP, field(ACCUMULATE), new Imm(0));
        code.jump(Condition.EQUAL, zero);
        forC((sum, at, cut) -> lanes.load(code, sum, at, cut));
        code.jump(begun);
        code.bind(zero);
        for (int i = 0; i < key.groups() * key.rows() * key.vectors(); i++) {
            lanes.zero(code, lanes.register(i));
        }
        code.bind(begun);
    }

    private interface Move {
        void emit(Vec sum, Mem at, boolean cut);
    }

    private void forC(Move move) {
        for (int group = 0; group < key.groups(); group++) {
            code.emit(Op.MOV, Gpr.RAX, Mem.at(Gpr.RSI, 16 * group + 8));
            code.emit(Op.ADD, Gpr.RAX, C_BEGIN);
            for (int row = 0; row < key.rows(); row++) {
                for (int v = 0; v < key.vectors(); v++) {
                    boolean cut = key.cut() && v == key.vectors() - 1;
                    move.emit(sum(group, row, v), Mem.at(Gpr.RAX, v * lanes.bytes()), cut);
                }
                code.emit(Op.ADD, Gpr.RAX, field(C_ROW));
            }
        }
    }

    private Vec sum(int group, int row, int vector) {
        return lanes.register((group * key.rows() + row) * key.vectors() + vector);
    }

    /** One k. */
    private void step() {
        int first = key.groups() * key.rows() * key.vectors();
        for (int v = 0; v < key.vectors(); v++) {
            boolean cut = key.cutB() && v == key.vectors() - 1;
            lanes.load(code, lanes.register(first + v), Mem.at(Gpr.R13, v * lanes.bytes()), cut);
        }
        for (int at = 0; at < key.vectors() * lanes.bytes() && !key.near(); at += 64) {
            code.emit(Op.PREFETCHT0, Mem.at(Gpr.R13, AHEAD + at));
        }
        int room = Math.min(2, lanes.registers() - first - key.vectors());
        for (int group = 0; group < key.groups(); group++) {
            for (int row = 0; row < key.rows(); row++) {
                Vec a = lanes.register(first + key.vectors() + row % room);
                code.emit(lanes.broadcast(), a, element(BASES[group], row));
                for (int v = 0; v < key.vectors(); v++) {
                    code.emit(lanes.fma(), sum(group, row, v), lanes.register(first + v), a);
                }
            }
            code.emit(Op.ADD, BASES[group], Gpr.R11);
        }
        code.emit(Op.ADD, Gpr.R13, Gpr.R12);
    }

    /** The element of A in a row of a group. */
    private Mem element(Gpr base, int row) {
        if (key.near()) {
            return Mem.at(base, row * lanes.elementBytes());
        }
        return switch (row) {
            case 0 -> Mem.at(base);
            case 1 -> Mem.at(base, Gpr.R8);
            case 2 -> Mem.at(base, Gpr.R8, 2, 0);
            case 3 -> Mem.at(base, Gpr.R9);
            case 4 -> Mem.at(base, Gpr.R8, 4, 0);
            case 5 -> Mem.at(base, Gpr.R10);
            default -> Mem.at(base, Gpr.R9, 2, 0);
        };
    }
}
