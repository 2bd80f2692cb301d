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
import dev.lamina.cpu.code.Vec;

/**
 * Code that copies strided matrices to where products read them. All forms have groups (panels), each with rows that are written as whole
 * vectors: what is behind the last element of a row becomes 0 and may be overwritten by the next row.
 *
 * <p>Registers: RBX description, RDI RDX source and target of the group, RSI groups left, R8 R9 source and target of the row, R10 rows
 * left, RAX RCX source and target of the vector, R11 vectors left, R12 to R15 what steps need.
 */
final class PackCode {
    static final int GROUPS = 8;
    static final int FROM_GROUP = 16;
    static final int TO_GROUP = 24;
    static final int ROWS = 32;
    static final int FROM_ROW = 40;
    static final int TO_ROW = 48;
    static final int VECTORS = 56;
    static final int MASK = 64;

    /** Bytes from element to element of a row of the source, for gathers and transposes. */
    static final int FROM_ELEMENT = 72;

    /** For transposes: how often several and single units of k, and bytes of a row of the target. */
    static final int UNITS = 80;

    static final int SINGLES = 88;
    static final int TO_K = 96;
    static final int LANES = 128;
    static final int BYTES = 192;

    /**
     * Code that copies rows.
     *
     * @param lanes the element type and the vectors
     * @param gathers whether elements of a row are apart in the source
     * @param vectors whether there are whole vectors in a row
     * @param masked whether the last vector of a row is cut off
     * @param exact whether nothing is written beyond a row that is cut off
     */
    record Rows(Lanes lanes, boolean gathers, boolean vectors, boolean masked, boolean exact) {
        // See Lanes.
        @Override
        public String toString() {
            return lanes
                    + (gathers ? "-gathers" : "")
                    + (vectors ? "-vectors" : "")
                    + (masked ? "-masked" : "")
                    + (exact ? "-exact" : "");
        }
    }

    /** Code that transposes: rows of the source become columns, as many as lanes at once, {@link #unit} or more k at once. */
    record Transpose(Lanes lanes) {}

    private static final Mask ALL = new Mask(2);

    private final Assembler code = new Assembler();
    private final Lanes lanes;

    private PackCode(Lanes lanes) {
        this.lanes = lanes;
    }

    /** How many k a transpose moves at least: as many elements as 128 bits hold. */
    static int unit(Lanes lanes) {
        return 16 / lanes.elementBytes();
    }

    /** How many units a transpose moves at once. */
    static int chunks(Lanes lanes) {
        return lanes.isWide() ? 4 : 2;
    }

    static Assembler write(Rows key) {
        PackCode pack = new PackCode(key.lanes());
        pack.nest(() -> pack.row(key), () -> {
            if (key.masked()) {
                key.lanes().loadMask(pack.code, field(MASK), field(LANES));
            }
            if (key.gathers()) {
                pack.indices();
            }
        });
        return pack.code;
    }

    static Assembler write(Transpose key) {
        PackCode pack = new PackCode(key.lanes());
        pack.nest(pack::columns, () -> {
            pack.code.emit(Op.MOV, Gpr.R12, field(FROM_ELEMENT));
            pack.code.emit(Op.LEA, Gpr.R13, Mem.at(Gpr.R12, Gpr.R12, 2, 0));
            pack.code.emit(Op.LEA, Gpr.R14, Mem.at(Gpr.R12, Gpr.R12, 4, 0));
            pack.code.emit(Op.LEA, Gpr.R15, Mem.at(Gpr.R13, Gpr.R12, 4, 0));
        });
        return pack.code;
    }

    private static Mem field(int offset) {
        return Mem.at(Gpr.RBX, offset);
    }

