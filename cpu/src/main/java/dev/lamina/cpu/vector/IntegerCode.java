package dev.lamina.cpu.vector;

/** The part of {@link KernelCode} that deals with addresses, counts and control flow. */
abstract sealed class IntegerCode permits VectorCode {
    /** How two integers (signed) are related. */
    public enum Relation {
        /** a &lt; b. */
        LESS,
        /** a &lt;= b. */
        LESS_OR_EQUAL,
        /** a == b. */
        EQUAL,
        /** a != b. */
        NOT_EQUAL,
        /** a &gt;= b. */
        GREATER_OR_EQUAL,
        /** a &gt; b. */
        GREATER
    }

    static RuntimeException todo() {
        return new UnsupportedOperationException("being written");
    }

    // ---------------------------------------------------------------- numbers

    /** One of the four arguments of the kernel, 0 to 3. Ask for arguments before anything else is written. */
    public R argument(int index) {
        throw todo();
    }

    /** A constant. Methods with a {@code long} operand do without a register, so prefer them. */
    public R integer(long value) {
        throw todo();
    }

    /** An assignable copy, which lives from here to its last use; one that is made before a loop lives through all of it. */
    public R variable(R initial) {
        throw todo();
    }

    /** Gives a variable a new value. */
    public void assign(R variable, R value) {
        throw todo();
    }

    /** Adds to a variable. */
    public void increase(R variable, long by) {
        throw todo();
    }

    /** Adds to a variable. */
    public void increase(R variable, R by) {
        throw todo();
    }

    /** a + b. */
    public R add(R a, R b) {
        throw todo();
    }

    /** a + b. */
    public R add(R a, long b) {
        throw todo();
    }

    /** a - b. */
    public R sub(R a, R b) {
        throw todo();
    }

    /** a * b, wrapped. */
    public R mul(R a, R b) {
        throw todo();
    }

    /** a * b, wrapped. */
    public R mul(R a, long b) {
        throw todo();
    }

    /** a and b, bit by bit. */
    public R and(R a, long b) {
        throw todo();
    }

    /** a shifted left by 0 to 63 bits. */
    public R shiftLeft(R a, int bits) {
        throw todo();
    }

    /** a shifted right by 0 to 63 bits, keeping the sign. */
    public R shiftRight(R a, int bits) {
        throw todo();
    }

    /** The smaller, signed. */
    public R min(R a, R b) {
        throw todo();
    }

    /** The larger, signed. */
    public R max(R a, R b) {
        throw todo();
    }

    /** The 64-bit number in memory. */
    public R load(At at) {
        throw todo();
    }

    /** Writes a 64-bit number to memory. */
    public void store(At at, R value) {
        throw todo();
    }

    /** The address of a place. */
    public R address(At at) {
        throw todo();
    }

    /**
     * Scratch memory of this kernel, on the stack and 64-byte aligned, with undefined content. Keep it below a few thousand bytes in all; larger
     * buffers are the caller's.
     */
    public At scratch(int bytes) {
        throw todo();
    }

    // ---------------------------------------------------------------- control flow

    /**
     * Starts {@code for (i = from; i < to; i += step)}, ended by {@link #endLoop()}. The counter may be read inside and after the loop (then it
     * is the first i not below to), but not assigned. Values made before the loop may be used in it; values made in the
     * loop only in the same iteration; variables carry values from one iteration to the next and out of the loop. A step is positive.
     */
    public R loop(R from, R to, long step) {
        throw todo();
    }

    /** As {@link #loop(R, R, long)}. */
    public R loop(long from, R to, long step) {
        throw todo();
    }

    /** As {@link #loop(R, R, long)}; a loop that certainly runs is not tested before its first iteration. */
    public R loop(long from, long to, long step) {
        throw todo();
    }

    /** Ends the innermost loop. */
    public void endLoop() {
        throw todo();
    }

    /**
     * Starts code that runs if the relation holds, ended by {@link #endWhen()}. What is made inside cannot be used outside, except for
     * what is assigned to variables.
     */
    public void when(R a, Relation relation, R b) {
        throw todo();
    }

    /** As {@link #when(R, Relation, R)}. */
    public void when(R a, Relation relation, long b) {
        throw todo();
    }

    /** Inside a when: starts what runs if the relation does not hold. */
    public void otherwise() {
        throw todo();
    }

    /** Ends the innermost when. */
    public void endWhen() {
        throw todo();
    }
}
