package dev.lamina.core.compiler;

import dev.lamina.core.backend.Backends;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** Programs by graph structure; the ones used longest ago are dropped beyond a count. */
public final class ProgramCache {
    private static final int LIMIT = 1024;
    private static final AtomicLong COMPILED = new AtomicLong();
    private static final Map<GraphKey, CachedProgram> PROGRAMS = new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<GraphKey, CachedProgram> eldest) {
            return size() > LIMIT;
        }
    };

    private ProgramCache() {}

    /** How many graphs have been compiled in this process. */
    public static long compiled() {
        return COMPILED.get();
    }

    /** Forgets all programs, so that what runs next is compiled anew. */
    public static void clear() {
        synchronized (PROGRAMS) {
            PROGRAMS.clear();
        }
    }

    static CachedProgram of(Binding binding) {
        synchronized (PROGRAMS) {
            CachedProgram found = PROGRAMS.get(binding.key());
            if (found != null) {
                return found;
            }
        }
        // Compiled outside the lock: two threads may do the same work, but none waits for another's graph.
        CachedProgram made = new CachedProgram(Compiler.compile(binding.graph(), Backends.current()));
        COMPILED.incrementAndGet();
        synchronized (PROGRAMS) {
            CachedProgram other = PROGRAMS.putIfAbsent(binding.key(), made);
            return other == null ? made : other;
        }
    }
}
