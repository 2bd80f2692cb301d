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
 * Code for a block of C in f32 or f64: panels of columns from left to right, and in a panel tiles of rows from top to bottom, whose sums are
 * in registers while k runs. Elements of A are broadcast from wherever they are; rows of B are loaded as vectors. Where several tiles
 * read a panel of B that is not packed, the first tile copies it to scratch on the way.
 *
 * <p>Registers: RBX description, R8 R9 R10 one, three and five rows of A, R11 one k of A, R12 one k of B, RDX one row of C, RDI tile of A,
 * RBP tile of C, RAX RCX rows 0 and 7 of A, R13 B, R14 counts k or walks over rows of C, R15 where B is copied to, RSI what is prefetched.
 */
final class TileCode {
    /** Offsets in a description. */
    static final int A_ROW = 8;

    static final int A_K = 16;
    static final int B_K = 24;
    static final int C_ROW = 32;
    static final int K = 40;
    static final int PANELS = 48;
    static final int TILES = 56;
    static final int A_TILE = 64;
    static final int ACCUMULATE = 72;
    static final int B_PANEL = 80;
    static final int MASK = 88;
    static final int C_TILE = 96;
    static final int B_BACK = 104;
    static final int FETCH = 112;
    static final int LANES = 128;
    static final int BYTES = 192;

    /** Scratch begins with the address of the description; a packed panel follows. */
    static final int HEADER = 64;

    /** k between the load of a row of B that is not packed and its prefetch. */
    private static final int AHEAD = 16;

    /** Bytes between the use of packed A and its prefetch. */
    private static final int A_AHEAD = 1024;

    private static final Mem TILES_LEFT = Mem.at(Gpr.RSP, 0);
    private static final Mem PANELS_LEFT = Mem.at(Gpr.RSP, 8);
    private static final Mem A_BLOCK = Mem.at(Gpr.RSP, 16);
    private static final Mem SCRATCH = Mem.at(Gpr.RSP, 24);
    private static final Mem B_NOW = Mem.at(Gpr.RSP, 32);
    private static final Mem C_NOW = Mem.at(Gpr.RSP, 40);
    private static final Mem LINES_LEFT = Mem.at(Gpr.RSP, 48);

    /**
     * What is generated.
     *
     * @param lanes the element type and the vectors
     * @param rows rows of a tile, at most 14
     * @param tail rows of the last tile if it is cut off, else 0
     * @param vectors vectors of a panel; 0 if there is no full panel
     * @param last vectors of the last panel if it is cut off, else 0
     * @param masked whether the last vector of the last panel is cut off
     * @param copies whether B is copied to scratch
     * @param packedA whether A is packed, so that what comes next can be fetched ahead
     * @param fetches lines of each row of B that a tile brings to the second-level cache meanwhile, from what comes {@link #FETCH} bytes later
     */
    record Key(
            Lanes lanes,
            int rows,
            int tail,
            int vectors,
            int last,
            boolean masked,
            boolean copies,
            boolean packedA,
            int fetches) {
        // See Lanes.
        @Override
        public String toString() {
            return lanes + "-" + rows + "x" + vectors + "-" + tail + "x" + last + (masked ? "-masked" : "")
                    + (copies ? "-copies" : "") + (packedA ? "-packed" : "")
                    + (fetches > 0 ? "-fetches" + fetches : "");
        }
    }

    private final Assembler code = new Assembler();
    private final Key key;
    private final Lanes lanes;

    /** Whether the panel being written is cut off. */
    private boolean cutPanel;

    private TileCode(Key key) {
        this.key = key;
        lanes = key.lanes();
    }

    static Assembler write(Key key) {
        TileCode tiles = new TileCode(key);
        tiles.block();
        return tiles.code;
    }

    private static Mem field(int offset) {
        return Mem.at(Gpr.RBX, offset);
    }

    private void block() {
        Abi abi = Abi.host();
        abi.prologue(code, 64);
        code.emit(Op.MOV, Gpr.RBX, Mem.at(Gpr.RCX));
        code.emit(Op.ADD, Gpr.RCX, new Imm(HEADER));
        code.emit(Op.MOV, SCRATCH, Gpr.RCX);
        code.emit(Op.MOV, A_BLOCK, Gpr.RDI);
        code.emit(Op.MOV, B_NOW, Gpr.RSI);
        code.emit(Op.MOV, C_NOW, Gpr.RDX);
        code.emit(Op.MOV, Gpr.R8, field(A_ROW));
        code.emit(Op.LEA, Gpr.R9, Mem.at(Gpr.R8, Gpr.R8, 2, 0));
        code.emit(Op.LEA, Gpr.R10, Mem.at(Gpr.R8, Gpr.R8, 4, 0));
        code.emit(Op.MOV, Gpr.R11, field(A_K));
        code.emit(Op.MOV, Gpr.RDX, field(C_ROW));
        if (key.masked()) {
            lanes.loadMask(code, field(MASK), field(LANES));
        }
        if (key.vectors() > 0) {
            code.emit(Op.MOV, Gpr.RAX, field(PANELS));
            code.emit(Op.MOV, PANELS_LEFT, Gpr.RAX);
            Label next = code.label();
            code.bind(next);
            panel(key.vectors(), false);
            code.emit(Op.MOV, Gpr.RAX, field(B_PANEL));
            code.emit(Op.ADD, B_NOW, Gpr.RAX);
            code.emit(Op.ADD, C_NOW, new Imm((long) key.vectors() * lanes.bytes()));
            code.emit(Op.DEC, PANELS_LEFT);
            code.jump(Condition.NOT_EQUAL, next);
        }
        if (key.last() > 0) {
            panel(key.last(), key.masked());
        }
        abi.epilogue(code);
    }

