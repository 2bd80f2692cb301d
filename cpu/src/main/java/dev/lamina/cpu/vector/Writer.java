package dev.lamina.cpu.vector;

import static dev.lamina.cpu.vector.Instruction.NONE;

import dev.lamina.cpu.code.Abi;
import dev.lamina.cpu.code.Assembler;
import dev.lamina.cpu.code.Gpr;
import dev.lamina.cpu.code.Imm;
import dev.lamina.cpu.code.Label;
import dev.lamina.cpu.code.Mask;
import dev.lamina.cpu.code.Mem;
import dev.lamina.cpu.code.Op;
import dev.lamina.cpu.code.Operand;
import dev.lamina.cpu.code.Vec;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Writes a program whose registers have places as machine code. */
final class Writer {
    private static final Gpr[] GENERAL = Gpr.values();

    /** By kind of FMA, then by form: 231, 213, 132. */
    private static final Op[][] FMA = {
        {Op.VFMADD231PS, Op.VFMADD213PS, Op.VFMADD132PS},
        {Op.VFNMADD231PS, Op.VFNMADD213PS, Op.VFNMADD132PS},
        {Op.VFMSUB231PS, Op.VFMSUB213PS, Op.VFMSUB132PS},
        {Op.VFMADD231PD, Op.VFMADD213PD, Op.VFMADD132PD},
        {Op.VFNMADD231PD, Op.VFNMADD213PD, Op.VFNMADD132PD},
        {Op.VFMSUB231PD, Op.VFMSUB213PD, Op.VFMSUB132PD}
    };

    private final Program program;
    private final Allocation places;
    private final Assembler code;
    private final int vectorBits;
    private final Operand[] operands = new Operand[6];
    private final int[] taken = new int[3];
    private final @Nullable Label[] labels;
    private int count;

    private Writer(Program program, Allocation places, Assembler code) {
        this.program = program;
        this.places = places;
        this.code = code;
        vectorBits = program.vectorBits;
        labels = new @Nullable Label[program.labels];
    }

    /** The machine code of a program. */
    static Assembler write(Program program) {
        Assembler code = new Assembler();
        Allocation places = Allocation.of(program);
        Abi abi = Abi.host();
        abi.prologue(code, places.frame);
        Writer writer = new Writer(program, places, code);
        writer.keepArguments();
        for (int i = 0; i < program.size; i++) {
            writer.constants(places.firstConstant[i]);
            writer.write(program.code[i]);
        }
        abi.epilogue(code);
        return code;
    }

    private void keepArguments() {
        Gpr[] from = {Gpr.RDI, Gpr.RSI, Gpr.RDX, Gpr.RCX};
        for (int i = 0; i < 4; i++) {
            int r = program.arguments[i];
            if (r != NONE && places.slot[r] != NONE) {
                code.emit(Op.MOV, stack(places.slot[r]), from[i]);
            }
        }
    }

    private void constants(int first) {
        for (int r = first; r != NONE; r = places.nextConstant[r]) {
            loadConstant(places.place[r], constant(r));
        }
    }

    private Constant constant(int register) {
        Constant constant = program.constants[register];
        if (constant == null) {
            throw new IllegalStateException("register " + register + " is no constant");
        }
        return constant;
    }

    private void loadConstant(int place, Constant constant) {
        Vec to = Vec.of(place, vectorBits);
        if (constant.isSplat()) {
            code.emit(constant.bytes == 4 ? Op.VBROADCASTSS : Op.VBROADCASTSD, to, constant.one(code));
        } else {
            code.emit(Op.VMOVUPS, to, constant.whole(code, vectorBits));
        }
    }

    private void write(Instruction x) {
        taken[0] = 0;
        taken[1] = 0;
        taken[2] = 0;
        count = 0;
        switch (x.form) {
            case PLAIN -> plain(x);
            case TIED -> tied(x);
            case FMA -> fma(x);
            case MOVE -> move(x.d, x.a);
            case NUMBER -> {
                Gpr to = GENERAL[target(x.d)];
                code.emit(Op.MOV, to, new Imm(x.immediate));
                keep(x.d, to.number());
            }
            case LABEL -> code.bind(label(x.label));
            case JUMP -> jump(x);
            case BLOCK, END_BLOCK, REMOVED -> {}
        }
    }

    private void jump(Instruction x) {
        if (x.condition == null) {
            code.jump(label(x.label));
        } else {
            code.jump(x.condition, label(x.label));
        }
    }

