package dev.lamina.cpu.vector;

/**
 * The part of {@link KernelCode} that computes with lanes. Operands of one operation have the same {@link Lane} kind, which the result has
 * too unless stated. These are the operations of the machine; {@link KernelCode#apply} gives the meaning of Lamina's scalar functions.
 */
abstract sealed class VectorCode extends IntegerCode permits MemoryCode {
    // ---------------------------------------------------------------- making values

    /** The same number in all lanes; for BOOL 0 is false. Costs nothing in a loop: it is hoisted out. */
    public V constant(Lane lane, double value) {
        throw todo();
    }

    /** The same number in all lanes of an I32, I64 or BOOL. */
    public V constant(Lane lane, long value) {
        throw todo();
    }

    /** An integer register in all lanes: I32 (its low half) or I64. */
    public V splat(Lane lane, R value) {
        throw todo();
    }

    /** 0, 1, 2, ... as I32 or I64. Hoisted as a constant. */
    public V iota(Lane lane) {
        throw todo();
    }

    /** An assignable copy (an accumulator), which lives from here to its last use. */
    public V variable(V initial) {
        throw todo();
    }

    /** Gives a variable a new value. {@code assign(acc, add(acc, x))} is one instruction. */
    public void assign(V variable, V value) {
        throw todo();
    }

    // ---------------------------------------------------------------- arithmetic

    /** a + b; integers wrap. */
    public V add(V a, V b) {
        throw todo();
    }

    /** a - b; integers wrap. */
    public V sub(V a, V b) {
        throw todo();
    }

    /** a * b; integers wrap. */
    public V mul(V a, V b) {
        throw todo();
    }

    /** a / b of floats. */
    public V div(V a, V b) {
        throw todo();
    }

    /** a * b + c of floats, rounded once. */
    public V fma(V a, V b, V c) {
        throw todo();
    }

    /** c - a * b of floats, rounded once. */
    public V fnma(V a, V b, V c) {
        throw todo();
    }

    /** a * b - c of floats, rounded once. */
    public V fms(V a, V b, V c) {
        throw todo();
    }

    /** Square root of floats. */
    public V sqrt(V a) {
        throw todo();
    }

    /** -a. */
    public V neg(V a) {
        throw todo();
    }

    /** |a|; the smallest integer stays. */
    public V abs(V a) {
        throw todo();
    }

    /**
     * The larger as {@link Math#max} has it: NaN if one is, +0 above -0. One or two instructions if an operand is a constant, else about
     * four.
     */
    public V max(V a, V b) {
        throw todo();
    }

    /** The smaller as {@link Math#min} has it. */
    public V min(V a, V b) {
        throw todo();
    }

    /** The larger in one instruction; of floats b if one of them is NaN or both are zeros. */
    public V fastMax(V a, V b) {
        throw todo();
    }

    /** The smaller in one instruction; of floats b if one of them is NaN or both are zeros. */
    public V fastMin(V a, V b) {
        throw todo();
    }

    /** The nearest integer (ties to even) of floats. */
    public V round(V a) {
        throw todo();
    }

    /** The largest integer not above, of floats. */
    public V floor(V a) {
        throw todo();
    }

    /** The smallest integer not below, of floats. */
    public V ceil(V a) {
        throw todo();
    }

    /** Floats cut toward zero to an integer. */
    public V truncate(V a) {
        throw todo();
    }

    // ---------------------------------------------------------------- bits

    /** a and b, of integers, BOOL or the bits of floats. */
    public V and(V a, V b) {
        throw todo();
    }

    /** a or b. */
    public V or(V a, V b) {
        throw todo();
    }

    /** a exclusive-or b. */
    public V xor(V a, V b) {
        throw todo();
    }

    /** a and not b. */
    public V andNot(V a, V b) {
        throw todo();
    }

    /** Not a, of integers or BOOL. */
    public V not(V a) {
        throw todo();
    }

    /** Integers shifted left. */
    public V shiftLeft(V a, int bits) {
        throw todo();
    }

    /** Integers shifted right, keeping the sign. */
    public V shiftRight(V a, int bits) {
        throw todo();
    }

    /** Integers shifted right, zeros coming in. */
    public V shiftRightLogical(V a, int bits) {
        throw todo();
    }

    /** The lower 32 bits of two I64, unsigned, multiplied to 64 bits. */
    public V mulLow(V a, V b) {
        throw todo();
    }

    /** The same bits seen as another kind of the same size: F32 and I32, F64 and I64. No instruction. */
    public V bits(V a, Lane lane) {
        throw todo();
    }

    // ---------------------------------------------------------------- comparison

    /** a &lt; b as BOOL; false where one is NaN. Integers are signed. */
    public V less(V a, V b) {
        throw todo();
    }

    /** a &lt;= b as BOOL; false where one is NaN. */
    public V lessOrEqual(V a, V b) {
        throw todo();
    }

    /** a == b as BOOL; false where one is NaN. */
    public V equal(V a, V b) {
        throw todo();
    }

    /** a != b as BOOL; true where one is NaN. */
    public V notEqual(V a, V b) {
        throw todo();
    }

    /** Where a is NaN. */
    public V isNan(V a) {
        throw todo();
    }

    /** a where the condition (BOOL) is true, else b; for any kind, BOOL too. */
    public V select(V condition, V a, V b) {
        throw todo();
    }

    /** The lanes of a BOOL as bits 0 to lanes() - 1 of a number: 0 if none is true. */
    public R laneBits(V condition) {
        throw todo();
    }

    // ---------------------------------------------------------------- across lanes

    /**
     * The sum of all lanes, in all lanes: halves are added to halves (element i to i + lanes/2, ...), so the order is fixed. Lanes that do
     * not count hold 0: {@code select(tail.mask(), x, zero)}.
     */
    public V sumOfLanes(V a) {
        throw todo();
    }

    /** The largest of all lanes, in all lanes, as {@link #max}. */
    public V maxOfLanes(V a) {
        throw todo();
    }

    /** The smallest of all lanes, in all lanes, as {@link #min}. */
    public V minOfLanes(V a) {
        throw todo();
    }

    /** Lane 0 of a value in all lanes. */
    public V first(V a) {
        throw todo();
    }

    /** Lane 0 of an I32 (sign-extended) or I64. */
    public R toInteger(V a) {
        throw todo();
    }

    // ---------------------------------------------------------------- conversions

    /** Exact conversion, or one rounding to nearest: F32 to F64 and back, I32 and I64 to F32 (I64 by way of F64) and F64, I32 to I64, I64 to I32 (wrapped), BOOL to 0 or 1. */
    public V convert(V a, Lane to) {
        throw todo();
    }

    /** Floats cut toward zero to I32 or I64 as a Java cast to long does (NaN gives 0, saturated to 64 bits), then wrapped. */
    public V toIntegers(V a, Lane to) {
        throw todo();
    }
}
