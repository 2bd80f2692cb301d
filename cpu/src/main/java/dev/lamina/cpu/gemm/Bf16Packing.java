package dev.lamina.cpu.gemm;

import dev.lamina.core.DType;
import dev.lamina.cpu.code.Abi;
import dev.lamina.cpu.code.Assembler;
import dev.lamina.cpu.code.Condition;
import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.code.Gpr;
import dev.lamina.cpu.code.Imm;
import dev.lamina.cpu.code.Label;
import dev.lamina.cpu.code.Mask;
import dev.lamina.cpu.code.Mem;
import dev.lamina.cpu.code.Op;
import dev.lamina.cpu.code.Vec;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Writes the code that packs a block of A or B for bf16 products; see {@link Bf16Table} for the layout. f32 elements are rounded to
 * nearest, ties to even, or split in three ({@link SplitCode}); subnormal ones become 0. What is called a line here is a row of A or a
 * column of B.
 *
 * <p>Arguments of the code: first element, nothing, packed block, table.
 */
public final class Bf16Packing {
    /** Where the elements are. */
    enum Form {
        /** Elements along k are side by side. */
        ALONG_K,
        /** Lines are side by side. */
        ACROSS_K,
        /** Neither. */
        SCATTERED
    }

    private static final int PAIRS = 16;
    private static final Gpr FROM = Gpr.RDI;
    private static final Gpr TO = Gpr.RDX;
    private static final Gpr TABLE = Gpr.RCX;
    private static final Gpr AT = Gpr.RAX;
    private static final Gpr OUT = Gpr.RBX;
    private static final Gpr NEXT = Gpr.RSI;
    private static final Gpr STRIDE = Gpr.R8;
    private static final Gpr LEFT = Gpr.R9;
    private static final Gpr INNER = Gpr.R10;
    private static final Gpr SPARE = Gpr.R11;
    private static final Gpr PANEL_BYTES = Gpr.R12;
    private static final Gpr COUNT = Gpr.R13;
    private static final Gpr K_STRIDE = Gpr.R14;
    private static final Gpr BASE = Gpr.R15;
    private static final Gpr AHEAD = STRIDE;
    private static final Gpr ROW_AHEAD = Gpr.RBP;
    private static final Mask LOW = new Mask(1);
    private static final Mask HIGH = new Mask(2);
    private static final Vec LOW_PAIRS = Vec.zmm(30);
    private static final Vec HIGH_PAIRS = Vec.zmm(31);
    private static final Vec ZERO = Vec.zmm(29);

    private final Assembler code = new Assembler();
    private final boolean rounding;
    private final int planes;
    private final int bytes;

    private Bf16Packing(boolean rounding, int planes) {
        this.rounding = rounding;
        this.planes = planes;
        bytes = rounding ? Float.BYTES : Short.BYTES;
    }

    /**
     * A step that packs a block.
     *
     * @param dtype F32 or BF16
     * @param right whether this is B
     * @param count rows of A or columns of B
     * @param stride bytes from one of them to the next
     * @param kStride bytes along k
     */
    public static Step step(DType dtype, boolean right, int count, int k, long stride, long kStride) {
        return step(dtype, right, 1, count, k, stride, kStride);
    }

    /** A step that splits the elements of a block of f32 in three planes, with their largest magnitude behind them. */
    static Step split(boolean right, int count, int k, long stride, long kStride) {
        return step(DType.F32, right, SplitCode.PLANES, count, k, stride, kStride);
    }

    private static Step step(DType dtype, boolean right, int planes, int count, int k, long stride, long kStride) {
        boolean along = kStride == dtype.bytes() || k == 1;
        boolean across = stride == dtype.bytes() || count == 1;
        Form first = right ? Form.ACROSS_K : Form.ALONG_K;
        Form second = right ? Form.ALONG_K : Form.ACROSS_K;
        Form form = (right ? across : along) ? first : (right ? along : across) ? second : Form.SCATTERED;
        boolean rounding = dtype == DType.F32;
        String from = planes > 1 ? "-split" : rounding ? "-f32" : "-bf16";
        String name = "bf16-pack-" + (right ? "b-" : "a-") + form + from;
        Entry entry = Library.entry(name, name, () -> write(rounding, planes, right, form));
        return Bf16Table.packing(entry, planes, count, k, stride, kStride);
    }

