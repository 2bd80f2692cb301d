package dev.lamina.cpu.vector;

import static dev.lamina.cpu.vector.Instruction.HALF;
import static dev.lamina.cpu.vector.Instruction.LOWEST;

import dev.lamina.cpu.code.Op;
import dev.lamina.cpu.vector.Instruction.Form;

/** The part of {@link KernelCode} that makes values and writes single instructions on lanes. */
abstract sealed class LaneCode extends IntegerCode permits VectorCode {
    LaneCode(int vectorBits) {
        super(vectorBits);
    }

    /** Elements of one value: 8 with AVX2, 16 with AVX-512. */
    public final int lanes() {
        return program.vectorBits / 32;
    }

    final boolean is512() {
        return program.vectorBits == 512;
    }

    // ---------------------------------------------------------------- making values

    /** The same number in all lanes; for BOOL 0 is false. Costs nothing in a loop: it is hoisted out. */
    public V constant(Lane lane, double value) {
        return switch (lane) {
            case F32 -> new V(lane, new int[] {program.constant(4, Float.floatToRawIntBits((float) value))}, value);
            case F64 -> {
                int r = program.constant(8, Double.doubleToRawLongBits(value));
                yield new V(lane, new int[] {r, r}, value);
            }
            case I32, I64, BOOL -> constant(lane, (long) value);
        };
    }

    /** The same number in all lanes of an I32, I64 or BOOL. */
    public V constant(Lane lane, long value) {
        return switch (lane) {
            case I32 -> new V(lane, new int[] {program.constant(4, value << 32 >> 32)}, value);
            case I64 -> {
                int r = program.constant(8, value);
                yield new V(lane, new int[] {r, r}, value);
            }
            case BOOL -> new V(lane, new int[] {truth(value != 0)}, value != 0 ? 1 : 0);
            case F32, F64 -> constant(lane, (double) value);
        };
    }

    /** An integer register in all lanes: I32 (its low half) or I64. */
    public V splat(Lane lane, R value) {
        if (lane != Lane.I32 && lane != Lane.I64) {
            throw new IllegalArgumentException("splat: expected I32 or I64, got " + lane);
        }
        boolean wide = lane == Lane.I64;
        Op broadcast = wide ? Op.VPBROADCASTQ : Op.VPBROADCASTD;
        int d = vector();
        if (is512()) {
            program.plain(broadcast, d, value.register());
        } else {
            int low = vector();
            program.plain(wide ? Op.VMOVQ : Op.VMOVD, low | LOWEST, value.register());
            program.plain(broadcast, d, low | LOWEST);
        }
        return wide ? new V(lane, d, d) : new V(lane, d);
    }

    /** 0, 1, 2, ... as I32 or I64. Hoisted as a constant. */
    public V iota(Lane lane) {
        int perPart = lanes() / lane.parts();
        int[] registers = new int[lane.parts()];
        for (int p = 0; p < registers.length; p++) {
            long[] elements = new long[perPart];
            for (int i = 0; i < perPart; i++) {
                elements[i] = (long) p * perPart + i;
            }
            registers[p] = program.constant(lane.bytes(), elements);
        }
        return new V(lane, registers);
    }

    /** An assignable copy (an accumulator), which lives from here to its last use. */
    public V variable(V initial) {
        int[] registers = new int[initial.registers.length];
        for (int p = 0; p < registers.length; p++) {
            registers[p] = program.register(program.kinds[initial.registers[p]]);
            program.move(registers[p], initial.registers[p]);
        }
        return new V(initial.lane, registers);
    }

    /** Gives a variable a new value. {@code assign(acc, add(acc, x))} is one instruction. */
    public void assign(V variable, V value) {
        same(variable, value);
        for (int p = 0; p < variable.registers.length; p++) {
            program.move(variable.registers[p], value.registers[p]);
        }
    }

    // ---------------------------------------------------------------- instructions

    final int vector() {
        return program.register(Program.VECTOR);
    }

    final int binary(Op op, int a, int b, int fold) {
        int d = vector();
        program.plain(op, d, a, b).fold(fold);
        return d;
    }

    final int unary(Op op, int a) {
        int d = vector();
        program.plain(op, d, a);
        return d;
    }

    static void same(V a, V b) {
        if (a.lane != b.lane) {
            throw new IllegalArgumentException(
                    "operands: expected one kind of lanes, got " + a.lane + " and " + b.lane);
        }
    }

    // The tables of instructions are in the order of Lane.
    @SuppressWarnings("EnumOrdinal")
    final V map(Op[] ops, V a, V b, boolean commutes) {
        same(a, b);
        Op op = ops[a.lane.ordinal()];
        boolean swap = commutes && program.constants[a.registers[0]] != null;
        int[] registers = new int[a.registers.length];
        for (int p = 0; p < registers.length; p++) {
            registers[p] = vector();
            int x = a.registers[p];
            int y = b.registers[p];
            Instruction i =
                    program.plain(op, registers[p], swap ? y : x, swap ? x : y).fold(a.lane.bytes());
            i.commutes = commutes;
        }
        return new V(a.lane, registers);
    }

    final V map(Op op, V a, V b) {
        int[] registers = new int[a.registers.length];
        for (int p = 0; p < registers.length; p++) {
            registers[p] = program.register(program.kinds[a.registers[p]]);
            program.plain(op, registers[p], a.registers[p], b.registers[p]);
        }
        return new V(a.lane, registers);
    }