    private void panel(int vectors, boolean masked) {
        cutPanel = masked;
        code.emit(Op.MOV, Gpr.RDI, A_BLOCK);
        code.emit(Op.MOV, Gpr.RBP, C_NOW);
        code.emit(Op.MOV, Gpr.RAX, field(TILES));
        code.emit(Op.MOV, TILES_LEFT, Gpr.RAX);
        code.emit(Op.MOV, Gpr.R12, field(B_K));
        Label done = code.label();
        if (key.copies()) {
            code.emit(Op.MOV, Gpr.R13, B_NOW);
            code.emit(Op.MOV, Gpr.R15, SCRATCH);
            code.emit(Op.IMUL, Gpr.RSI, Gpr.R12, new Imm(AHEAD));
            code.emit(Op.ADD, Gpr.RSI, Gpr.R13);
            tile(key.rows(), vectors, masked, true);
            beginFetch(vectors);
            code.load(Gpr.R12, (long) vectors * lanes.bytes());
            nextTile();
            code.jump(Condition.EQUAL, done);
        } else {
            beginFetch(vectors);
        }
        Label next = code.label();
        code.bind(next);
        code.emit(Op.MOV, Gpr.R13, key.copies() ? SCRATCH : B_NOW);
        tile(key.rows(), vectors, masked && !key.copies(), false);
        fetchNext();
        nextTile();
        code.jump(Condition.NOT_EQUAL, next);
        code.bind(done);
        if (key.tail() > 0) {
            code.emit(Op.MOV, Gpr.R13, key.copies() ? SCRATCH : B_NOW);
            tile(key.tail(), vectors, masked && !key.copies(), false);
        }
    }

    /** The next tiles each fetch some lines of each row of what comes later. */
    private void beginFetch(int vectors) {
        if (key.fetches() > 0) {
            code.emit(Op.MOV, Gpr.RSI, B_NOW);
            code.emit(Op.ADD, Gpr.RSI, field(FETCH));
            code.emit(Op.MOV, Gpr.R15, Gpr.R12);
            code.load(Gpr.RAX, Math.ceilDiv(vectors * lanes.bytes(), 64 * key.fetches()));
            code.emit(Op.MOV, LINES_LEFT, Gpr.RAX);
        }
    }

    /** To the next lines, or nowhere if there are none. */
    private void fetchNext() {
        if (key.fetches() > 0) {
            Label more = code.label();
            code.emit(Op.ADD, Gpr.RSI, field(B_BACK));
            code.emit(Op.DEC, LINES_LEFT);
            code.jump(Condition.GREATER, more);
            code.emit(Op.MOV, Gpr.RSI, Gpr.RSP);
            code.load(Gpr.R15, 0);
            code.bind(more);
        }
    }

    /** To the next tile; the flags say whether there is none. */
    private void nextTile() {
        code.emit(Op.ADD, Gpr.RDI, field(A_TILE));
        code.emit(Op.MOV, Gpr.RBP, Gpr.R14);
        code.emit(Op.DEC, TILES_LEFT);
    }

    /** One tile. At the end R14 is at the row of C behind it. */
    private void tile(int rows, int vectors, boolean maskB, boolean copy) {
        Registers registers = new Registers(lanes, rows, vectors);
        code.emit(Op.MOV, Gpr.RAX, Gpr.RDI);
        if (rows > 7) {
            code.emit(Op.LEA, Gpr.RCX, Mem.at(Gpr.RDI, Gpr.R8, 8, 0));
            code.emit(Op.SUB, Gpr.RCX, Gpr.R8);
        }
        begin(registers);
        prefetchC(rows, vectors);
        Label store = code.label();
        code.emit(Op.MOV, Gpr.R14, field(K));
        code.emit(Op.TEST, Gpr.R14, Gpr.R14);
        code.jump(Condition.EQUAL, store);
        code.align(32);
        Label loop = code.label();
        code.bind(loop);
        step(registers, maskB, copy);
        code.emit(Op.ADD, Gpr.RAX, Gpr.R11);
        if (rows > 7) {
            code.emit(Op.ADD, Gpr.RCX, Gpr.R11);
        }
        code.emit(Op.ADD, Gpr.R13, Gpr.R12);
        code.emit(Op.DEC, Gpr.R14);
        code.jump(Condition.NOT_EQUAL, loop);
        code.bind(store);
        code.emit(Op.MOV, Gpr.R14, Gpr.RBP);
        for (int i = 0; i < rows; i++) {
            for (int v = 0; v < vectors; v++) {
                Mem at = Mem.at(Gpr.R14, v * lanes.bytes());
                lanes.store(code, at, registers.sum(i, v), isCut(v, vectors));
            }
            code.emit(Op.ADD, Gpr.R14, Gpr.RDX);
        }
    }

