package dev.lamina.cpu.vector;

import static dev.lamina.cpu.vector.Instruction.HALF;
import static dev.lamina.cpu.vector.Instruction.LOWEST;
import static dev.lamina.cpu.vector.Instruction.NONE;

import dev.lamina.core.DType;
import dev.lamina.cpu.code.Op;
import org.jspecify.annotations.Nullable;

/**
 * The part of {@link KernelCode} that loads and stores lanes. Element i of a value is at {@code at + i * dtype.bytes()}, or at {@code at +
 * i * stride}. A tail limits an access to its lanes: no byte of the others is touched, and loads give 0 (false) there. Without a tail all
 * {@link KernelCode#lanes()} elements are accessed. No alignment is needed.
 *
 * <p>Loads convert: f32, f16 and bf16 to F32, i32, i8 and u8 to I32, bool (any byte but 0 is true) to BOOL. Stores convert back: F32 is rounded
 * to nearest even, I32 wrapped, BOOL stored as 0 or 1; the kind of the value has to be that of the dtype, so call {@link KernelCode#cast} before.
 */
abstract sealed class MemoryCode extends ConversionCode permits KernelCode {
    MemoryCode(int vectorBits) {
        super(vectorBits);
    }

    /** The lanes below a count, which is at most lanes(); negative counts as 0. Made once, where the count is known. */
    public Tail tail(R count) {
        if (!is512()) {
            V mask = less(iota(Lane.I32), splat(Lane.I32, count));
            return new Tail(count, mask);
        }
        R bits = general();
        program.plain(
                Op.BZHI,
                bits.register(),
                integer(-1).register(),
                max(count, integer(0)).register());
        return new Tail(count, new V(Lane.BOOL, mask(bits)));
    }

    /** The lanes below a number that is known now. */
    public Tail tail(int count) {
        if (is512()) {
            return new Tail(integer(count), new V(Lane.BOOL, mask(integer((1L << count) - 1))));
        }
        long[] lanes = new long[lanes()];
        for (int i = 0; i < lanes.length; i++) {
            lanes[i] = i < count ? -1 : 0;
        }
        return new Tail(integer(count), new V(Lane.BOOL, program.constant(4, lanes)));
    }

    /** Neighbouring elements. */
    public V load(DType dtype, At at, @Nullable Tail tail) {
        if (tail != null && !is512() && dtype.bytes() < 4) {
            At copy = copy(dtype.bytes(), at, dtype.bytes(), null, 0, tail);
            return select(tail.mask(), load(dtype, copy, null), constant(Lane.of(dtype), 0L));
        }
        return switch (dtype) {
            case F32 -> whole(Op.VMOVUPS, Op.VMASKMOVPS, Lane.F32, at, tail);
            case F64 -> whole(Op.VMOVUPD, Op.VMASKMOVPD, Lane.F64, at, tail);
            case I32 -> whole(is512() ? Op.VMOVDQU32 : Op.VMOVDQU, Op.VPMASKMOVD, Lane.I32, at, tail);
            case I64 -> whole(is512() ? Op.VMOVDQU64 : Op.VMOVDQU, Op.VPMASKMOVQ, Lane.I64, at, tail);
            case BF16 -> shiftedHalves(widened(Op.VPMOVZXWD, at, tail));
            case F16 -> new V(Lane.F32, widened(Op.VCVTPH2PS, at, tail));
            case I8 -> new V(Lane.I32, widened(Op.VPMOVSXBD, at, tail));
            case U8 -> new V(Lane.I32, widened(Op.VPMOVZXBD, at, tail));
            case BOOL -> notZero(new V(Lane.I32, widened(Op.VPMOVZXBD, at, tail)));
        };
    }

    /** One element, repeated in all lanes. */
    public V broadcast(DType dtype, At at) {
        int d = vector();
        switch (dtype) {
            case F32 -> program.plain(Op.VBROADCASTSS, d, NONE).memory(at);
            case F64 -> program.plain(Op.VBROADCASTSD, d, NONE).memory(at);
            case I32 -> program.plain(Op.VPBROADCASTD, d, NONE).memory(at);
            case I64 -> program.plain(Op.VPBROADCASTQ, d, NONE).memory(at);
            case BF16, F16 -> program.plain(Op.VPBROADCASTW, d, NONE).memory(at);
            case I8, U8, BOOL -> {
                R one = general();
                program.plain(dtype == DType.I8 ? Op.MOVSX8 : Op.MOVZX8, one.register(), NONE)
                        .memory(at);
                V all = splat(Lane.I32, one);
                return dtype == DType.BOOL ? notZero(all) : all;
            }
        }
        return switch (dtype) {
            case BF16 -> shiftedHalves(d);
            case F16 -> new V(Lane.F32, unary(Op.VCVTPH2PS, d | HALF));
            case F32, I32 -> new V(Lane.of(dtype), d);
            case F64, I64 -> new V(Lane.of(dtype), d, d);
            case I8, U8, BOOL -> throw new IllegalStateException("done above");
        };
    }

