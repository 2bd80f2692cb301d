package dev.lamina.cpu.vector;

import static dev.lamina.cpu.vector.Instruction.NONE;

import dev.lamina.cpu.code.Op;
import dev.lamina.cpu.vector.Instruction.Form;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Small improvements of a program before registers are given out. */
final class Peephole {
    /** How far apart what belongs together may be. */
    private static final int WINDOW = 48;

    private static final Instruction REMOVED = new Instruction(Form.REMOVED, null, NONE, NONE, NONE, NONE);

    private final Program program;
    private final int[] uses;

    private Peephole(Program program) {
        this.program = program;
        uses = new int[program.registers];
    }

    /** Drops what nobody reads, lets results be written to variables directly, and makes loads operands. */
    static void improve(Program program) {
        Peephole peephole = new Peephole(program);
        peephole.drop();
        peephole.retarget();
        peephole.foldLoads();
        peephole.pack();
    }

    private void count(Instruction x, int by) {
        count(x.a, by);
        count(x.b, by);
        count(x.c, by);
        count(x.mask, by);
        count(x.gather, by);
        @Nullable At at = x.at;
        if (at != null) {
            if (at.base() != null) {
                uses[at.base().register()] += by;
            }
            if (at.index() != null) {
                uses[at.index().register()] += by;
            }
        }
    }

    private void count(int operand, int by) {
        if (operand >= 0) {
            uses[Instruction.register(operand)] += by;
        }
    }

    private void drop() {
        for (int i = 0; i < program.size; i++) {
            count(program.code[i], 1);
        }
        for (int i = program.size - 1; i >= 0; i--) {
            Instruction x = program.code[i];
            if (x.d != NONE && uses[Instruction.register(x.d)] == 0) {
                count(x, -1);
                remove(i);
            }
        }
    }

    private void remove(int i) {
        program.code[i] = REMOVED;
    }

    private void pack() {
        int n = 0;
        for (int i = 0; i < program.size; i++) {
            if (program.code[i].form != Form.REMOVED) {
                program.code[n++] = program.code[i];
            }
        }
        Arrays.fill(program.code, n, program.size, null);
        program.size = n;
    }

    private static boolean isStraight(Instruction x) {
        return switch (x.form) {
            case PLAIN, TIED, FMA, MOVE, NUMBER, REMOVED -> true;
            case LABEL, JUMP, BLOCK, END_BLOCK -> false;
        };
    }

    private static boolean mentions(Instruction x, int register) {
        if (is(x.a, register)
                || is(x.b, register)
                || is(x.c, register)
                || is(x.mask, register)
                || is(x.gather, register)) {
            return true;
        }
        @Nullable At at = x.at;
        return is(x.d, register)
                || (at != null && at.base() != null && at.base().register() == register)
                || (at != null && at.index() != null && at.index().register() == register);
    }

    private static boolean is(int operand, int register) {
        return operand >= 0 && Instruction.register(operand) == register;
    }

    // ---------------------------------------------------------------- results in variables

    /** "t = ...; v = t" becomes "v = ..." if t is read nowhere else and v not in between. */
    private void retarget() {
        for (int i = 0; i < program.size; i++) {
            Instruction move = program.code[i];
            if (move.form != Form.MOVE || uses[move.a] != 1) {
                continue;
            }
            for (int j = i - 1; j >= Math.max(0, i - WINDOW); j--) {
                Instruction x = program.code[j];
                if (!isStraight(x)) {
                    break;
                }
                boolean mentioned = mentions(x, move.d);
                if (x.d == move.a) {
                    // An FMA has a form for each operand that is the result; the operands of others may have to stay
                    // intact.
                    if (!mentioned || x.form == Form.FMA || (x.form == Form.PLAIN && !x.early)) {
                        x.d = move.d;
                        remove(i);
                    }
                    break;
                }
                if (mentioned) {
                    break;
                }
            }
        }
    }

    // ---------------------------------------------------------------- loads as operands

    private void foldLoads() {
        for (int i = 0; i < program.size; i++) {
            Instruction load = program.code[i];
            if (isLoad(load) && uses[load.d] == 1) {
                foldLoad(i, load);
            }
        }
    }

    private static boolean isLoad(Instruction x) {
        return x.form == Form.PLAIN
                && x.at != null
                && !x.store
                && x.mask == NONE
                && (x.op == Op.VMOVUPS
                        || x.op == Op.VMOVUPD
                        || x.op == Op.VMOVDQU
                        || x.op == Op.VMOVDQU32
                        || x.op == Op.VMOVDQU64);
    }

    private void foldLoad(int i, Instruction load) {
        for (int j = i + 1; j < Math.min(program.size, i + WINDOW); j++) {
            Instruction x = program.code[j];
            if (!isStraight(x) || x.store) {
                return;
            }
            if (mentions(x, load.d)) {
                if (fold(x, load)) {
                    remove(i);
                }
                return;
            }
            if (x.d != NONE && addresses(load, x.d)) {
                return;
            }
        }
    }

    private static boolean addresses(Instruction load, int d) {
        @Nullable At at = load.at;
        return at != null
                && ((at.base() != null && at.base().register() == d)
                        || (at.index() != null && at.index().register() == d));
    }

    /** Lets x read memory instead of the register that was loaded. */
    private boolean fold(Instruction x, Instruction load) {
        int r = load.d;
        if (x.at != null || x.fold == 0) {
            return false;
        }
        if (x.form == Form.FMA) {
            if (x.a == r) {
                x.a = Instruction.MEMORY;
            } else if (x.b == r) {
                x.b = Instruction.MEMORY;
            } else {
                x.c = Instruction.MEMORY;
            }
        } else {
            if (x.commutes && x.a == r) {
                x.a = x.b;
                x.b = r;
            }
            if (x.foldable() != r || (x.fold == 1 && program.vectorBits == 512)) {
                return false;
            }
            if (x.c == r) {
                x.c = NONE;
            } else if (x.b == r) {
                x.b = NONE;
            } else {
                x.a = NONE;
            }
        }
        x.at = load.at;
        return true;
    }
}
