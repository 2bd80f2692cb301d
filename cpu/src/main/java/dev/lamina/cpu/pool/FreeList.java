package dev.lamina.cpu.pool;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Scratch objects for whoever runs now: as many are made as run at the same time, and then they are used again. */
public final class FreeList<T> {
    private final Supplier<T> maker;
    private final List<T> free = new ArrayList<>(); // guarded by this

    public FreeList(Supplier<T> maker) {
        this.maker = maker;
    }

    public T take() {
        synchronized (this) {
            if (!free.isEmpty()) {
                return free.removeLast();
            }
        }
        return maker.get();
    }

    public synchronized void give(T item) {
        free.add(item);
    }
}