    /**
     * The code.
     *
     * @param rounding whether the elements are f32; else they are bf16
     * @param planes 1, or 3 if elements are split
     * @param right whether this is B
     */
    static Assembler write(boolean rounding, int planes, boolean right, Form form) {
        Bf16Packing packing = new Bf16Packing(rounding, planes);
        Assembler code = packing.code;
        Abi.host().prologue(code, 0);
        code.emit(Op.PUSH, TO);
        code.emit(Op.MOV, PANEL_BYTES, Bf16Table.PANEL_BYTES.of(TABLE));
        code.emit(Op.MOV, STRIDE, Bf16Table.STRIDE.of(TABLE));
        code.emit(Op.MOV, K_STRIDE, Bf16Table.K_STRIDE.of(TABLE));
        if (planes > 1) {
            SplitCode.begin(code);
        }
        switch (form) {
            case ALONG_K -> packing.lines(packing::alongK);
            case SCATTERED -> packing.lines(packing::scattered);
            case ACROSS_K -> packing.acrossK();
        }
        code.emit(Op.POP, BASE);
        if (planes > 1) {
            packing.load(COUNT, Bf16Table.TILES);
            code.emit(Op.SHL, COUNT, Imm.of(10));
            SplitCode.end(code, Mem.at(BASE, COUNT));
        }
        if (right != (form == Form.ACROSS_K)) {
            packing.transpose();
        }
        Abi.host().epilogue(code);
        return code;
    }

    private void load(Gpr to, Bf16Table number) {
        code.emit(Op.MOV, to, number.of(TABLE));
    }

    private void add(Gpr to, int bytes) {
        code.emit(Op.ADD, to, Imm.of(bytes));
    }

    /** Low and high half of the mask of elements left, at most 32, for f32; for bf16 the low one is the whole mask. */
    private void masks(Gpr left) {
        Bf16Table.columnMask(code, SPARE, left, LEFT);
        if (rounding) {
            code.emit(Op.KMOVW, LOW, SPARE);
            code.emit(Op.SHR, SPARE, Imm.of(16));
            code.emit(Op.KMOVW, HIGH, SPARE);
        } else {
            code.emit(Op.KMOVD, LOW, SPARE);
        }
    }

    /** Line after line: each is one row of its tiles. */
    private void lines(Runnable line) {
        load(COUNT, Bf16Table.COUNT);
        code.load(NEXT, 0);
        Label loop = code.label();
        code.bind(loop);
        code.emit(Op.MOV, AT, FROM);
        code.emit(Op.MOV, OUT, TO);
        line.run();
        code.emit(Op.ADD, FROM, STRIDE);
        add(TO, Bf16Table.LINE);
        // Each 32 lines the next panel begins.
        add(NEXT, 1);
        Label inside = code.label();
        code.emit(Op.TEST, NEXT, Imm.of(Bf16Table.PANEL - 1));
        code.jump(Condition.NOT_EQUAL, inside);
        code.emit(Op.ADD, TO, PANEL_BYTES);
        code.emit(Op.SUB, TO, Imm.of(2 * Bf16Table.TILE));
        code.bind(inside);
        code.emit(Op.CMP, NEXT, COUNT);
        code.jump(Condition.LESS, loop);
    }

    private void alongK() {
        load(INNER, Bf16Table.K);
        Label rest = code.label();
        Label loop = code.label();
        Label done = code.label();
        code.emit(Op.SUB, INNER, Imm.of(Bf16Table.K_STEP));
        code.jump(Condition.LESS, rest);
        code.align(16);
        code.bind(loop);
        step(false);
        code.emit(Op.SUB, INNER, Imm.of(Bf16Table.K_STEP));
        code.jump(Condition.GREATER_EQUAL, loop);
        code.bind(rest);
        add(INNER, Bf16Table.K_STEP);
        code.jump(Condition.EQUAL, done);
        masks(INNER);
        step(true);
        code.bind(done);
    }