    final V map(Op op, V a) {
        int[] registers = new int[a.registers.length];
        for (int p = 0; p < registers.length; p++) {
            registers[p] = program.register(program.kinds[a.registers[p]]);
            program.plain(op, registers[p], a.registers[p]);
        }
        return new V(a.lane, registers);
    }

    final V shift(Op op, V a, int bits) {
        if (bits == 0) {
            return a;
        }
        int[] registers = new int[a.registers.length];
        for (int p = 0; p < registers.length; p++) {
            registers[p] = vector();
            program.plain(op, registers[p], a.registers[p]).immediate(bits);
        }
        return new V(a.lane, registers);
    }

    final V fma(int kind, V a, V b, V c) {
        same(a, b);
        same(a, c);
        int[] registers = new int[a.registers.length];
        for (int p = 0; p < registers.length; p++) {
            registers[p] = vector();
            Instruction i = program.add(Form.FMA, null, registers[p], a.registers[p], b.registers[p], c.registers[p]);
            i.fold(a.lane.bytes()).fma = kind + (a.lane == Lane.F64 ? 3 : 0);
        }
        return new V(a.lane, registers);
    }

    final V rounded(V a, int mode) {
        boolean wide = a.lane == Lane.F64;
        Op op = is512() ? wide ? Op.VRNDSCALEPD : Op.VRNDSCALEPS : wide ? Op.VROUNDPD : Op.VROUNDPS;
        int[] registers = new int[a.registers.length];
        for (int p = 0; p < registers.length; p++) {
            registers[p] = vector();
            program.plain(op, registers[p], a.registers[p]).immediate(mode);
        }
        return new V(a.lane, registers);
    }

    final V ternary(V a, V b, V c, int table) {
        int[] registers = new int[a.registers.length];
        for (int p = 0; p < registers.length; p++) {
            registers[p] = vector();
            Op op = a.lane.bytes() == 8 ? Op.VPTERNLOGQ : Op.VPTERNLOGD;
            program.add(Form.TIED, op, registers[p], a.registers[p], b.registers[p], c.registers[p])
                    .fold(a.lane.bytes())
                    .immediate(table);
        }
        return new V(a.lane, registers);
    }

    /** The register of a constant truth value. */
    final int truth(boolean value) {
        if (!is512()) {
            return program.constant(4, value ? -1 : 0);
        }
        int d = program.register(Program.MASK);
        program.plain(Op.KMOVW, d, integer(value ? 0xffff : 0).register());
        return d;
    }

    final int related(Op op, int a, int b, int predicate, Lane lane) {
        int d = program.register(is512() ? Program.MASK : Program.VECTOR);
        program.plain(op, d, a, b).fold(lane.bytes()).immediate(predicate);
        return d;
    }

    final int relatedIntegers(int a, int b, int predicate, boolean wide) {
        Op equal = wide ? Op.VPCMPEQQ : Op.VPCMPEQD;
        Op greater = wide ? Op.VPCMPGTQ : Op.VPCMPGTD;
        return switch (predicate) {
            case 0 -> binary(equal, a, b, 1);
            case 1 -> binary(greater, b, a, 1);
            case 2 -> binary(Op.VPXOR, binary(greater, a, b, 1), truth(true), 1);
            default -> binary(Op.VPXOR, binary(equal, a, b, 1), truth(true), 1);
        };
    }

    /** One mask for all lanes from those of the two parts of 64-bit elements. */
    final int joined(int low, int high) {
        if (!is512()) {
            return narrowed(low, high);
        }
        int shifted = program.register(Program.MASK);
        int d = program.register(Program.MASK);
        program.plain(Op.KSHIFTLW, shifted, high).immediate(8);
        program.plain(Op.KORW, d, low, shifted);
        return d;
    }

    /** The lower halves of 64-bit elements, with AVX2. */
    final int narrowed(int low, int high) {
        int mixed = vector();
        int d = vector();
        program.plain(Op.VSHUFPS, mixed, low, high).immediate(0x88);
        program.plain(Op.VPERMQ, d, mixed).immediate(0xd8);
        return d;
    }

    /** Masks for the parts of a value of the given kind. */
    final int[] masks(V condition, Lane lane) {
        int whole = condition.registers[0];
        if (lane.parts() == 1) {
            return new int[] {whole};
        }
        if (is512()) {
            int high = program.register(Program.MASK);
            program.plain(Op.KSHIFTRW, high, whole).immediate(8);
            return new int[] {whole, high};
        }
        return new int[] {unary(Op.VPMOVSXDQ, whole | HALF), unary(Op.VPMOVSXDQ, upper(whole) | HALF)};
    }

    /** The upper half of a register. */
    final int upper(int a) {
        int d = vector();
        program.plain(is512() ? Op.VEXTRACTF64X4 : Op.VEXTRACTF128, d | HALF, a).immediate(1);
        return d;
    }

    /** Two halves joined. */
    final int whole(int low, int high) {
        int d = vector();
        program.plain(is512() ? Op.VINSERTF64X4 : Op.VINSERTF128, d, low, high | HALF)
                .immediate(1);
        return d;
    }
}
