package dev.lamina.cpu.vector;

import static dev.lamina.cpu.vector.Instruction.NONE;

import dev.lamina.cpu.code.Condition;
import dev.lamina.cpu.code.Op;
import dev.lamina.cpu.vector.Instruction.Form;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** The part of {@link KernelCode} that deals with addresses, counts and control flow. */
abstract sealed class IntegerCode permits LaneCode {
    /** How two integers (signed) are related. */
    public enum Relation {
        /** a &lt; b. */
        LESS(Condition.LESS),
        /** a &lt;= b. */
        LESS_OR_EQUAL(Condition.LESS_EQUAL),
        /** a == b. */
        EQUAL(Condition.EQUAL),
        /** a != b. */
        NOT_EQUAL(Condition.NOT_EQUAL),
        /** a &gt;= b. */
        GREATER_OR_EQUAL(Condition.GREATER_EQUAL),
        /** a &gt; b. */
        GREATER(Condition.GREATER);

        final Condition condition;

        Relation(Condition condition) {
            this.condition = condition;
        }
    }

    /** A loop or a when that has been started and not ended. */
    private record Block(@Nullable R counter, @Nullable R to, long end, long step, int body, int rest) {}

    final Program program;
    private final ArrayDeque<Block> blocks = new ArrayDeque<>();

    IntegerCode(int vectorBits) {
        program = new Program(vectorBits);
    }

    final R general() {
        return new R(program.register(Program.GENERAL));
    }

    private static boolean isShort(long value) {
        return value == (int) value;
    }

    private R tied(Op op, R a, R b) {
        R d = general();
        program.tied(op, d.register(), a.register(), b.register()).fold(8);
        return d;
    }

    private R tied(Op op, R a, long b) {
        R d = general();
        program.tied(op, d.register(), a.register(), NONE).immediate(b);
        return d;
    }

    // ---------------------------------------------------------------- numbers

    /** One of the four arguments of the kernel, 0 to 3. Ask for arguments before anything else is written. */
    public R argument(int index) {
        if (program.arguments[index] == NONE) {
            program.arguments[index] = program.register(Program.GENERAL);
        }
        return new R(program.arguments[index]);
    }

    /** A constant. Methods with a {@code long} operand do without a register, so prefer them. */
    public R integer(long value) {
        R d = general();
        program.add(Form.NUMBER, null, d.register(), NONE, NONE, NONE).immediate(value);
        return d;
    }

    /** An assignable copy, which lives from here to its last use; one that is made before a loop lives through all of it. */
    public R variable(R initial) {
        R d = general();
        program.move(d.register(), initial.register());
        return d;
    }

    /** Gives a variable a new value. */
    public void assign(R variable, R value) {
        program.move(variable.register(), value.register());
    }

    /** Adds to a variable. */
    public void increase(R variable, long by) {
        if (isShort(by)) {
            program.tied(Op.ADD, variable.register(), variable.register(), NONE).immediate(by);
        } else {
            increase(variable, integer(by));
        }
    }

    /** Adds to a variable. */
    public void increase(R variable, R by) {
        program.tied(Op.ADD, variable.register(), variable.register(), by.register())
                .fold(8);
    }

    /** a + b. */
    public R add(R a, R b) {
        return address(At.of(a, b, 1));
    }

    /** a + b. */
    public R add(R a, long b) {
        return isShort(b) ? address(At.of(a, (int) b)) : add(a, integer(b));
    }

    /** a - b. */
    public R sub(R a, R b) {
        return tied(Op.SUB, a, b);
    }

    /** a * b, wrapped. */
    public R mul(R a, R b) {
        return tied(Op.IMUL, a, b);
    }

    /** a * b, wrapped. */
    public R mul(R a, long b) {
        if (Long.bitCount(b) == 1) {
            return shiftLeft(a, Long.numberOfTrailingZeros(b));
        }
        if (!isShort(b)) {
            return mul(a, integer(b));
        }
        R d = general();
        program.plain(Op.IMUL, d.register(), a.register()).fold(8).immediate(b);
        return d;
    }

    /** a and b, bit by bit. */
    public R and(R a, long b) {
        return isShort(b) ? tied(Op.AND, a, b) : tied(Op.AND, a, integer(b));
    }

    /** a shifted left by 0 to 63 bits. */
    public R shiftLeft(R a, int bits) {
        return bits == 0 ? a : tied(Op.SHL, a, bits);
    }

    /** a shifted right by 0 to 63 bits, keeping the sign. */
    public R shiftRight(R a, int bits) {
        return bits == 0 ? a : tied(Op.SAR, a, bits);
    }

    /** The smaller, signed. */
    public R min(R a, R b) {
        compare(a, b);
        return tied(Op.CMOVG, a, b);
    }

    /** The larger, signed. */
    public R max(R a, R b) {
        compare(a, b);
        return tied(Op.CMOVL, a, b);
    }

    /** The 64-bit number in memory. */
    public R load(At at) {
        R d = general();
        program.plain(Op.MOV, d.register(), NONE).memory(at);
        return d;
    }

