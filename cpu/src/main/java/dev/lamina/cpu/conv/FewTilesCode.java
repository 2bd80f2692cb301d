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

/**
 * Code for the products of {@link Filter#FEW}, four tiles at a time: taps are transformed in registers and multiplied there, so of many
 * weights nothing but the taps is read, once. Planes with the same first point are summed together, six times the tiles, while some channels pass by;
 * their taps stay in the first-level cache for the other points.
 *
 * <p>Arguments: source, taps of 16 outputs, products, description. The source has a block of planes (P, tiles, {@link #CHANNELS}) for every so many
 * channels; taps are (channels, 9, 16), products planes (P, tiles, 16).
 *
 * <p>Registers: RDI block of the source, RSI its taps, RDX products, R8 channels left, R9 those of this block, RAX taps, R10 taps of a later block,
 * R11 source, R12 counts, RBX whether sums go on.
 */
final class FewTilesCode {
    static final int MOST_TILES = 4;

    /** Channels of a block of the source. */
    static final int CHANNELS = 32;

    /** The offset of the number of channels in a description. */
    static final int COUNT = 8;

    static final int BYTES = 64;

    /** Bytes of the taps of a channel. */
    static final int TAPS = 9 * 64;

    private static final int POINTS = 6;

    /** Lines of taps of a later block that each channel of a point asks for: all in all those of a channel. */
    private static final int[] AHEAD = {2, 1, 1, 1, 2, 2};

    private static final Vec[] LINE = {Vec.zmm(24), Vec.zmm(25), Vec.zmm(26)};
    private static final Vec WEIGHT = Vec.zmm(27);
    private static final Vec NEXT = Vec.zmm(28);
    private static final Vec SQUARE = Vec.zmm(29);
    private static final Vec[] POINT = {Vec.zmm(30), Vec.zmm(31)};

    private final Assembler code = new Assembler();
    private final int tiles;

    /** Bytes from plane to plane of a block of the source, and of products. */
    private final int sourcePlane;

    private final int productPlane;
    private final Mem[] points = new Mem[2];
    private final Mem[] squares = new Mem[2];

    private FewTilesCode(int tiles, int all) {
        this.tiles = tiles;
        sourcePlane = (int) Winograd.plane(all, Winograd.row(CHANNELS));
        productPlane = (int) Winograd.plane(all, 64);
        for (int i = 0; i < 2; i++) {
            double[] powers = Filter.FEW.kernel()[2 * i + 1];
            points[i] = code.constant((float) powers[1]);
            squares[i] = code.constant((float) powers[2]);
        }
    }

    /**
     * The code.
     *
     * @param tiles whose products are taken, at most {@link #MOST_TILES}
     * @param all tiles of a plane
     */
    static Assembler write(int tiles, int all) {
        FewTilesCode few = new FewTilesCode(tiles, all);
        few.blocks();
        return few.code;
    }

    private void blocks() {
        Abi.host().prologue(code, 0);
        code.emit(Op.MOV, Gpr.R8, Mem.at(Gpr.RCX, COUNT));
        code.load(Gpr.RBX, 0);
        code.load(Gpr.RCX, CHANNELS);
        for (int i = 0; i < 2; i++) {
            code.emit(Op.VBROADCASTSS, POINT[i], points[i]);
        }
        Label block = code.label();
        code.bind(block);
        code.emit(Op.MOV, Gpr.R9, Gpr.R8);
        code.emit(Op.CMP, Gpr.R9, Gpr.RCX);
        code.emit(Op.CMOVG, Gpr.R9, Gpr.RCX);
        code.emit(Op.LEA, Gpr.R10, Mem.at(Gpr.RSI, CHANNELS * TAPS));
        for (int i = 0; i < POINTS; i++) {
            point(i);
        }
        code.load(Gpr.RBX, 1);
        code.emit(Op.ADD, Gpr.RSI, Imm.of(CHANNELS * TAPS));
        code.emit(Op.ADD, Gpr.RDI, Imm.of((long) POINTS * POINTS * sourcePlane));
        code.emit(Op.SUB, Gpr.R8, Imm.of(CHANNELS));
        code.jump(Condition.GREATER, block);
        Abi.host().epilogue(code);
    }

