package dev.lamina.cpu.vector;

import dev.lamina.core.DType;
import dev.lamina.cpu.code.Assembler;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.CodeException;
import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.code.GuardedMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;

/** A kernel that applies an expression to arrays: whole vectors first, then a tail. The arrays end at a page that cannot be touched. */
final class Elementary {
    /** Writes an expression. */
    @FunctionalInterface
    interface Expression {
        V of(KernelCode code, V[] inputs);
    }

    private final DType[] types;
    private final DType result;
    private final Entry entry;

    Elementary(int bits, DType[] types, DType result, Expression expression) {
        this.types = types;
        this.result = result;
        KernelCode code = new KernelCode(bits);
        R table = code.argument(0);
        R n = code.argument(1);
        R[] pointers = new R[types.length + 1];
        for (int i = 0; i < pointers.length; i++) {
            pointers[i] = code.load(At.of(table, 8 * i));
        }
        R i = code.loop(0, code.add(n, 1 - code.lanes()), code.lanes());
        body(code, expression, pointers, i, null);
        code.endLoop();
        body(code, expression, pointers, i, code.tail(code.sub(n, i)));
        entry = publish(code);
    }

    static Entry publish(KernelCode code) {
        return publish(code.assemble());
    }

    static Entry publish(Assembler code) {
        CodeBatch batch = new CodeBatch();
        Entry entry = batch.add("test", code);
        try {
            batch.publish();
        } catch (CodeException e) {
            throw new IllegalStateException(e);
        }
        return entry;
    }

    private void body(KernelCode code, Expression expression, R[] pointers, R i, Tail tail) {
        V[] inputs = new V[types.length];
        for (int k = 0; k < inputs.length; k++) {
            inputs[k] = code.load(types[k], At.of(pointers[k], i, types[k].bytes()), tail);
        }
        code.store(result, At.of(pointers[types.length], i, result.bytes()), expression.of(code, inputs), tail);
    }

    /** The results for n elements; inputs are copied to guarded memory. */
    MemorySegment run(int n, MemorySegment... inputs) {
        GuardedMemory[] keep = new GuardedMemory[inputs.length + 2];
        GuardedMemory table = GuardedMemory.endingAtGuard(8L * (inputs.length + 1));
        for (int i = 0; i < inputs.length; i++) {
            long bytes = (long) n * types[i].bytes();
            keep[i] = GuardedMemory.endingAtGuard(bytes);
            MemorySegment.copy(inputs[i], 0, keep[i].segment(), 0, bytes);
            table.segment().set(ValueLayout.JAVA_LONG_UNALIGNED, 8L * i, keep[i].address());
        }
        GuardedMemory out = GuardedMemory.endingAtGuard((long) n * result.bytes());
        table.segment().set(ValueLayout.JAVA_LONG_UNALIGNED, 8L * inputs.length, out.address());
        try {
            entry.call(table.address(), n, 0, 0);
        } finally {
            Reference.reachabilityFence(keep);
            Reference.reachabilityFence(table);
        }
        byte[] bytes = out.segment().toArray(ValueLayout.JAVA_BYTE);
        return MemorySegment.ofArray(bytes);
    }
}