    /** 32 elements of a line. */
    private void step(boolean masked) {
        Vec low = Vec.zmm(0);
        for (int line = 0; line < Bf16Table.K_STEP * bytes && !masked; line += Bf16Table.LINE) {
            code.emit(Op.PREFETCHT0, Mem.at(AT, STRIDE, 1, line));
        }
        if (rounding) {
            code.emit(Op.VMOVUPS, masked ? low.zeroed(LOW) : low, Mem.at(AT));
            code.emit(Op.VMOVUPS, masked ? Vec.zmm(1).zeroed(HIGH) : Vec.zmm(1), Mem.at(AT, Bf16Table.LINE));
            store(low, Vec.zmm(1), 0, false);
        } else {
            code.emit(Op.VMOVDQU16, masked ? low.zeroed(LOW) : low, Mem.at(AT));
            code.emit(Op.VMOVDQA64, Mem.at(OUT), low);
        }
        add(AT, Bf16Table.K_STEP * bytes);
        add(OUT, planes * 2 * Bf16Table.TILE);
    }

    /**
     * Stores 32 elements of f32 as a line of bf16, or of each plane.
     *
     * @param low the lower 16 of them; both registers are overwritten
     * @param paired whether elements of both registers alternate
     */
    private void store(Vec low, Vec high, int at, boolean paired) {
        if (planes == 1) {
            line(low, high, at, paired);
            return;
        }
        Vec[] lower = {Vec.zmm(4), Vec.zmm(5), low};
        Vec[] upper = {Vec.zmm(6), Vec.zmm(7), high};
        SplitCode.split(code, low, lower[0], lower[1]);
        SplitCode.split(code, high, upper[0], upper[1]);
        for (int plane = 0; plane < planes; plane++) {
            line(lower[plane], upper[plane], at + plane * 2 * Bf16Table.TILE, paired);
        }
    }

    private void line(Vec low, Vec high, int at, boolean paired) {
        if (planes > 1) {
            SplitCode.join(code, low, high, paired);
        } else {
            code.emit(Op.VCVTNE2PS2BF16, low, high, low);
            if (paired) {
                code.emit(Op.VPERMW, low, LOW_PAIRS, low);
            }
        }
        code.emit(Op.VMOVDQA64, Mem.at(OUT, at), low);
    }

    /** One element at a time; slow, and seldom needed. */
    private void scattered() {
        load(INNER, Bf16Table.K);
        load(LEFT, Bf16Table.STEPS);
        code.emit(Op.SHL, LEFT, Imm.of(5));
        Label loop = code.label();
        Label zero = code.label();
        Label store = code.label();
        code.bind(loop);
        code.emit(Op.VPXORD, Vec.zmm(0), Vec.zmm(0), Vec.zmm(0));
        add(INNER, -1);
        code.jump(Condition.LESS, zero);
        if (rounding) {
            code.emit(Op.VMOVSS, Vec.xmm(0), Mem.at(AT));
        } else {
            code.emit(Op.MOVZX16, SPARE, Mem.at(AT));
            code.emit(Op.VMOVD, Vec.xmm(0), SPARE);
        }
        code.emit(Op.ADD, AT, K_STRIDE);
        code.bind(zero);
        storeOne();
        add(OUT, Short.BYTES);
        add(LEFT, -1);
        code.emit(Op.TEST, LEFT, Imm.of(Bf16Table.K_STEP - 1));
        code.jump(Condition.NOT_EQUAL, store);
        add(OUT, planes * 2 * Bf16Table.TILE - Bf16Table.LINE);
        code.bind(store);
        code.emit(Op.CMP, LEFT, Imm.of(0));
        code.jump(Condition.GREATER, loop);
    }