    /** Elements that are {@code stride} bytes apart; the stride may be negative or 0. Slow: one element at a time or a gather. */
    public V loadStrided(DType dtype, At at, long stride, @Nullable Tail tail) {
        if (stride == dtype.bytes()) {
            return load(dtype, at, tail);
        }
        At copy = copy(dtype.bytes(), at, stride, null, 0, tail);
        V all = load(dtype, copy, null);
        return tail == null ? all : select(tail.mask(), all, constant(Lane.of(dtype), 0L));
    }

    /** Neighbouring elements. */
    public void store(DType dtype, At at, V value, @Nullable Tail tail) {
        if (tail != null && !is512() && dtype.bytes() < 4) {
            At all = scratchOf(dtype);
            store(dtype, all, value, null);
            copy(dtype.bytes(), all, dtype.bytes(), at, dtype.bytes(), tail);
            return;
        }
        checkKind(dtype, value);
        switch (dtype) {
            case F32 -> whole(Op.VMOVUPS, Op.VMASKMOVPS, value, at, tail);
            case F64 -> whole(Op.VMOVUPD, Op.VMASKMOVPD, value, at, tail);
            case I32 -> whole(is512() ? Op.VMOVDQU32 : Op.VMOVDQU, Op.VPMASKMOVD, value, at, tail);
            case I64 -> whole(is512() ? Op.VMOVDQU64 : Op.VMOVDQU, Op.VPMASKMOVQ, value, at, tail);
            case BF16 -> storeWords(shiftRightLogical(bits(fit(value, DType.BF16), Lane.I32), 16), at, tail);
            case F16 ->
                masked(program.plain(Op.VCVTPS2PH, NONE, value.registers[0]).immediate(0), at, tail);
            case I8, U8 -> storeBytes(value, at, tail);
            case BOOL -> storeBytes(convert(value, Lane.I32), at, tail);
        }
    }

    /** Elements that are {@code stride} bytes apart. Slow: one element at a time. */
    public void storeStrided(DType dtype, At at, long stride, V value, @Nullable Tail tail) {
        if (stride == dtype.bytes()) {
            store(dtype, at, value, tail);
            return;
        }
        At all = scratchOf(dtype);
        store(dtype, all, value, null);
        copy(dtype.bytes(), all, dtype.bytes(), at, stride, tail);
    }

    /**
     * Neighbouring elements, past the caches. Only for f32, f64, i32 and i64, and the place has to be aligned to the bytes of one register
     * (vectorBits / 8). Call {@link #fence} at the end of the kernel.
     */
    public void storeStreaming(DType dtype, At at, V value) {
        checkKind(dtype, value);
        Op op = value.lane == Lane.F32 ? Op.VMOVNTPS : value.lane == Lane.F64 ? Op.VMOVNTPD : Op.VMOVNTDQ;
        for (int p = 0; p < value.registers.length; p++) {
            program.plain(op, NONE, value.registers[p]).memory(part(at, p)).stores();
        }
    }

    /** Makes streaming stores visible to other cores in order. */
    public void fence() {
        program.plain(Op.SFENCE, NONE, NONE);
    }

    /** Lane 0 only. */
    public void storeFirst(DType dtype, At at, V value) {
        checkKind(dtype, value);
        int x = value.registers[0] | LOWEST;
        switch (dtype) {
            case F32 -> program.plain(Op.VMOVSS, NONE, x).memory(at).stores();
            case F64 -> program.plain(Op.VMOVSD, NONE, x).memory(at).stores();
            case I32 -> program.plain(Op.VMOVD, NONE, x).memory(at).stores();
            case I64 -> program.plain(Op.VMOVQ, NONE, x).memory(at).stores();
            case BF16 -> {
                V high = shiftRightLogical(bits(fit(value, DType.BF16), Lane.I32), 16);
                program.plain(Op.VPEXTRW, NONE, high.registers[0] | LOWEST)
                        .memory(at)
                        .stores()
                        .immediate(0);
            }
            case F16 -> {
                int half = vector();
                program.plain(Op.VCVTPS2PH, half | HALF, value.registers[0]).immediate(0);
                program.plain(Op.VPEXTRW, NONE, half | LOWEST)
                        .memory(at)
                        .stores()
                        .immediate(0);
            }
            case I8, U8 ->
                program.plain(Op.VPEXTRB, NONE, x).memory(at).stores().immediate(0);
            case BOOL ->
                program.plain(Op.MOV8, NONE, and(laneBits(value), 1).register())
                        .memory(at)
                        .stores();
        }
    }

    /** Asks for the cache line of a place, which may be anywhere, ahead of its use. */
    public void prefetch(At at) {
        program.plain(Op.PREFETCHT0, NONE, NONE).memory(at);
    }

    // ---------------------------------------------------------------- parts

    abstract V fit(V a, DType dtype);

    private static void checkKind(DType dtype, V value) {
        if (Lane.of(dtype) != value.lane) {
            throw new IllegalArgumentException(
                    "store of " + dtype + ": expected " + Lane.of(dtype) + ", got " + value.lane);
        }
    }