    private boolean isCut(int vector, int vectors) {
        return cutPanel && vector == vectors - 1;
    }

    /** Sums begin as 0 or go on from C. */
    private void begin(Registers registers) {
        Label zero = code.label();
        Label start = code.label();
        code.emit(Op.CMP, field(ACCUMULATE), new Imm(0));
        code.jump(Condition.EQUAL, zero);
        code.emit(Op.MOV, Gpr.R14, Gpr.RBP);
        for (int i = 0; i < registers.rows(); i++) {
            for (int v = 0; v < registers.vectors(); v++) {
                Mem at = Mem.at(Gpr.R14, v * lanes.bytes());
                lanes.load(code, registers.sum(i, v), at, isCut(v, registers.vectors()));
            }
            code.emit(Op.ADD, Gpr.R14, Gpr.RDX);
        }
        code.jump(start);
        code.bind(zero);
        for (int i = 0; i < registers.rows(); i++) {
            for (int v = 0; v < registers.vectors(); v++) {
                lanes.zero(code, registers.sum(i, v));
            }
        }
        code.bind(start);
    }

    /** The tile of C below this one. */
    private void prefetchC(int rows, int vectors) {
        code.emit(Op.MOV, Gpr.R14, Gpr.RBP);
        code.emit(Op.ADD, Gpr.R14, field(C_TILE));
        for (int i = 0; i < rows; i++) {
            for (int at = 0; at < vectors * lanes.bytes(); at += 64) {
                code.emit(Op.PREFETCHT0, Mem.at(Gpr.R14, at));
            }
            code.emit(Op.ADD, Gpr.R14, Gpr.RDX);
        }
    }

    /** One k. */
    private void step(Registers registers, boolean maskB, boolean copy) {
        int vectors = registers.vectors();
        for (int v = 0; v < vectors; v++) {
            Mem at = Mem.at(Gpr.R13, v * lanes.bytes());
            lanes.load(code, registers.b(v), at, maskB && v == vectors - 1);
            if (copy) {
                code.emit(Op.VMOVUPS, Mem.at(Gpr.R15, v * lanes.bytes()), registers.b(v));
            }
        }
        if (copy) {
            for (int at = 0; at < vectors * lanes.bytes(); at += 64) {
                code.emit(Op.PREFETCHT0, Mem.at(Gpr.RSI, at));
            }
            code.emit(Op.ADD, Gpr.RSI, Gpr.R12);
            code.emit(Op.ADD, Gpr.R15, new Imm((long) vectors * lanes.bytes()));
        }
        if (key.fetches() > 0 && !copy) {
            for (int line = 0; line < key.fetches(); line++) {
                code.emit(Op.PREFETCHT1, Mem.at(Gpr.RSI, 64 * line));
            }
            code.emit(Op.ADD, Gpr.RSI, Gpr.R15);
        }
        if (key.packedA()) {
            code.emit(Op.PREFETCHT0, Mem.at(Gpr.RAX, A_AHEAD));
        }
        for (int i = 0; i < registers.rows(); i++) {
            Vec a = registers.a(i);
            code.emit(lanes.broadcast(), a, row(i));
            for (int v = 0; v < vectors; v++) {
                code.emit(lanes.fma(), registers.sum(i, v), registers.b(v), a);
            }
        }
    }

    /** The element of A in a row of the tile. */
    private static Mem row(int row) {
        Gpr base = row < 7 ? Gpr.RAX : Gpr.RCX;
        return switch (row % 7) {
            case 0 -> Mem.at(base);
            case 1 -> Mem.at(base, Gpr.R8);
            case 2 -> Mem.at(base, Gpr.R8, 2, 0);
            case 3 -> Mem.at(base, Gpr.R9);
            case 4 -> Mem.at(base, Gpr.R8, 4, 0);
            case 5 -> Mem.at(base, Gpr.R10);
            default -> Mem.at(base, Gpr.R9, 2, 0);
        };
    }

    /** Who is where: sums from 0 on, then a row of B, then elements of A. */
    private record Registers(Lanes lanes, int rows, int vectors) {
        Vec sum(int row, int vector) {
            return lanes.register(row * vectors + vector);
        }

        Vec b(int vector) {
            return lanes.register(rows * vectors + vector);
        }

        /** Alternates where there is room; the highest register of AVX2 may hold a mask. */
        Vec a(int row) {
            int first = (rows + 1) * vectors;
            int room = Math.min(2, lanes.registers() - first);
            return lanes.register(first + row % room);
        }
    }
}