    /** Stores the element in the lowest lane, where the others are 0. */
    private void storeOne() {
        Vec[] parts = {Vec.zmm(4), Vec.zmm(5), Vec.zmm(0)};
        if (planes > 1) {
            SplitCode.split(code, parts[2], parts[0], parts[1]);
        }
        for (int plane = 0; plane < planes; plane++) {
            Vec part = Vec.xmm(planes > 1 ? parts[plane].number() : 0);
            if (rounding && planes == 1) {
                code.emit(Op.VCVTNEPS2BF16, part, part);
            }
            code.emit(Op.VMOVD, SPARE, part);
            if (planes > 1) {
                code.emit(Op.SHR, SPARE, Imm.of(16));
            }
            code.emit(Op.MOV16, Mem.at(OUT, plane * 2 * Bf16Table.TILE), SPARE);
        }
    }

    /** Two rows of B (columns of A) at a time: their elements alternate in one row of each tile. */
    private void acrossK() {
        int[] low = new int[PAIRS];
        int[] high = new int[PAIRS];
        for (int i = 0; i < PAIRS; i++) {
            // f32: both rows are in one register after rounding; bf16: the second row is in a second register.
            low[i] = i | (((rounding ? 16 : 32) + i) << 16);
            high[i] = (16 + i) | ((48 + i) << 16);
        }
        code.emit(Op.VMOVUPS, LOW_PAIRS, code.constant(low));
        if (!rounding) {
            code.emit(Op.VMOVUPS, HIGH_PAIRS, code.constant(high));
        }
        code.emit(Op.VPXORD, ZERO, ZERO, ZERO);
        beginAhead();
        load(COUNT, Bf16Table.K);
        Label rest = code.label();
        Label loop = code.label();
        Label done = code.label();
        code.emit(Op.SUB, COUNT, Imm.of(Bf16Table.K_STEP));
        code.jump(Condition.LESS, rest);
        code.bind(loop);
        wholeStep();
        code.emit(Op.SUB, COUNT, Imm.of(Bf16Table.K_STEP));
        code.jump(Condition.GREATER_EQUAL, loop);
        code.bind(rest);
        add(COUNT, Bf16Table.K_STEP);
        code.jump(Condition.LESS_EQUAL, done);
        lastStep();
        code.bind(done);
    }

    /** 32 rows of B (columns of A): panel by panel, so that tiles are written one after the other. */
    private void wholeStep() {
        code.emit(Op.MOV, NEXT, FROM);
        code.emit(Op.MOV, BASE, TO);
        load(INNER, Bf16Table.COUNT);
        panels(
                () -> {
                    code.emit(Op.MOV, AT, NEXT);
                    code.emit(Op.MOV, OUT, BASE);
                    add(NEXT, Bf16Table.PANEL * bytes);
                    code.emit(Op.ADD, BASE, PANEL_BYTES);
                    code.load(LEFT, PAIRS);
                },
                masked -> {
                    Label pair = code.label();
                    code.align(16);
                    code.bind(pair);
                    pairs(2, masked, true);
                    code.emit(Op.LEA, AT, Mem.at(AT, K_STRIDE, 2, 0));
                    add(OUT, Bf16Table.LINE);
                    code.emit(Op.DEC, LEFT);
                    code.jump(Condition.NOT_EQUAL, pair);
                });
        code.emit(Op.MOV, AT, K_STRIDE);
        code.emit(Op.SHL, AT, Imm.of(5));
        code.emit(Op.ADD, FROM, AT);
        add(TO, planes * 2 * Bf16Table.TILE);
    }

