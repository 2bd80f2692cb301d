package dev.lamina.cpu.vector;

import dev.lamina.core.DType;
import dev.lamina.core.op.Elementwise;
import dev.lamina.cpu.code.Assembler;
import dev.lamina.cpu.code.Op;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes one kernel in virtual registers and structured control flow; {@link #assemble} makes machine code of it. One source serves both
 * widths: a value covers {@link #lanes()} elements, 8 with AVX2 and 16 with AVX-512, whatever their type is.
 *
 * <pre>{@code
 * KernelCode code = new KernelCode(512);
 * R x = code.argument(0);
 * R y = code.argument(1);
 * R n = code.argument(2);
 * R i = code.loop(0, code.add(n, 1 - code.lanes()), code.lanes());
 * code.store(F32, At.of(y, i, 4), code.apply(EXP, F32, code.load(F32, At.of(x, i, 4), null), null, null), null);
 * code.endLoop();
 * Tail tail = code.tail(code.sub(n, i));
 * code.store(F32, At.of(y, i, 4), code.apply(EXP, F32, code.load(F32, At.of(x, i, 4), tail), null, null), tail);
 * }</pre>
 *
 * Not safe for use by several threads; used once.
 */
public final class KernelCode extends MemoryCode {
    /**
     * Starts a kernel.
     *
     * @param vectorBits 256 for AVX2 with FMA, 512 for AVX-512 (F, BW, DQ, VL)
     */
    public KernelCode(int vectorBits) {
        super(vectorBits);
        if (vectorBits != 256 && vectorBits != 512) {
            throw new IllegalArgumentException("vectorBits: expected 256 or 512, got " + vectorBits);
        }
    }

    /** The machine code of what was written; the kernel returns at the end. */
    public Assembler assemble() {
        checkEnded();
        Peephole.improve(program);
        return Writer.write(program);
    }

    /** Whether {@link #apply} can compute a function on a dtype. For CAST use {@link #cast}, which is there for all. */
    public static boolean supports(Elementwise op, DType dtype) {
        return switch (op) {
            case NEG, ABS, SIGN, FLOOR, CEIL, ROUND, ADD, SUB, MUL, MAX, MIN, LT, LE, EQ, NE, WHERE, NOT, CAST -> true;
            case SQRT -> dtype.isFloat();
            case AND, OR, XOR -> !dtype.isFloat();
            case DIV -> dtype != DType.I64;
            case REM -> dtype != DType.I64 && dtype != DType.F64;
            case EXP, EXPM1, LOG, LOG1P, TANH, SIGMOID -> dtype.isFloat();
            case SIN, COS, TAN, ATAN, ERF, POW -> Lane.of(dtype) == Lane.F32;
        };
    }

    /**
     * A scalar function, with the meaning that {@link Elementwise} gives it, its result rounded (f16, bf16) or wrapped (i8, u8) as an element of
     * the dtype.
     *
     * @param dtype of the operands (for WHERE: of the second and third), not CAST
     * @param a first operand, of kind {@code Lane.of(dtype)}; for WHERE the condition, BOOL
     * @return of the kind of the dtype; for comparisons BOOL
     */
    public V apply(Elementwise op, DType dtype, V a, @Nullable V b, @Nullable V c) {
        return switch (op) {
            case WHERE -> select(a, Objects.requireNonNull(b), Objects.requireNonNull(c));
            case LT -> less(a, Objects.requireNonNull(b));
            case LE -> lessOrEqual(a, Objects.requireNonNull(b));
            case EQ -> equal(a, Objects.requireNonNull(b));
            case NE -> notEqual(a, Objects.requireNonNull(b));
            case ADD, SUB, MUL, DIV, POW, REM, MAX, MIN, AND, OR, XOR ->
                binary(op, dtype, a, Objects.requireNonNull(b));
            case NEG,
                    ABS,
                    SIGN,
                    SQRT,
                    EXP,
                    EXPM1,
                    LOG,
                    LOG1P,
                    SIN,
                    COS,
                    TAN,
                    ATAN,
                    TANH,
                    ERF,
                    SIGMOID,
                    FLOOR,
                    CEIL,
                    ROUND,
                    NOT,
                    CAST -> unary(op, dtype, a);
        };
    }

    private V ofDouble(Elementwise op, V a) {
        DoubleMath math = new DoubleMath(this);
        return switch (op) {
            case EXP -> math.exp(a);
            case EXPM1 -> math.expm1(a);
            case LOG -> math.log(a);
            case LOG1P -> math.log1p(a);
            case TANH -> math.tanh(a);
            case SIGMOID -> math.sigmoid(a);
            case NEG, ABS, SIGN, SQRT, FLOOR, CEIL, ROUND, NOT, CAST, WHERE -> throw unsupported(op);
            case SIN, COS, TAN, ATAN, ERF, LT, LE, EQ, NE -> throw unsupported(op);
            case ADD, SUB, MUL, DIV, POW, REM, MAX, MIN, AND, OR, XOR -> throw unsupported(op);
        };
    }

    /** exp(a) of f32 up to 89, as a weight of something beside weights around 1: 0 where it is subnormal. */
    public V weight(V a) {
        return new FloatMath(this).weight(a);
    }

    /** sigmoid(a) and sigmoid(-a) of f32, with the bits of each alone. */
    public V[] sigmoids(V a) {
        return new FloatMath(this).sigmoids(a);
    }

    private V unary(Elementwise op, DType dtype, V a) {
        if (a.lane == Lane.F64 && op.isHeavy()) {
            return ofDouble(op, a);
        }
        boolean bool = a.lane == Lane.BOOL;
        return switch (op) {
            case NEG -> bool ? a : fit(neg(a), dtype);
            case ABS -> bool ? a : fit(abs(a), dtype);
            case SIGN -> bool ? a : sign(a);
            case FLOOR -> a.lane.isFloat() ? floor(a) : a;
            case CEIL -> a.lane.isFloat() ? ceil(a) : a;
            case ROUND -> a.lane.isFloat() ? round(a) : a;
            case NOT -> bool ? not(a) : convert(equal(a, constant(a.lane, 0L)), a.lane);
            case SQRT -> fit(sqrt(a), dtype);
            case EXP -> fit(new FloatMath(this).exp(a), dtype);
            case LOG -> fit(new FloatMath(this).log(a), dtype);
            case TANH -> fit(new FloatMath(this).tanh(a), dtype);
            case ERF -> fit(new FloatMath(this).erf(a), dtype);
            case SIGMOID -> fit(new FloatMath(this).sigmoid(a), dtype);
            case EXPM1 -> narrowed(new WideMath(this).expm1(convert(a, Lane.F64)), dtype);
            case LOG1P -> narrowed(new WideMath(this).log1p(convert(a, Lane.F64)), dtype);
            case SIN -> narrowed(new WideMath(this).sin(convert(a, Lane.F64)), dtype);
            case COS -> narrowed(new WideMath(this).cos(convert(a, Lane.F64)), dtype);
            case TAN -> narrowed(new WideMath(this).tan(convert(a, Lane.F64)), dtype);
            case ATAN -> narrowed(new WideMath(this).atan(convert(a, Lane.F64)), dtype);
            case CAST, WHERE, LT, LE, EQ, NE -> throw unsupported(op);
            case ADD, SUB, MUL, DIV, POW, REM, MAX, MIN, AND, OR, XOR -> throw unsupported(op);
        };
    }

    /** {@link #supports} has said so, or the number of operands is wrong. */
    private static UnsupportedOperationException unsupported(Elementwise op) {
        return new UnsupportedOperationException(op + " of such operands");
    }

    private V narrowed(V wide, DType dtype) {
        return fit(convert(wide, Lane.F32), dtype);
    }

    private V sign(V a) {
        if (!a.lane.isFloat()) {
            return max(min(a, constant(a.lane, 1L)), constant(a.lane, -1L));
        }
        V one = or(and(a, signs(a.lane)), constant(a.lane, 1.0));
        return select(less(constant(a.lane, 0.0), abs(a)), one, a);
    }

    private V binary(Elementwise op, DType dtype, V a, V b) {
        if (dtype == DType.BOOL) {
            return ofBool(op, a, b);
        }
        return switch (op) {
            case ADD -> fit(add(a, b), dtype);
            case SUB -> fit(sub(a, b), dtype);
            case MUL -> fit(mul(a, b), dtype);
            case DIV -> fit(a.lane.isFloat() ? div(a, b) : quotient(a, b), dtype);
            case REM ->
                a.lane.isFloat()
                        ? narrowed(new WideMath(this).rem(convert(a, Lane.F64), convert(b, Lane.F64)), dtype)
                        : fit(remainder(a, b), dtype);
            case MAX -> max(a, b);
            case MIN -> min(a, b);
            case AND -> and(a, b);
            case OR -> or(a, b);
            case XOR -> xor(a, b);
            case POW -> narrowed(new WideMath(this).pow(convert(a, Lane.F64), convert(b, Lane.F64)), dtype);
            case NEG, ABS, SIGN, SQRT, FLOOR, CEIL, ROUND, NOT, CAST, WHERE, LT, LE, EQ, NE -> throw unsupported(op);
            case EXP, EXPM1, LOG, LOG1P, SIN, COS, TAN, ATAN, TANH, ERF, SIGMOID -> throw unsupported(op);
        };
    }

    /** On 0 and 1, with any result but 0 being 1. */
    private V ofBool(Elementwise op, V a, V b) {
        return switch (op) {
            case ADD, MAX, OR -> or(a, b);
            case MUL, MIN, AND, DIV -> and(a, b);
            case SUB, XOR -> xor(a, b);
            case REM -> constant(Lane.BOOL, 0L);
            case POW -> or(a, not(b));
            case NEG, ABS, SIGN, SQRT, FLOOR, CEIL, ROUND, NOT, CAST, WHERE, LT, LE, EQ, NE -> throw unsupported(op);
            case EXP, EXPM1, LOG, LOG1P, SIN, COS, TAN, ATAN, TANH, ERF, SIGMOID -> throw unsupported(op);
        };
    }

    /** I32: the quotient of doubles is exact enough to be rounded down. */
    private V quotient(V a, V b) {
        V q = toIntegers(floor(div(convert(a, Lane.F64), convert(b, Lane.F64))), Lane.I32);
        return select(equal(b, constant(Lane.I32, 0L)), constant(Lane.I32, 0L), q);
    }

    private V remainder(V a, V b) {
        V zero = constant(Lane.I32, 0L);
        return select(equal(b, zero), zero, sub(a, mul(quotient(a, b), b)));
    }

    /** Elements of one dtype converted to another one, as {@link Elementwise#CAST} does it; all pairs. */
    public V cast(V a, DType from, DType to) {
        if (from == to) {
            return a;
        }
        Lane lane = Lane.of(to);
        if (to == DType.BOOL) {
            return notEqual(a, constant(a.lane, 0L));
        }
        if (from.isFloat() && !to.isFloat()) {
            return fit(toIntegers(a, lane), to);
        }
        return from == DType.BOOL ? convert(a, lane) : fit(convert(a, lane), to);
    }

    /** F32 rounded to f16 or bf16, or I32 wrapped to i8 or u8, still in F32 or I32; for other dtypes the value itself. */
    @Override
    public V fit(V a, DType dtype) {
        return switch (dtype) {
            case F16 -> half(a);
            case BF16 -> brain(a);
            case I8 -> shiftRight(shiftLeft(a, 24), 24);
            case U8 -> and(a, constant(Lane.I32, 0xffL));
            case F32, F64, I64, I32, BOOL -> a;
        };
    }

    private V half(V a) {
        int half = vector();
        program.plain(Op.VCVTPS2PH, half | Instruction.HALF, a.registers[0]).immediate(0);
        return new V(Lane.F32, unary(Op.VCVTPH2PS, half | Instruction.HALF));
    }

    private V brain(V a) {
        V x = bits(a, Lane.I32);
        V even = and(shiftRightLogical(x, 16), constant(Lane.I32, 1L));
        V rounded = add(add(x, even), constant(Lane.I32, 0x7fffL));
        V kept = select(isNan(a), or(x, constant(Lane.I32, 0x400000L)), rounded);
        return bits(and(kept, constant(Lane.I32, 0xffff0000L)), Lane.F32);
    }

    /**
     * The uniforms of {@link dev.lamina.core.op.Philox} for f32 at positions first, first + 1, ... first + lanes() - 1, where the position is a
     * multiple of 4: about 3 instructions an element.
     *
     * @param seed I64, the same in all lanes
     */
    public V uniformRun(V seed, long stream, R first) {
        return new Uniforms(this).from(seed, stream, first);
    }

    /** The uniforms (F32) of any positions (I64), about 4 times the cost. */
    public V uniform(V seed, long stream, V position) {
        return new Uniforms(this).at(seed, stream, position);
    }
}
