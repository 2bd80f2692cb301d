package dev.lamina.cpu.code;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** Asks the processor what it is, by code of our own. */
final class Cpuid {
    private static @Nullable Cpuid shared;

    private final Entry entry;
    private final MemorySegment result = Arena.ofAuto().allocate(16, 16);

    private Cpuid() throws CodeException {
        Assembler code = new Assembler();
        // (leaf, subleaf, result): the leaf -1 means XGETBV 0. Not the usual prologue: that needs AVX on Windows.
        code.emit(Op.PUSH, Gpr.RBX);
        boolean isWindows = Abi.host() == Abi.WINDOWS;
        if (!isWindows) {
            code.emit(Op.MOV, Gpr.R8, Gpr.RDX);
        }
        code.emit(Op.MOV, Gpr.RAX, isWindows ? Gpr.RCX : Gpr.RDI);
        code.emit(Op.MOV, Gpr.RCX, isWindows ? Gpr.RDX : Gpr.RSI);
        Label control = code.label();
        Label end = code.label();
        code.emit(Op.CMP, Gpr.RAX, new Imm(-1));
        code.jump(Condition.EQUAL, control);
        code.emit(Op.CPUID);
        code.jump(end);
        code.bind(control);
        code.emit(Op.XGETBV);
        code.bind(end);
        Gpr[] results = {Gpr.RAX, Gpr.RBX, Gpr.RCX, Gpr.RDX};
        for (int i = 0; i < results.length; i++) {
            code.emit(Op.MOV32, Mem.at(Gpr.R8, 4 * i), results[i]);
        }
        code.emit(Op.POP, Gpr.RBX);
        code.emit(Op.RET);
        CodeBatch batch = new CodeBatch();
        entry = batch.add("cpuid", code);
        batch.publish();
    }

    /** The CPUID of this process, made when first asked for; fails each time if the system refuses. */
    static synchronized Cpuid get() throws CodeException {
        Cpuid made = shared;
        if (made == null) {
            shared = made = new Cpuid();
        }
        return made;
    }

    /** EAX, EBX, ECX and EDX. */
    synchronized int[] leaf(int leaf, int subleaf) {
        entry.call(leaf, subleaf, result.address(), 0);
        return result.toArray(ValueLayout.JAVA_INT);
    }

    /** Whether all bits are set in a register of a leaf. */
    boolean has(int leaf, int subleaf, int register, int... bits) {
        int value = leaf(leaf, subleaf)[register];
        for (int bit : bits) {
            if ((value >> bit & 1) == 0) {
                return false;
            }
        }
        return true;
    }

    /** The register sets that the system saves, as bits. */
    int savedRegisters() {
        return leaf(-1, 0)[0];
    }
}