    /** All planes of a first point. */
    private void point(int first) {
        if (first > 0 && first < POINTS - 1) {
            code.emit(Op.VBROADCASTSS, SQUARE, squares[(first - 1) / 2]);
        }
        begin(first);
        code.emit(Op.MOV, Gpr.RAX, Gpr.RSI);
        code.emit(Op.LEA, Gpr.R11, Mem.at(Gpr.RDI, first * POINTS * sourcePlane));
        code.emit(Op.MOV, Gpr.R12, Gpr.R9);
        Label channel = code.label();
        code.align(32);
        code.bind(channel);
        line(first);
        weights(first);
        for (int i = 0; i < AHEAD[first]; i++) {
            code.emit(Op.PREFETCHT0, Mem.at(Gpr.R10, 64 * i));
        }
        code.emit(Op.ADD, Gpr.R10, Imm.of(64L * AHEAD[first]));
        code.emit(Op.ADD, Gpr.RAX, Imm.of(TAPS));
        code.emit(Op.ADD, Gpr.R11, Imm.of(Float.BYTES));
        code.emit(Op.DEC, Gpr.R12);
        code.jump(Condition.NOT_EQUAL, channel);
        for (int i = 0; i < POINTS * tiles; i++) {
            code.emit(Op.VMOVUPS, product(first, i), Vec.zmm(i));
        }
    }

    private Mem product(int first, int sum) {
        return Mem.at(Gpr.RDX, (first * POINTS + sum / tiles) * productPlane + sum % tiles * 64);
    }

    private void begin(int first) {
        Label add = code.label();
        Label begun = code.label();
        code.emit(Op.TEST, Gpr.RBX, Gpr.RBX);
        code.jump(Condition.NOT_EQUAL, add);
        for (int i = 0; i < POINTS * tiles; i++) {
            code.emit(Op.VPXORD, Vec.zmm(i), Vec.zmm(i), Vec.zmm(i));
        }
        code.jump(begun);
        code.bind(add);
        for (int i = 0; i < POINTS * tiles; i++) {
            code.emit(Op.VMOVUPS, Vec.zmm(i), product(first, i));
        }
        code.bind(begun);
    }

    /** The columns of taps at the first point: t0 + p t1 + p p t2, or an end of it. */
    private void line(int first) {
        boolean ends = first == 0 || first == POINTS - 1;
        for (int x = 0; x < 3; x++) {
            code.emit(Op.VMOVUPS, LINE[x], tap(first == POINTS - 1 ? 2 : 0, x));
        }
        for (int x = 0; x < 3 && !ends; x++) {
            code.emit(Op.VFMADD231PS, LINE[x], SQUARE, tap(2, x));
        }
        for (int x = 0; x < 3 && !ends; x++) {
            Op op = first % 2 == 1 ? Op.VFMADD231PS : Op.VFNMADD231PS;
            code.emit(op, LINE[x], POINT[(first - 1) / 2], tap(1, x));
        }
    }

    private static Mem tap(int y, int x) {
        return Mem.at(Gpr.RAX, (3 * y + x) * 64);
    }

    /** The weights of all second points, each with its products. */
    private void weights(int first) {
        multiply(0, LINE[0]);
        for (int i = 0; i < 2; i++) {
            code.emit(Op.VMOVAPS, WEIGHT, LINE[2]);
            boolean there = first > 0 && first < POINTS - 1 && (first - 1) / 2 == i;
            if (there) {
                code.emit(Op.VFMADD213PS, WEIGHT, SQUARE, LINE[0]);
            } else {
                code.emit(Op.VFMADD132PS, WEIGHT, LINE[0], squares[i].broadcast());
            }
            code.emit(Op.VMOVAPS, NEXT, WEIGHT);
            code.emit(Op.VFMADD231PS, WEIGHT, POINT[i], LINE[1]);
            code.emit(Op.VFNMADD231PS, NEXT, POINT[i], LINE[1]);
            multiply(2 * i + 1, WEIGHT);
            multiply(2 * i + 2, NEXT);
        }
        multiply(POINTS - 1, LINE[2]);
    }

    private void multiply(int second, Vec weight) {
        for (int tile = 0; tile < tiles; tile++) {
            int at = second * sourcePlane + tile * (int) Winograd.row(CHANNELS);
            Vec sum = Vec.zmm(second * tiles + tile);
            code.emit(Op.VFMADD231PS, sum, weight, Mem.at(Gpr.R11, at).broadcast());
        }
    }
}