    /** The rows that are left, 1 to 31; the others are zero. */
    private void lastStep() {
        code.load(BASE, PAIRS);
        Label loop = code.label();
        Label one = code.label();
        Label none = code.label();
        Label done = code.label();
        code.bind(loop);
        code.emit(Op.MOV, AT, FROM);
        code.emit(Op.MOV, OUT, TO);
        load(INNER, Bf16Table.COUNT);
        code.emit(Op.CMP, COUNT, Imm.of(1));
        code.jump(Condition.LESS, none);
        code.jump(Condition.EQUAL, one);
        columns(2);
        code.jump(done);
        code.bind(one);
        columns(1);
        code.jump(done);
        code.bind(none);
        columns(0);
        code.bind(done);
        code.emit(Op.LEA, FROM, Mem.at(FROM, K_STRIDE, 2, 0));
        add(TO, Bf16Table.LINE);
        code.emit(Op.SUB, COUNT, Imm.of(2));
        code.emit(Op.DEC, BASE);
        code.jump(Condition.NOT_EQUAL, loop);
    }

    /**
     * One pair of rows through all panels.
     *
     * @param present how many of them are there; the others are zero
     */
    private void columns(int present) {
        panels(() -> {}, masked -> {
            pairs(present, masked, false);
            add(AT, Bf16Table.PANEL * bytes);
            code.emit(Op.ADD, OUT, PANEL_BYTES);
        });
    }

    /** For each panel of INNER columns, the last one masked if it is not whole. */
    private void panels(Runnable begin, Consumer<Boolean> body) {
        Label rest = code.label();
        Label loop = code.label();
        Label done = code.label();
        code.emit(Op.SUB, INNER, Imm.of(Bf16Table.PANEL));
        code.jump(Condition.LESS, rest);
        code.align(16);
        code.bind(loop);
        begin.run();
        body.accept(false);
        code.emit(Op.SUB, INNER, Imm.of(Bf16Table.PANEL));
        code.jump(Condition.GREATER_EQUAL, loop);
        code.bind(rest);
        add(INNER, Bf16Table.PANEL);
        code.jump(Condition.EQUAL, done);
        masks(INNER);
        begin.run();
        body.accept(true);
        code.bind(done);
    }

    private void pairs(int present, boolean masked, boolean ahead) {
        if (ahead) {
            ahead();
        }
        Vec first = Vec.zmm(0);
        Vec second = Vec.zmm(1);
        if (present == 0) {
            for (int tile = 0; tile < 2 * planes; tile++) {
                code.emit(Op.VMOVDQA64, Mem.at(OUT, tile * Bf16Table.TILE), ZERO);
            }
        } else if (rounding) {
            roundedPairs(present, 0, masked ? LOW : Mask.NONE);
            roundedPairs(present, 1, masked ? HIGH : Mask.NONE);
        } else {
            Mask mask = masked ? LOW : Mask.NONE;
            code.emit(Op.VMOVDQU16, lanes(first, mask), Mem.at(AT));
            if (present == 2) {
                code.emit(Op.VMOVDQU16, lanes(second, mask), Mem.at(AT, K_STRIDE));
            }
            Vec other = present == 2 ? second : ZERO;
            code.emit(Op.VMOVDQA64, Vec.zmm(2), first);
            code.emit(Op.VPERMT2W, Vec.zmm(2), LOW_PAIRS, other);
            code.emit(Op.VPERMT2W, first, HIGH_PAIRS, other);
            code.emit(Op.VMOVDQA64, Mem.at(OUT), Vec.zmm(2));
            code.emit(Op.VMOVDQA64, Mem.at(OUT, Bf16Table.TILE), first);
        }
    }

    /** What is asked for comes two panels later, or, where there are no more, in the next rows. */
    private void beginAhead() {
        Label wide = code.label();
        code.load(AHEAD, 2L * Bf16Table.PANEL * bytes);
        load(COUNT, Bf16Table.COUNT);
        code.emit(Op.CMP, COUNT, Imm.of(2 * Bf16Table.PANEL));
        code.jump(Condition.GREATER, wide);
        code.emit(Op.MOV, AHEAD, K_STRIDE);
        code.emit(Op.SHL, AHEAD, Imm.of(5));
        code.bind(wide);
        code.emit(Op.LEA, ROW_AHEAD, Mem.at(AHEAD, K_STRIDE));
    }