    /** Writes a 64-bit number to memory. */
    public void store(At at, R value) {
        program.plain(Op.MOV, NONE, value.register()).memory(at).stores();
    }

    /** The address of a place. */
    public R address(At at) {
        R d = general();
        program.plain(Op.LEA, d.register(), NONE).memory(at);
        return d;
    }

    /**
     * Scratch memory of this kernel, on the stack and 64-byte aligned, with undefined content. Keep it below a few thousand bytes in all; larger
     * buffers are the caller's.
     */
    public At scratch(int bytes) {
        At at = new At(null, null, 1, program.scratch);
        program.scratch += (bytes + 63) & -64;
        return at;
    }

    // ---------------------------------------------------------------- control flow

    /**
     * Starts {@code for (i = from; i < to; i += step)}, ended by {@link #endLoop()}. The counter may be read inside and after the loop (then it
     * is the first i not below to), but not assigned. Values made before the loop may be used in it; values made in the
     * loop only in the same iteration; variables carry values from one iteration to the next and out of the loop. A step is positive.
     */
    public R loop(R from, R to, long step) {
        return loop(variable(from), to, 0, step, false);
    }

    /** As {@link #loop(R, R, long)}. */
    public R loop(long from, R to, long step) {
        return loop(integer(from), to, 0, step, false);
    }

    /** As {@link #loop(R, R, long)}; a loop that certainly runs is not tested before its first iteration. */
    public R loop(long from, long to, long step) {
        boolean large = !isShort(to);
        return loop(integer(from), large ? integer(to) : null, to, step, from < to);
    }

    /** Ends the innermost loop. */
    public void endLoop() {
        Block block = blocks.pop();
        R counter = block.counter();
        if (counter == null) {
            throw new IllegalStateException("endLoop: the innermost block is a when");
        }
        increase(counter, block.step());
        compare(counter, block.to(), block.end());
        jump(Condition.LESS, block.body());
        label(block.rest());
        end();
    }

    /**
     * Starts code that runs if the relation holds, ended by {@link #endWhen()}. What is made inside cannot be used outside, except for
     * what is assigned to variables.
     */
    public void when(R a, Relation relation, R b) {
        when(a, relation, b, 0);
    }

    /** As {@link #when(R, Relation, R)}. */
    public void when(R a, Relation relation, long b) {
        if (isShort(b)) {
            when(a, relation, null, b);
        } else {
            when(a, relation, integer(b), 0);
        }
    }

    /** Inside a when: starts what runs if the relation does not hold. */
    public void otherwise() {
        Block block = blocks.pop();
        if (block.counter() != null || block.body() == NONE) {
            throw new IllegalStateException("otherwise: expected once, in a when");
        }
        jump(null, block.rest());
        label(block.body());
        blocks.push(new Block(null, null, 0, 0, NONE, block.rest()));
    }

    /** Ends the innermost when. */
    public void endWhen() {
        Block block = blocks.pop();
        if (block.counter() != null) {
            throw new IllegalStateException("endWhen: the innermost block is a loop");
        }
        if (block.body() != NONE) {
            label(block.body());
        }
        label(block.rest());
        end();
    }

    private R loop(R counter, @Nullable R to, long end, long step, boolean runs) {
        int body = program.labels++;
        int rest = program.labels++;
        program.add(Form.BLOCK, null, NONE, NONE, NONE, NONE).immediate(1);
        if (!runs) {
            compare(counter, to, end);
            jump(Condition.GREATER_EQUAL, rest);
        }
        label(body);
        blocks.push(new Block(counter, to, end, step, body, rest));
        return counter;
    }

    private void when(R a, Relation relation, @Nullable R b, long number) {
        program.add(Form.BLOCK, null, NONE, NONE, NONE, NONE).immediate(0);
        compare(a, b, number);
        int otherwise = program.labels++;
        jump(relation.condition.opposite(), otherwise);
        blocks.push(new Block(null, null, 0, 0, otherwise, program.labels++));
    }

    private void compare(R a, @Nullable R b, long number) {
        if (b == null) {
            program.plain(Op.CMP, NONE, a.register()).immediate(number);
        } else {
            compare(a, b);
        }
    }

    private void compare(R a, R b) {
        program.plain(Op.CMP, NONE, a.register(), b.register()).fold(8);
    }

    private void jump(@Nullable Condition condition, int label) {
        Instruction jump = program.add(Form.JUMP, null, NONE, NONE, NONE, NONE);
        jump.condition = condition;
        jump.label = label;
    }

    private void label(int label) {
        program.add(Form.LABEL, null, NONE, NONE, NONE, NONE).label = label;
    }

    private void end() {
        program.add(Form.END_BLOCK, null, NONE, NONE, NONE, NONE);
    }

    /** Checks that all that was started has been ended. */
    final void checkEnded() {
        if (!blocks.isEmpty()) {
            throw new IllegalStateException(blocks.size() + " loops or whens have not been ended");
        }
    }
}
