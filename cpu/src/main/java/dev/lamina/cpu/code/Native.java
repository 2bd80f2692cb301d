package dev.lamina.cpu.code;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Calls of functions of the system and of our own code. All go through one method handle: making one takes milliseconds. A function that takes fewer than six numbers
 * ignores the rest.
 */
final class Native {
    private static final MethodHandle CALL = link();

    /** Functions of the system; looked up when a batch is published for the first time. */
    private static final class Library {
        static final boolean IS_WINDOWS = Abi.host() == Abi.WINDOWS;
        static final SymbolLookup SYMBOLS = find();

        @SuppressWarnings("restricted") // nothing but kernel32, which every process has
        private static SymbolLookup find() {
            return IS_WINDOWS
                    ? SymbolLookup.libraryLookup("kernel32", Arena.global())
                    : Linker.nativeLinker().defaultLookup();
        }
    }

    private Native() {}

    @SuppressWarnings("restricted") // the door to machine code
    private static MethodHandle link() {
        return Linker.nativeLinker()
                .downcallHandle(FunctionDescriptor.of(
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG));
    }

    /** Calls the code at an address. The thread counts as being in native code, so a long run does not hold up a collection. */
    static long call(MemorySegment code, long a, long b, long c, long d, long e, long f) {
        try {
            return (long) CALL.invokeExact(code, a, b, c, d, e, f);
        } catch (RuntimeException | Error thrown) {
            throw thrown;
        } catch (Throwable thrown) {
            throw new AssertionError(thrown);
        }
    }

    /** Calls a function of the system. */
    static long system(String function, long a, long b, long c, long d, long e, long f) {
        return call(Library.SYMBOLS.findOrThrow(function), a, b, c, d, e, f);
    }

    static boolean isWindows() {
        return Library.IS_WINDOWS;
    }

    /** The memory at an address. Whoever calls knows that it is there. */
    @SuppressWarnings("restricted") // of memory that we mapped
    static MemorySegment memory(long address, long bytes) {
        return MemorySegment.ofAddress(address).reinterpret(bytes);
    }

    /** The same; the action runs when the segment and its slices are no longer reachable. */
    @SuppressWarnings("restricted") // of memory that we mapped
    static MemorySegment memory(long address, long bytes, Runnable end) {
        return MemorySegment.ofAddress(address).reinterpret(bytes, Arena.ofAuto(), segment -> end.run());
    }
}
