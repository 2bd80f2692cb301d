package dev.lamina.cpu.loop;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Elementwise;
import dev.lamina.cpu.vector.KernelCode;
import dev.lamina.cpu.vector.Lane;
import dev.lamina.cpu.vector.R;
import dev.lamina.cpu.vector.V;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Writes the code of single values, and remembers which are known at the place where code is being written. */
final class ValueCode {
    private final Plan plan;
    private final Values values;
    private final KernelCode code;
    private final Cursor cursor;
    private final @Nullable V[][] known;
    private final @Nullable V[] seeds;
    private final Sigmoids sigmoids;
    private final boolean[] isDivisor;
    private final @Nullable Divisor[] divisors;
    private final List<Integer> defined = new ArrayList<>();
    private final List<R> scratch = new ArrayList<>();
    private final List<R> shared = new ArrayList<>();

    ValueCode(Plan plan, KernelCode code, Cursor cursor) {
        this.plan = plan;
        this.code = code;
        this.cursor = cursor;
        values = plan.values();
        known = new V[plan.loop().values().size()][plan.copies()];
        seeds = new V[known.length];
        sigmoids = new Sigmoids(plan.loop().values(), values, plan.copies());
        isDivisor = new boolean[known.length];
        divisors = new Divisor[known.length];
        for (int v = 0; v < known.length; v++) {
            if (values.isNeeded(v) && plan.loop().values().get(v) instanceof Task.Apply apply && isShared(apply)) {
                isDivisor[apply.b()] = true;
            }
        }
    }

    /** True for the division of many numbers by one. */
    private boolean isShared(Task.Apply apply) {
        return apply.op() == Elementwise.DIV
                && Lane.of(apply.dtype()) == Lane.F32
                && !values.isUniform(apply.a())
                && values.isUniform(apply.b());
    }

    /** Takes over the memory for kept values. */
    void useScratch(R memory) {
        int kept = plan.keptValues().size();
        for (int i = 0; i < kept; i++) {
            scratch.add(code.add(memory, plan.scratchOffset(i)));
        }
        for (int i = 0; i < plan.totals().size(); i++) {
            cursor.set(plan.totals().get(i), code.add(memory, plan.scratchOffset(kept + i)));
        }
        for (int i = 0; i < plan.shared().size(); i++) {
            shared.add(code.add(memory, plan.scratchOffset(kept + plan.totals().size() + i)));
        }
    }

    /** Writes what comes before all loops. */
    void start() {
        for (int v = 0; v < seeds.length; v++) {
            if (values.isNeeded(v) && plan.loop().values().get(v) instanceof Task.Uniform uniform) {
                seeds[v] = cursor.load(DType.I64, plan.addresses().of(uniform.seed()), true, 0);
            }
        }
    }

    /** Goes to the start of the kept values. */
    void startRow() {
        for (int i = 0; i < scratch.size(); i++) {
            int v = plan.keptValues().get(i);
            cursor.setAtLanes(plan.keptSlot(v), scratch.get(i), scratchType(v));
        }
    }

    /** Goes to the start of the values that lanes share. */
    void startShared() {
        for (int i = 0; i < shared.size(); i++) {
            cursor.set(plan.keptSlot(plan.shared().get(i)), shared.get(i));
        }
    }

    /** Keeps a value that all lanes share. */
    void share(int v) {
        cursor.store(scratchType(v), plan.keptSlot(v), get(v, 0), 0, false);
    }

    /** Takes a value that all lanes share. */
    void takeShared(int v) {
        set(v, 0, cursor.load(scratchType(v), plan.keptSlot(v), true, 0));
    }

    private DType scratchType(int v) {
        return Plan.scratchType(plan.loop().values().get(v).dtype());
    }

    /** For {@link #forget}. */
    int mark() {
        return defined.size();
    }

    /** Forgets what was defined since a mark: it is not known outside the loop that was left. */
    void forget(int mark) {
        while (defined.size() > mark) {
            int v = defined.removeLast();
            Arrays.fill(known[v], null);
            sigmoids.forget(v);
        }
    }

    V get(int v, int copy) {
        V[] copies = known[v];
        V value = values.isUniform(v) ? copies[0] : copies[copy];
        if (value == null) {
            throw new IllegalStateException("value " + v + " is used before it is computed in " + plan.loop());
        }
        return value;
    }

    /** Takes over a value. */
    void set(int v, int copy, V value) {
        if (copy == 0) {
            defined.add(v);
        }
        known[v][copy] = value;
        if (copy == 0 && isDivisor[v]) {
            divisors[v] = Divisor.of(code, value);
        }
    }