    /** Groups and rows. */
    private void nest(Runnable row, Runnable before) {
        Abi abi = Abi.host();
        abi.prologue(code, 0);
        code.emit(Op.MOV, Gpr.RBX, Mem.at(Gpr.RCX));
        before.run();
        code.emit(Op.MOV, Gpr.RSI, field(GROUPS));
        Label group = code.label();
        code.bind(group);
        code.emit(Op.MOV, Gpr.R8, Gpr.RDI);
        code.emit(Op.MOV, Gpr.R9, Gpr.RDX);
        code.emit(Op.MOV, Gpr.R10, field(ROWS));
        Label next = code.label();
        code.bind(next);
        code.emit(Op.MOV, Gpr.RAX, Gpr.R8);
        code.emit(Op.MOV, Gpr.RCX, Gpr.R9);
        row.run();
        code.emit(Op.ADD, Gpr.R8, field(FROM_ROW));
        code.emit(Op.ADD, Gpr.R9, field(TO_ROW));
        code.emit(Op.DEC, Gpr.R10);
        code.jump(Condition.NOT_EQUAL, next);
        code.emit(Op.ADD, Gpr.RDI, field(FROM_GROUP));
        code.emit(Op.ADD, Gpr.RDX, field(TO_GROUP));
        code.emit(Op.DEC, Gpr.RSI);
        code.jump(Condition.NOT_EQUAL, group);
        abi.epilogue(code);
    }

    /** A loop that runs as often as a field says; never, if that is 0. */
    private void repeat(int field, Runnable body) {
        Label done = code.label();
        Label next = code.label();
        code.emit(Op.MOV, Gpr.R11, field(field));
        code.emit(Op.TEST, Gpr.R11, Gpr.R11);
        code.jump(Condition.EQUAL, done);
        code.bind(next);
        body.run();
        code.emit(Op.DEC, Gpr.R11);
        code.jump(Condition.NOT_EQUAL, next);
        code.bind(done);
    }

    private void row(Rows key) {
        Vec moved = lanes.register(0);
        if (key.vectors()) {
            repeat(VECTORS, () -> {
                element(key, moved, false);
                if (key.gathers()) {
                    code.emit(Op.ADD, Gpr.RAX, Gpr.R12);
                } else {
                    code.emit(Op.ADD, Gpr.RAX, new Imm(lanes.bytes()));
                }
                code.emit(Op.VMOVUPS, Mem.at(Gpr.RCX), moved);
                code.emit(Op.ADD, Gpr.RCX, new Imm(lanes.bytes()));
            });
        }
        if (key.masked()) {
            element(key, moved, true);
            lanes.store(code, Mem.at(Gpr.RCX), moved, key.exact());
        }
    }

    private void element(Rows key, Vec to, boolean cut) {
        if (key.gathers()) {
            gather(to, cut);
        } else {
            lanes.load(code, to, Mem.at(Gpr.RAX), cut);
        }
    }

    /** The vector of places that gathers use, and in R12 the bytes that a whole vector spans. */
    private void indices() {
        int bits = lanes.isDouble() ? lanes.bits() / 2 : lanes.bits();
        int[] steps = new int[bits / 32];
        for (int i = 0; i < steps.length; i++) {
            steps[i] = i;
        }
        Vec places = Vec.of(14, bits);
        code.emit(Op.VPBROADCASTD, places, field(FROM_ELEMENT));
        code.emit(Op.VPMULLD, places, places, code.constant(steps));
        code.emit(Op.IMUL, Gpr.R12, field(FROM_ELEMENT), new Imm(lanes.count()));
    }

    private void gather(Vec to, boolean cut) {
        int bits = lanes.isDouble() ? lanes.bits() / 2 : lanes.bits();
        Mem from = Mem.vsib(Gpr.RAX, Vec.of(14, bits), 1, 0);
        Op op = lanes.isDouble() ? Op.VGATHERDPD : Op.VGATHERDPS;
        lanes.zero(code, to);
        if (lanes.isWide()) {
            if (cut) {
                code.emit(Op.KMOVW, ALL, Lanes.CUT);
            } else {
                code.emit(Op.KXNORW, ALL, ALL, ALL);
            }
            code.emit(op, to.masked(ALL), from);
        } else {
            Vec mask = lanes.register(1);
            if (cut) {
                code.emit(Op.VMOVUPS, mask, Vec.ymm(15));
            } else {
                code.emit(Op.VPCMPEQD, mask, mask, mask);
            }
            code.emit(op, to, from, mask);
        }
    }

