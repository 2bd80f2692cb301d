package dev.lamina.bench;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * The end of a row that is told to stop in the middle, as a time limit does. The JVM would run the destructors of a peer while its threads
 * still compute: seen with LibTorch are writes to freed memory ("malloc(): unsorted double linked list corrupted") and
 * crashes inside oneDNN.
 */
final class Ending implements AutoCloseable {
    /** What shells say of a process that was told to end. */
    private static final int TOLD_TO_END = 128 + 15;

    private final Optional<Thread> hook = leave().map(leave -> new Thread(() -> end(leave)));

    /** Until it is closed the process ends at once when it is told to. */
    Ending() {
        hook.ifPresent(Runtime.getRuntime()::addShutdownHook);
    }

    @Override
    public void close() {
        hook.ifPresent(Runtime.getRuntime()::removeShutdownHook);
    }

    /** The end without destructors; nothing on a system that does not name it so. */
    @SuppressWarnings("restricted")
    private static Optional<MethodHandle> leave() {
        Linker linker = Linker.nativeLinker();
        return linker.defaultLookup()
                .find("_exit")
                .map(address -> linker.downcallHandle(address, FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT)));
    }

    private static void end(MethodHandle leave) {
        try {
            leave.invokeExact(TOLD_TO_END);
        } catch (Throwable thrown) {
            throw new AssertionError(thrown);
        }
    }
}
