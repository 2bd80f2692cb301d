package dev.lamina.cpu.gemm;

import dev.lamina.cpu.code.Assembler;
import dev.lamina.cpu.code.Mask;
import dev.lamina.cpu.code.Mem;
import dev.lamina.cpu.code.Op;
import dev.lamina.cpu.code.Vec;

/**
 * Elements in vectors.
 *
 * @param bits 256 (AVX2) or 512 (AVX-512)
 * @param elementBytes 4 for f32, 8 for f64
 */
public record Lanes(int bits, int elementBytes) {
    /** The mask of the lanes in use, where one is loaded: k1, or on AVX2 the highest register. */
    static final Mask CUT = new Mask(1);

    private static final Vec CUT_LANES = Vec.ymm(15);

    // Written out for quick starts: what a record brings is put together at its first call.
    @Override
    public String toString() {
        return bits + "x" + elementBytes;
    }

    public boolean isWide() {
        return bits == 512;
    }

    public boolean isDouble() {
        return elementBytes == 8;
    }

    /** Bytes of a vector. */
    public int bytes() {
        return bits / 8;
    }

    /** Elements of a vector. */
    public int count() {
        return bytes() / elementBytes;
    }

    /** Registers for numbers; on AVX2 one is kept for a mask. */
    public int registers() {
        return isWide() ? 32 : 15;
    }

    public Vec register(int number) {
        return Vec.of(number, bits);
    }

    public Op fma() {
        return isDouble() ? Op.VFMADD231PD : Op.VFMADD231PS;
    }

    public Op broadcast() {
        return isDouble() ? Op.VBROADCASTSD : Op.VBROADCASTSS;
    }

    public void zero(Assembler code, Vec register) {
        if (isWide()) {
            code.emit(Op.VPXORD, register, register, register);
        } else {
            code.emit(Op.VXORPS, register, register, register);
        }
    }

    /** Makes the first lanes the ones in use: from bits, or on AVX2 from lanes. */
    public void loadMask(Assembler code, Mem maskBits, Mem maskLanes) {
        if (isWide()) {
            code.emit(Op.KMOVW, CUT, maskBits);
        } else {
            code.emit(Op.VMOVUPS, CUT_LANES, maskLanes);
        }
    }

    /** Loads all lanes, or those in use and 0 elsewhere. */
    public void load(Assembler code, Vec register, Mem from, boolean cut) {
        if (!cut) {
            code.emit(Op.VMOVUPS, register, from);
        } else if (isWide()) {
            code.emit(isDouble() ? Op.VMOVUPD : Op.VMOVUPS, register.zeroed(CUT), from);
        } else {
            code.emit(isDouble() ? Op.VMASKMOVPD : Op.VMASKMOVPS, register, CUT_LANES, from);
        }
    }

    /** Stores all lanes, or those in use only. */
    public void store(Assembler code, Mem to, Vec register, boolean cut) {
        if (!cut) {
            code.emit(Op.VMOVUPS, to, register);
        } else if (isWide()) {
            code.emit(isDouble() ? Op.VMOVUPD : Op.VMOVUPS, to.masked(CUT), register);
        } else {
            code.emit(isDouble() ? Op.VMASKMOVPD : Op.VMASKMOVPS, to, CUT_LANES, register);
        }
    }
}