    private Label label(int number) {
        if (labels[number] == null) {
            labels[number] = code.label();
        }
        return labels[number];
    }

    // ---------------------------------------------------------------- forms

    private void plain(Instruction x) {
        int fold = x.foldable();
        @Nullable Operand a = x.a == NONE ? null : read(x.a, x.a == fold && x.b == NONE && x.c == NONE ? x : null);
        @Nullable Operand b = x.b == NONE ? null : read(x.b, x.b == fold && x.c == NONE ? x : null);
        @Nullable Operand c = x.c == NONE ? null : read(x.c, x.c == fold ? x : null);
        @Nullable Mem memory = memory(x);
        if (x.store) {
            operands[count++] = x.mask == NONE ? memory : memory.masked((Mask) read(x.mask, null));
        }
        int d = NONE;
        if (x.d != NONE) {
            d = x.early ? target(x.d) : overwritten(x.d);
            operands[count++] = masked(x, operand(d, x.d));
        }
        push(a);
        push(b);
        push(c);
        finish(x, x.store ? null : memory, d);
    }

    private void tied(Instruction x) {
        int fold = x.foldable();
        @Nullable Operand b = x.b == NONE ? null : read(x.b, x.b == fold && x.c == NONE ? x : null);
        @Nullable Operand c = x.c == NONE ? null : read(x.c, x.c == fold ? x : null);
        @Nullable Mem memory = memory(x);
        int d = target(x.d);
        copy(d, x.a);
        operands[count++] = masked(x, operand(d, x.d));
        push(b);
        push(c);
        finish(x, memory, d);
    }

    private void push(@Nullable Operand operand) {
        if (operand != null) {
            operands[count++] = operand;
        }
    }

    /** Adds memory and immediate, emits, and stores the result if it lives in memory. */
    private void finish(Instruction x, @Nullable Mem memory, int d) {
        push(memory);
        if (x.hasImmediate) {
            operands[count++] = new Imm(x.immediate);
        }
        code.emit(Objects.requireNonNull(x.op), Arrays.copyOf(operands, count));
        if (x.d != NONE) {
            keep(x.d, d);
        }
    }

    private void fma(Instruction x) {
        int memory = x.at != null ? Instruction.MEMORY : spilled(x);
        @Nullable Operand m = x.at != null ? memory(x) : memory == NONE ? null : read(memory, x);
        int a = x.a == memory ? NONE : ((Vec) read(x.a, null)).number();
        int b = x.b == memory ? NONE : ((Vec) read(x.b, null)).number();
        int c = x.c == memory ? NONE : ((Vec) read(x.c, null)).number();
        int d = target(x.d);
        Op[] ops = FMA[x.fma];
        if (c == NONE) {
            int factor = d == b ? a : b;
            if (d != a && d != b) {
                code.emit(Op.VMOVAPS, vector(d), vector(a));
            }
            code.emit(ops[1], vector(d), vector(factor), m);
        } else if (m != null) {
            int factor = a == NONE ? b : a;
            if (d == factor && d != c) {
                code.emit(ops[2], vector(d), vector(c), m);
            } else {
                copyVector(d, c);
                code.emit(ops[0], vector(d), vector(factor), m);
            }
        } else if (d != c && (d == a || d == b)) {
            code.emit(ops[1], vector(d), vector(d == a ? b : a), vector(c));
        } else {
            copyVector(d, c);
            code.emit(ops[0], vector(d), vector(a), vector(b));
        }
        keep(x.d, d);
    }

    /** The operand of an FMA to read from memory, NONE if all are in registers. An operand that occurs twice is none. */
    private int spilled(Instruction x) {
        if (places.place[x.c] == NONE && x.c != x.a && x.c != x.b) {
            return x.c;
        }
        if (x.a == x.b) {
            return NONE;
        }
        return places.place[x.b] == NONE && x.b != x.c ? x.b : places.place[x.a] == NONE && x.a != x.c ? x.a : NONE;
    }

    private void move(int d, int a) {
        int from = places.place[Instruction.register(a)];
        int to = places.place[Instruction.register(d)];
        if (to == NONE && from != NONE) {
            keep(d, from);
            return;
        }
        to = target(d);
        copy(to, a);
        keep(d, to);
    }

    private void copyVector(int d, int from) {
        if (d != from) {
            code.emit(Op.VMOVAPS, vector(d), vector(from));
        }
    }

