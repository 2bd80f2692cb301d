package dev.lamina.cpu.vector;

import static dev.lamina.cpu.vector.Instruction.NONE;

import dev.lamina.cpu.code.Gpr;
import dev.lamina.cpu.vector.Instruction.Form;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Gives virtual registers a place: a register of the machine, or memory.
 *
 * <p>A virtual register lives in one interval of instructions, from the first that writes it to the last that reads it; what lives before a
 * loop and is used in it lives to the loop's end. Linear scan over the intervals: if no register is left, the interval that saves the fewest
 * accesses to memory for its length goes to memory as a whole. Constants begin before the outermost block that uses them; without a
 * register they are read from the constant pool, mostly as operands.
 *
 * <p>Reading happens at twice the index of an instruction, writing one later, so that a result may take the register of an operand.
 */
final class Allocation {
    /** Loops are taken to run this many times. */
    private static final float ITERATIONS = 8;

    /** Registers kept free for values in memory, by kind, if there are such values. */
    private static final int[] TEMPORARY = {4, 3, 2};

    /** Register numbers of the arguments. */
    private static final Gpr[] ARGUMENTS = {Gpr.RDI, Gpr.RSI, Gpr.RDX, Gpr.RCX};

    private final Program program;
    private final int[] start;
    private final int[] end;
    private final float[] cost;
    private final int[] definition;
    private final boolean[] inRegister;

    /** Number of the machine's register, or NONE: in memory, or not used. */
    final int[] place;

    /** Offset of a value in memory in the kernel's stack memory. */
    final int[] slot;

    /** The first constant to load before an instruction, then the next for each; NONE ends. */
    final int[] firstConstant;

    final int[] nextConstant;

    /** Registers for values in memory, by kind. */
    final int[][] temporaries = new int[3][];

    /** Bytes of stack memory. */
    int frame;

    private final int[] order;

    private Allocation(Program program) {
        this.program = program;
        int n = program.registers;
        start = new int[n];
        end = new int[n];
        cost = new float[n];
        definition = new int[n];
        inRegister = new boolean[n];
        place = new int[n];
        slot = new int[n];
        nextConstant = new int[n];
        firstConstant = new int[program.size + 1];
        order = new int[n];
        Arrays.fill(start, Integer.MAX_VALUE);
        Arrays.fill(end, NONE);
        Arrays.fill(definition, NONE);
        Arrays.fill(place, NONE);
        Arrays.fill(slot, NONE);
        Arrays.fill(firstConstant, NONE);
        frame = (program.scratch + 63) & -64;
    }

    /** Places all registers of a program. */
    static Allocation of(Program program) {
        Allocation allocation = new Allocation(program);
        allocation.liveness();
        allocation.sort();
        for (int kind = 0; kind < 3; kind++) {
            int[] pool = pool(kind, program.vectorBits);
            allocation.temporaries[kind] = new int[0];
            if (allocation.scan(kind, pool)) {
                int keep = pool.length - TEMPORARY[kind];
                allocation.temporaries[kind] = Arrays.copyOfRange(pool, keep, pool.length);
                allocation.scan(kind, Arrays.copyOf(pool, keep));
            }
        }
        allocation.slots();
        return allocation;
    }

    /** Registers that may be given, the temporaries last. */
    private static int[] pool(int kind, int vectorBits) {
        int first = kind == Program.MASK ? 1 : 0;
        int last = kind == Program.MASK ? 7 : kind == Program.VECTOR && vectorBits == 512 ? 31 : 15;
        int[] pool = new int[last - first + 1];
        int n = 0;
        for (int i = first; i <= last; i++) {
            if (kind != Program.GENERAL || i != Gpr.RSP.number()) {
                pool[n++] = i;
            }
        }
        return Arrays.copyOf(pool, n);
    }

    // ---------------------------------------------------------------- liveness

    private void liveness() {
        for (int argument : program.arguments) {
            if (argument >= 0) {
                // Known from the start on, so that a loop that uses it keeps it.
                start[argument] = NONE;
            }
        }
        int[] blocks = new int[16];
        int depth = 0;
        int loops = 0;
        for (int i = 0; i < program.size; i++) {
            Instruction x = program.code[i];
            if (x.form == Form.BLOCK) {
                blocks = depth == blocks.length ? Arrays.copyOf(blocks, 2 * depth) : blocks;
                blocks[depth++] = i;
                loops += x.immediate > 0 ? 1 : 0;
            } else if (x.form == Form.END_BLOCK) {
                depth--;
                if (program.code[blocks[depth]].immediate > 0) {
                    loops--;
                    extend(2 * blocks[depth], 2 * i + 1);
                }
            } else {
                visit(x, i, depth > 0 ? blocks[0] : i, (float) Math.pow(ITERATIONS, Math.min(loops, 5)));
            }
        }
    }

    /** What lives before a loop and is used in it lives to its end. */
    private void extend(int from, int to) {
        for (int r = 0; r < start.length; r++) {
            if (start[r] <= from && end[r] >= from && end[r] < to) {
                end[r] = to;
            }
        }
    }