    /** Asks for two rows of a panel; nothing is read. */
    private void ahead() {
        for (int line = 0; line < Bf16Table.PANEL * bytes; line += Bf16Table.LINE) {
            code.emit(Op.PREFETCHT0, Mem.at(AT, AHEAD, 1, line));
            code.emit(Op.PREFETCHT0, Mem.at(AT, ROW_AHEAD, 1, line));
        }
    }

    private static Vec lanes(Vec vector, Mask mask) {
        return mask.number() == 0 ? vector : vector.zeroed(mask);
    }

    private void roundedPairs(int present, int half, Mask mask) {
        Vec first = Vec.zmm(0);
        Vec second = Vec.zmm(1);
        int at = half * Bf16Table.LINE;
        code.emit(Op.VMOVUPS, lanes(first, mask), Mem.at(AT, at));
        if (present == 2) {
            code.emit(Op.VMOVUPS, lanes(second, mask), Mem.at(AT, K_STRIDE, 1, at));
        } else {
            code.emit(Op.VPXORD, second, second, second);
        }
        store(first, second, half * Bf16Table.TILE, true);
    }

    /** Transposes each tile, of 16 x 16 pairs, in place. */
    private void transpose() {
        load(COUNT, Bf16Table.TILES);
        Label loop = code.label();
        code.align(16);
        code.bind(loop);
        for (int i = 0; i < 16; i++) {
            code.emit(Op.VMOVUPS, Vec.zmm(i), Mem.at(BASE, i * Bf16Table.LINE));
        }
        turn(code, (row, turned) -> code.emit(Op.VMOVUPS, Mem.at(BASE, row * Bf16Table.LINE), turned));
        add(BASE, Bf16Table.TILE);
        code.emit(Op.DEC, COUNT);
        code.jump(Condition.NOT_EQUAL, loop);
    }

    /**
     * Transposes 16 x 16 pairs.
     *
     * @param code to which it is written: it finds row i in zmm i and uses all registers
     * @param row takes the number of a row of the result, and where it is
     */
    public static void turn(Assembler code, BiConsumer<Integer, Vec> row) {
        for (int i = 0; i < 16; i += 2) {
            code.emit(Op.VUNPCKLPS, Vec.zmm(16 + i), Vec.zmm(i), Vec.zmm(i + 1));
            code.emit(Op.VUNPCKHPS, Vec.zmm(17 + i), Vec.zmm(i), Vec.zmm(i + 1));
        }
        for (int i = 0; i < 16; i += 4) {
            for (int j = 0; j < 2; j++) {
                code.emit(Op.VUNPCKLPD, Vec.zmm(i + 2 * j), Vec.zmm(16 + i + j), Vec.zmm(18 + i + j));
                code.emit(Op.VUNPCKHPD, Vec.zmm(i + 2 * j + 1), Vec.zmm(16 + i + j), Vec.zmm(18 + i + j));
            }
        }
        // Register 4 g + c now holds, in quarter q, column c + 4 q of rows 4 g to 4 g + 3.
        for (int c = 0; c < 4; c++) {
            quarters(code, 16 + c, c, c + 4);
            quarters(code, 24 + c, c + 8, c + 12);
        }
        for (int c = 0; c < 8; c++) {
            code.emit(Op.VSHUFF32X4, Vec.zmm(0), Vec.zmm(16 + c), Vec.zmm(24 + c), Imm.of(0x88));
            row.accept(c, Vec.zmm(0));
            code.emit(Op.VSHUFF32X4, Vec.zmm(1), Vec.zmm(16 + c), Vec.zmm(24 + c), Imm.of(0xDD));
            row.accept(c + 8, Vec.zmm(1));
        }
    }

    /** to = even quarters of both, to + 4 = odd quarters. */
    private static void quarters(Assembler code, int to, int first, int second) {
        code.emit(Op.VSHUFF32X4, Vec.zmm(to), Vec.zmm(first), Vec.zmm(second), Imm.of(0x88));
        code.emit(Op.VSHUFF32X4, Vec.zmm(to + 4), Vec.zmm(first), Vec.zmm(second), Imm.of(0xDD));
    }
}
