package dev.lamina.core.compiler;

import dev.lamina.core.backend.Program;
import java.lang.ref.WeakReference;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A program with its idle runners. They are held weakly, so that a garbage collection, also one that native memory asked for,
 * takes back the intermediate memory of plans that nobody runs.
 */
final class CachedProgram {
    private static final int IDLE = 4;

    private final Program program;
    private final Deque<WeakReference<Program.Runner>> idle = new ArrayDeque<>(IDLE);

    CachedProgram(Program program) {
        this.program = program;
    }

    Program program() {
        return program;
    }

    /** A runner that nobody else uses now. */
    Program.Runner borrow() {
        synchronized (idle) {
            while (!idle.isEmpty()) {
                Program.Runner runner = idle.pop().get();
                if (runner != null) {
                    return runner;
                }
            }
        }
        return program.runner();
    }

    /** Takes a runner back; beyond a few they are left to the garbage collector. */
    void giveBack(Program.Runner runner) {
        synchronized (idle) {
            if (idle.size() < IDLE) {
                idle.push(new WeakReference<>(runner));
            }
        }
    }
}