    /** Takes over the results of a fold. */
    void set(int v, V[] copies) {
        for (int copy = 0; copy < copies.length; copy++) {
            set(v, copy, copies[copy]);
        }
    }

    /** Computes a value, or takes it from where an earlier pass has kept it. */
    void compute(int v, int copy, int pass) {
        if (plan.isShortRow() || !values.isKept(v)) {
            define(v, copy);
            return;
        }
        DType dtype = scratchType(v);
        if (values.firstPass(v) < pass) {
            set(v, copy, cursor.load(dtype, plan.keptSlot(v), false, copy));
        } else {
            define(v, copy);
            cursor.store(dtype, plan.keptSlot(v), get(v, copy), copy, false);
        }
    }

    /** Computes a value. */
    void define(int v, int copy) {
        boolean uniform = values.isUniform(v);
        if (uniform && copy > 0) {
            return;
        }
        set(
                v,
                copy,
                switch (plan.loop().values().get(v)) {
                    case Task.Load load -> load(load, uniform, copy);
                    case Task.Constant constant -> constant(constant);
                    case Task.Position position ->
                        cursor.numbers(
                                Lane.I64,
                                plan.addresses().number(position.offset(), position.strides()),
                                uniform,
                                copy);
                    case Task.Uniform random -> uniform(v, random, copy);
                    case Task.Apply ignored
                    when sigmoids.isPaired(v) -> sigmoids.of(v, copy, code, get(sigmoids.base(v), copy));
                    case Task.Apply apply -> apply(apply, copy);
                    case Task.Fold ignored -> throw new IllegalStateException("folds are finished, not defined");
                });
    }

    private V load(Task.Load load, boolean uniform, int copy) {
        int slot = plan.addresses().of(load.access());
        Plan.Tile tile = plan.tile(slot);
        return tile == null
                ? cursor.load(load.dtype(), slot, uniform, copy)
                : cursor.load(Plan.scratchType(tile.dtype()), tile.slot(), false, copy);
    }

    private V constant(Task.Constant constant) {
        DType dtype = constant.dtype();
        return dtype.isFloat()
                ? code.constant(Lane.of(dtype), dtype.round(constant.value()))
                : code.constant(Lane.of(dtype), dtype.wrap((long) constant.value()));
    }

    private V uniform(int v, Task.Uniform random, int copy) {
        V seed = seeds[v];
        if (seed == null) {
            throw new IllegalStateException("no seed");
        }
        int slot = plan.addresses().number(random.offset(), random.strides());
        return !values.isUniform(v) && !plan.isPiecewise() && cursor.isRun(slot)
                ? code.uniformRun(seed, random.stream(), cursor.number(slot, false, copy))
                : code.uniform(seed, random.stream(), cursor.numbers(Lane.I64, slot, values.isUniform(v), copy));
    }

    private V apply(Task.Apply apply, int copy) {
        V a = get(apply.a(), copy);
        DType from = plan.loop().values().get(apply.a()).dtype();
        if (apply.op() == Elementwise.CAST) {
            return code.cast(a, from, apply.dtype());
        }
        if (isShared(apply)) {
            return code.fit(Objects.requireNonNull(divisors[apply.b()]).divide(code, a), apply.dtype());
        }
        @Nullable V b = apply.b() < 0 ? null : get(apply.b(), copy);
        @Nullable V c = apply.c() < 0 ? null : get(apply.c(), copy);
        return code.apply(apply.op(), apply.op() == Elementwise.WHERE ? apply.dtype() : from, a, b, c);
    }

    /** Asks for what a load reads at the next index of an axis. */
    void prefetch(int v, int copy, int axis) {
        if (plan.loop().values().get(v) instanceof Task.Load load && !values.isUniform(v)) {
            int slot = plan.addresses().of(load.access());
            cursor.prefetch(load.dtype(), slot, axis, copy);
        }
    }

    /** Asks for what a load reads some iterations later. */
    void prefetchAhead(int v, int copy) {
        if (plan.loop().values().get(v) instanceof Task.Load load && !values.isUniform(v)) {
            cursor.prefetchAhead(load.dtype(), plan.addresses().of(load.access()), copy);
        }
    }

    /** The index in the row for a fold that gives a position, else null. */
    @Nullable
    V positionInRow(Task.Fold fold, int copy) {
        return switch (fold.kind()) {
            case SUM, MAX, MIN -> null;
            case ARGMAX, ARGMIN ->
                cursor.numbers(Lane.I32, plan.rowSlot(), !plan.space().isAlongRows(), copy);
        };
    }

    void store(Task.Store store, int copy) {
        int slot = plan.addresses().of(store.access());
        cursor.store(store.access().dtype(), slot, get(store.value(), copy), copy, plan.streaming());
    }
}