    private void visit(Instruction x, int i, int outermost, float weight) {
        int read = 2 * i;
        int late = 2 * i + 1;
        int rest = x.early || x.form == Form.TIED ? late : read;
        boolean fma = x.form == Form.FMA;
        int fold = fma ? foldOfFma(x) : folds(x, x.foldable()) ? x.foldable() : NONE;
        use(x.a, x.early ? late : read, outermost, weight, fold != NONE && x.a == fold && (fma || x.b == NONE));
        use(x.b, rest, outermost, weight, fold != NONE && x.b == fold && (fma || x.c == NONE));
        use(x.c, rest, outermost, weight, fold != NONE && x.c == fold);
        use(x.mask, rest, outermost, weight, false);
        use(x.gather, rest, outermost, weight, false);
        if (x.at != null) {
            if (x.at.base() != null) {
                use(x.at.base().register(), rest, outermost, weight, false);
            }
            if (x.at.index() != null) {
                use(x.at.index().register(), rest, outermost, weight, false);
            }
        }
        if (x.d != NONE) {
            int r = Instruction.register(x.d);
            touch(r, late, weight);
            if (definition[r] == NONE) {
                definition[r] = i;
            }
        }
    }

    /** Whether a constant may be read from memory by the instruction. */
    private boolean folds(Instruction x, int operand) {
        if (operand == NONE) {
            return false;
        }
        @Nullable Constant constant = program.constants[operand];
        return constant != null && (program.vectorBits == 256 || !constant.isSplat() || constant.bytes == x.fold);
    }

    /** The operand of an FMA that may be memory: one that is a constant, if there is just one. */
    private int foldOfFma(Instruction x) {
        int constants = 0;
        int fold = NONE;
        for (int operand : new int[] {x.a, x.b, x.c}) {
            if (operand >= 0 && program.constants[operand] != null) {
                constants++;
                fold = operand;
            }
        }
        return constants == 1 && x.at == null ? fold : NONE;
    }

    private void use(int operand, int position, int outermost, float weight, boolean folds) {
        if (operand < 0) {
            return;
        }
        int r = Instruction.register(operand);
        if (program.constants[r] == null) {
            touch(r, position, weight);
            return;
        }
        inRegister[r] |= !folds;
        touch(r, position, folds ? 0.3f * weight : weight);
        start[r] = Math.min(start[r], 2 * outermost);
    }

    private void touch(int r, int position, float weight) {
        start[r] = Math.min(start[r], position);
        end[r] = Math.max(end[r], position);
        cost[r] += weight;
    }

    // ---------------------------------------------------------------- linear scan

    /** Orders the registers that are used by where they start. */
    private void sort() {
        int[] first = new int[2 * program.size + 3];
        int[] next = new int[start.length];
        Arrays.fill(first, NONE);
        for (int r = start.length - 1; r >= 0; r--) {
            if (end[r] >= 0) {
                next[r] = first[start[r] + 1];
                first[start[r] + 1] = r;
            }
        }
        int n = 0;
        for (int head : first) {
            for (int r = head; r != NONE; r = next[r]) {
                order[n++] = r;
            }
        }
        Arrays.fill(order, n, order.length, NONE);
    }

    /** Gives out the registers of a kind; true if temporaries are needed as well. */
    private boolean scan(int kind, int[] pool) {
        int[] owner = new int[32];
        Arrays.fill(owner, NONE);
        boolean memory = false;
        for (int r : order) {
            if (r == NONE) {
                break;
            }
            if (program.kinds[r] != kind) {
                continue;
            }
            place[r] = NONE;
            int free = start[r] == NONE ? fixed(r) : free(r, pool, owner);
            if (free == NONE) {
                int victim = victim(r, pool, owner);
                memory |= program.constants[victim] == null || inRegister[victim];
                if (victim == r) {
                    continue;
                }
                free = place[victim];
                place[victim] = NONE;
            }
            place[r] = free;
            owner[free] = r;
        }
        return memory;
    }

    private int fixed(int r) {
        int i = 0;
        while (program.arguments[i] != r) {
            i++;
        }
        return ARGUMENTS[i].number();
    }

    /** A register that is free where r starts, best one of an operand that ends there. */
    private int free(int r, int[] pool, int[] owner) {
        if (definition[r] != NONE) {
            Instruction x = program.code[definition[r]];
            for (int k = 0; k < 3; k++) {
                // The addend of an FMA first.
                int operand =
                        k == 0 ? (x.form == Form.FMA ? x.c : x.a) : k == 1 ? (x.form == Form.FMA ? x.a : x.b) : x.b;
                int p = operand < 0 || program.kinds[Instruction.register(operand)] != program.kinds[r]
                        ? NONE
                        : place[Instruction.register(operand)];
                if (p != NONE && isIn(p, pool) && (owner[p] == NONE || end[owner[p]] < start[r])) {
                    return p;
                }
            }
        }
        for (int p : pool) {
            if (owner[p] == NONE || end[owner[p]] < start[r]) {
                return p;
            }
        }
        return NONE;
    }

    private static boolean isIn(int p, int[] pool) {
        return p <= pool[pool.length - 1];
    }

    /** Which of r and those that have registers goes to memory. */
    private int victim(int r, int[] pool, int[] owner) {
        int victim = r;
        for (int p : pool) {
            int o = owner[p];
            if (o != NONE && worth(o) < worth(victim)) {
                victim = o;
            }
        }
        return victim;
    }

    private float worth(int r) {
        return cost[r] / (end[r] - start[r] + 1);
    }

    private void slots() {
        for (int r = 0; r < place.length; r++) {
            if (end[r] < 0) {
                continue;
            }
            if (program.constants[r] != null) {
                if (place[r] != NONE) {
                    nextConstant[r] = firstConstant[start[r] / 2];
                    firstConstant[start[r] / 2] = r;
                }
            } else if (place[r] == NONE) {
                int bytes = program.kinds[r] == Program.VECTOR ? program.vectorBits / 8 : 8;
                frame = (frame + bytes - 1) & -bytes;
                slot[r] = frame;
                frame += bytes;
            }
        }
    }
}