    /** Register number {@code d} = operand, of the operand's kind. */
    private void copy(int d, int operand) {
        int r = Instruction.register(operand);
        if (places.place[r] == NONE) {
            fetch(d, r);
            return;
        }
        if (places.place[r] != d) {
            int kind = program.kinds[r];
            Op op = kind == Program.GENERAL ? Op.MOV : kind == Program.VECTOR ? Op.VMOVAPS : Op.KMOVW;
            code.emit(op, operand(d, r), operand(places.place[r], r));
        }
    }

    // ---------------------------------------------------------------- operands

    private Vec vector(int number) {
        return Vec.of(number, vectorBits);
    }

    /** Machine register {@code place} seen as an operand. */
    private Operand operand(int place, int operand) {
        return switch (program.kinds[Instruction.register(operand)]) {
            case Program.GENERAL -> GENERAL[place];
            case Program.VECTOR -> Vec.of(place, Instruction.bits(operand, vectorBits));
            default -> new Mask(place);
        };
    }

    private Operand masked(Instruction x, Operand d) {
        if (x.mask == NONE) {
            return d;
        }
        Mask mask = (Mask) read(x.mask, null);
        if (d instanceof Mask target) {
            return target.masked(mask);
        }
        return x.zeroing ? ((Vec) d).zeroed(mask) : ((Vec) d).masked(mask);
    }

    /** An operand to read: a register, loaded if it lives in memory, or memory itself if the instruction given takes that. */
    private Operand read(int operand, @Nullable Instruction folding) {
        int r = Instruction.register(operand);
        if (places.place[r] != NONE) {
            return operand(places.place[r], operand);
        }
        @Nullable Constant constant = program.constants[r];
        if (folding != null && constant == null) {
            return stack(places.slot[r]);
        }
        if (folding != null && constant != null) {
            boolean one = vectorBits == 512 && constant.isSplat() && constant.bytes == folding.fold;
            if (one || vectorBits == 256 || !constant.isSplat()) {
                return one ? constant.one(code).broadcast() : constant.whole(code, vectorBits);
            }
        }
        int temporary = temporary(program.kinds[r]);
        fetch(temporary, r);
        return operand(temporary, operand);
    }

    private int temporary(int kind) {
        return places.temporaries[kind][taken[kind]++];
    }

    /** Loads a value that lives in memory. */
    private void fetch(int to, int r) {
        if (program.constants[r] != null) {
            loadConstant(to, constant(r));
            return;
        }
        int kind = program.kinds[r];
        Op op = kind == Program.GENERAL ? Op.MOV : kind == Program.VECTOR ? Op.VMOVUPS : Op.KMOVW;
        code.emit(op, operand(to, r), stack(places.slot[r]));
    }

    /** The register to write a result to. */
    private int target(int d) {
        int r = Instruction.register(d);
        return places.place[r] != NONE ? places.place[r] : temporary(program.kinds[r]);
    }

    /** As {@link #target}, but may be the register of an operand that was loaded. */
    private int overwritten(int d) {
        int r = Instruction.register(d);
        int kind = program.kinds[r];
        return places.place[r] != NONE || taken[kind] == 0 ? target(d) : places.temporaries[kind][0];
    }

    /** Stores a result if it lives in memory. */
    private void keep(int d, int from) {
        int r = Instruction.register(d);
        if (places.place[r] == NONE) {
            int kind = program.kinds[r];
            Op op = kind == Program.GENERAL ? Op.MOV : kind == Program.VECTOR ? Op.VMOVUPS : Op.KMOVW;
            code.emit(op, stack(places.slot[r]), operand(from, r));
        }
    }

    private static Mem stack(int offset) {
        return Mem.at(Gpr.RSP, offset);
    }

    private @Nullable Mem memory(Instruction x) {
        @Nullable At at = x.at;
        if (at == null) {
            return null;
        }
        Gpr base = at.base() == null ? Gpr.RSP : (Gpr) read(at.base().register(), null);
        Mem memory;
        if (x.gather != NONE) {
            memory = Mem.vsib(base, (Vec) read(x.gather, null), at.scale(), at.displacement());
        } else if (at.index() != null) {
            memory = Mem.at(base, (Gpr) read(at.index().register(), null), at.scale(), at.displacement());
        } else {
            memory = Mem.at(base, at.displacement());
        }
        return x.memoryBits == 0 ? memory : memory.bits(x.memoryBits);
    }
}