    private int mask(R bits) {
        int d = program.register(Program.MASK);
        program.plain(Op.KMOVW, d, bits.register());
        return d;
    }

    private V notZero(V x) {
        return is512()
                ? new V(Lane.BOOL, truthOf(x))
                : new V(Lane.BOOL, binary(Op.VPCMPGTD, x.registers[0], constant(Lane.I32, 0L).registers[0], 1));
    }

    private int truthOf(V x) {
        int d = program.register(Program.MASK);
        program.plain(Op.VPTESTMD, d, x.registers[0], x.registers[0]);
        return d;
    }

    private V shiftedHalves(int words) {
        return bits(shiftLeft(new V(Lane.I32, words), 16), Lane.F32);
    }

    private At part(At at, int p) {
        return p == 0 ? at : at.plus(program.vectorBits / 8);
    }

    /** Elements that are in memory as they are in registers. */
    private V whole(Op op, Op masked, Lane lane, At at, @Nullable Tail tail) {
        int[] registers = new int[lane.parts()];
        int[] masks = tail == null ? registers : masks(tail.mask(), lane);
        for (int p = 0; p < registers.length; p++) {
            registers[p] = vector();
            if (tail == null) {
                program.plain(op, registers[p], NONE).memory(part(at, p));
            } else if (is512()) {
                program.plain(op, registers[p], NONE).memory(part(at, p)).zeroed(masks[p]);
            } else {
                program.plain(masked, registers[p], masks[p]).memory(part(at, p));
            }
        }
        return new V(lane, registers);
    }

    private void whole(Op op, Op masked, V value, At at, @Nullable Tail tail) {
        int[] masks = tail == null ? value.registers : masks(tail.mask(), value.lane);
        for (int p = 0; p < masks.length; p++) {
            if (tail == null || is512()) {
                program.plain(op, NONE, value.registers[p])
                        .memory(part(at, p))
                        .stores()
                        .masked(tail == null ? NONE : masks[p]);
            } else {
                program.plain(masked, NONE, masks[p], value.registers[p])
                        .memory(part(at, p))
                        .stores();
            }
        }
    }

    /** Elements of 1 or 2 bytes, each in 32 bits. */
    private int widened(Op op, At at, @Nullable Tail tail) {
        int d = vector();
        program.plain(op, d, NONE).memory(at).zeroed(tail == null ? NONE : tail.mask().registers[0]);
        return d;
    }

    private void masked(Instruction store, At at, @Nullable Tail tail) {
        store.memory(at).stores().masked(tail == null ? NONE : tail.mask().registers[0]);
    }

    private void storeWords(V x, At at, @Nullable Tail tail) {
        if (is512()) {
            masked(program.plain(Op.VPMOVDW, NONE, x.registers[0]), at, tail);
        } else {
            program.plain(Op.VMOVDQU, NONE, packed(x.registers[0]) | HALF)
                    .memory(at)
                    .stores();
        }
    }

    private void storeBytes(V x, At at, @Nullable Tail tail) {
        if (is512()) {
            masked(program.plain(Op.VPMOVDB, NONE, x.registers[0]), at, tail);
            return;
        }
        int words = packed(and(x, constant(Lane.I32, 0xffL)).registers[0]);
        int bytes = vector();
        program.plain(Op.VPACKUSWB, bytes | HALF, words | HALF, words | HALF);
        program.plain(Op.VMOVQ, NONE, bytes | HALF).memory(at).stores();
    }

    /** With AVX2: the lower words of the elements, which are not negative, in the lower half. */
    private int packed(int x) {
        int mixed = binary(Op.VPACKUSDW, x, x, 0);
        int d = vector();
        program.plain(Op.VPERMQ, d, mixed).immediate(0x08);
        return d;
    }

    // ---------------------------------------------------------------- one element at a time

    private At scratchOf(DType dtype) {
        return scratch(lanes() * dtype.bytes());
    }

    /**
     * Copies elements one by one.
     *
     * @param to where to, or null for scratch memory, where they become neighbours
     * @return where they are
     */
    private At copy(int bytes, At from, long step, @Nullable At to, long toStep, @Nullable Tail tail) {
        At target = to == null ? scratch(lanes() * bytes) : to;
        R read = variable(address(from));
        R write = variable(address(target));
        if (tail == null) {
            loop(0, lanes(), 1);
        } else {
            loop(0, tail.count(), 1);
        }
        R element = general();
        Op load = bytes == 8 ? Op.MOV : bytes == 4 ? Op.MOV32 : bytes == 2 ? Op.MOVZX16 : Op.MOVZX8;
        Op store = bytes == 8 ? Op.MOV : bytes == 4 ? Op.MOV32 : bytes == 2 ? Op.MOV16 : Op.MOV8;
        program.plain(load, element.register(), NONE).memory(At.of(read));
        program.plain(store, NONE, element.register()).memory(At.of(write)).stores();
        increase(read, step);
        increase(write, to == null ? bytes : toStep);
        endLoop();
        return target;
    }
}
