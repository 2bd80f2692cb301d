package dev.lamina.cpu.vector;

/**
 * A value of {@link KernelCode#lanes()} elements. Values do not change, but for those made by {@link KernelCode#variable(V)}.
 * A value lives in virtual registers: one, or two for 64-bit elements.
 */
public final class V {
    final Lane lane;
    final int[] registers;

    /** The number in all lanes, or NaN if that is not known. */
    final double constant;

    V(Lane lane, int[] registers, double constant) {
        this.lane = lane;
        this.registers = registers;
        this.constant = constant;
    }

    V(Lane lane, int... registers) {
        this(lane, registers, Double.NaN);
    }

    /** What the elements are. */
    public Lane lane() {
        return lane;
    }
}