    /** All k of as many columns as there are lanes. */
    private void columns() {
        repeat(UNITS, () -> transpose(chunks(lanes)));
        repeat(SINGLES, () -> transpose(1));
    }

    /**
     * Columns of the target are rows of the source, which 128 bits at a time are put where they belong; then elements change places inside
     * of 128 bits. Each row is read to the end before the next one, as rows may compete for the same places in the cache.
     */
    private void transpose(int chunks) {
        int unit = unit(lanes);
        int parts = lanes.bits() / 128;
        for (int row = 0; row < lanes.count(); row++) {
            for (int chunk = 0; chunk < chunks; chunk++) {
                Vec into = lanes.register(chunk * unit + row % unit);
                Mem from = source(row).plus(16 * chunk);
                if (row < unit) {
                    code.emit(Op.VMOVUPS, into.bits(128), from);
                } else if (lanes.isWide()) {
                    code.emit(Op.VINSERTF32X4, into, into, from, new Imm(row / unit % parts));
                } else {
                    code.emit(Op.VINSERTF128, into, into, from, new Imm(1));
                }
            }
            if (row == 7 && lanes.count() > 8) {
                code.emit(Op.LEA, Gpr.RAX, Mem.at(Gpr.RAX, Gpr.R12, 8, 0));
            }
        }
        if (lanes.count() > 8) {
            code.emit(Op.SHL, Gpr.R12, new Imm(3));
            code.emit(Op.SUB, Gpr.RAX, Gpr.R12);
            code.emit(Op.SAR, Gpr.R12, new Imm(3));
        }
        for (int chunk = 0; chunk < chunks; chunk++) {
            if (lanes.isDouble()) {
                turnPairs(chunk * unit);
            } else {
                turnQuads(chunk * unit, chunks * unit);
            }
        }
        code.emit(Op.ADD, Gpr.RAX, new Imm(16L * chunks));
    }

    /** A row of the source, from row 8 on after RAX has moved there. */
    private static Mem source(int row) {
        return switch (row % 8) {
            case 0 -> Mem.at(Gpr.RAX);
            case 1 -> Mem.at(Gpr.RAX, Gpr.R12);
            case 2 -> Mem.at(Gpr.RAX, Gpr.R12, 2, 0);
            case 3 -> Mem.at(Gpr.RAX, Gpr.R13);
            case 4 -> Mem.at(Gpr.RAX, Gpr.R12, 4, 0);
            case 5 -> Mem.at(Gpr.RAX, Gpr.R14);
            case 6 -> Mem.at(Gpr.RAX, Gpr.R13, 2, 0);
            default -> Mem.at(Gpr.RAX, Gpr.R15);
        };
    }

    private void turnPairs(int first) {
        Vec a = lanes.register(first);
        Vec b = lanes.register(first + 1);
        Vec low = lanes.register(lanes.registers() - 1);
        code.emit(Op.VUNPCKLPD, low, a, b);
        code.emit(Op.VUNPCKHPD, b, a, b);
        put(low);
        put(b);
    }

    private void turnQuads(int first, int free) {
        Vec a = lanes.register(first);
        Vec b = lanes.register(first + 1);
        Vec c = lanes.register(first + 2);
        Vec d = lanes.register(first + 3);
        Vec ab = lanes.register(free);
        Vec cd = lanes.register(free + 1);
        Vec out = lanes.register(free + 2);
        code.emit(Op.VUNPCKLPS, ab, a, b);
        code.emit(Op.VUNPCKLPS, cd, c, d);
        code.emit(Op.VUNPCKLPD, out, ab, cd);
        put(out);
        code.emit(Op.VUNPCKHPD, out, ab, cd);
        put(out);
        code.emit(Op.VUNPCKHPS, ab, a, b);
        code.emit(Op.VUNPCKHPS, cd, c, d);
        code.emit(Op.VUNPCKLPD, out, ab, cd);
        put(out);
        code.emit(Op.VUNPCKHPD, out, ab, cd);
        put(out);
    }

    private void put(Vec row) {
        code.emit(Op.VMOVUPS, Mem.at(Gpr.RCX), row);
        code.emit(Op.ADD, Gpr.RCX, field(TO_K));
    }
}
