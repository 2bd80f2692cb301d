package dev.lamina.cpu.plain;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Elementwise;
import dev.lamina.core.op.Reduce;
import dev.lamina.cpu.pool.Pool;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns a fused loop into the steps of a {@link LoopKernel}: one step per value, load and store, each on a whole tile. */
final class LoopCompiler {
    /** From this row length on, an operand that is one number per row is applied row by row instead of being repeated. */
    private static final int LONG_ROW = 32;

    private final Task.Loop loop;
    private final LoopLevels levels;
    private final LoopSpace space;
    private final boolean stream;
    private final boolean[] still;
    private final Register[] registers;
    private final List<Map<Level, Register>> repeated = new ArrayList<>();
    private final LoopSteps steps = new LoopSteps();

    private LoopCompiler(Task.Loop loop) {
        this.loop = loop;
        levels = new LoopLevels(loop);
        space = new LoopSpace(
                loop.dims(), loop.reduced(), levels.allStrides(), levels.fullStrides(), levels.needsWholeRows());
        stream = space.isStream();
        still = levels.still(space);
        registers = new Register[loop.values().size()];
        for (int i = 0; i < registers.length; i++) {
            repeated.add(new EnumMap<>(Level.class));
        }
    }

    /** Prepares a loop. */
    static LoopKernel compile(Task.Loop loop, Pool pool) {
        LoopCompiler compiler = new LoopCompiler(loop);
        for (int v = 0; v < loop.values().size(); v++) {
            if (compiler.levels.isNeeded(v)) {
                compiler.value(v);
            }
        }
        loop.stores().forEach(compiler::store);
        return new LoopKernel(compiler.space, compiler.steps, pool);
    }

    /** When a value is computed. */
    private Phase phase(int value) {
        if (levels.of(value) == Level.SCALAR) {
            return Phase.ONCE;
        }
        if (still[value]) {
            return Phase.STILL;
        }
        if (!stream || levels.of(value) == Level.FULL) {
            return Phase.TILE;
        }
        return levels.isAfterFold(value) ? Phase.END : Phase.BEGIN;
    }

    private void value(int v) {
        switch (loop.values().get(v)) {
            case Task.Load load -> {
                Register d = define(v, load.dtype());
                steps.add(phase(v), Windows.load(space, load.access(), d), List.of(), d);
            }
            case Task.Constant constant -> {
                Register d = define(v, constant.dtype());
                steps.add(phase(v), Windows.constant(constant, d), List.of(), d);
            }
            case Task.Position position -> {
                Register d = define(v, DType.I64);
                steps.add(phase(v), Windows.position(space, position, d), List.of(), d);
            }
            case Task.Uniform uniform -> uniform(v, uniform);
            case Task.Apply apply -> apply(v, apply);
            case Task.Fold fold -> fold(v, fold);
        }
    }

    private Register define(int v, DType dtype) {
        Register d = new Register(Kind.of(dtype), levels.of(v));
        registers[v] = d;
        return d;
    }

    private void uniform(int v, Task.Uniform uniform) {
        Register d = define(v, uniform.dtype());
        boolean direct = uniform.dtype() == DType.F32 || uniform.dtype() == DType.F64;
        Register drawn = direct ? d : new Register(Kind.DOUBLE, d.level);
        steps.add(phase(v), Windows.uniform(space, uniform, drawn), List.of(), drawn);
        steps.addCost(phase(v), d.level, true);
        if (!direct) {
            steps.add(phase(v), Casts.step(drawn, d, uniform.dtype()), List.of(drawn), d);
        }
    }

    /** The register of a value at its own level or a higher one, where it is repeated. */
    private Register at(int v, Level level) {
        Register own = registers[v];
        if (own.level == level) {
            return own;
        }
        return repeated.get(v).computeIfAbsent(level, ignored -> {
            Register d = new Register(own.kind, level);
            Phase phase = own.level == Level.SCALAR || still[v] ? Phase.STILL : Phase.TILE;
            steps.add(phase, Spreads.step(own, d, space.isColumns()), List.of(own), d);
            return d;
        });
    }

    // ---------------------------------------------------------------- scalar functions

    private void apply(int v, Task.Apply apply) {
        if (apply.op() == Elementwise.CAST) {
            cast(v, apply);
            return;
        }
        Level level = levels.of(v);
        if (apply.op() == Elementwise.WHERE) {
            Register mask = at(apply.a(), level);
            Register x = at(apply.b(), level);
            Register y = at(apply.c(), level);
            Register d = define(v, apply.dtype());
            steps.add(phase(v), Operations.where(mask, x, y, d), List.of(mask, x, y), d);
            return;
        }
        if (!scaled(v, apply)) {
            Register x = at(apply.a(), level);
            @Nullable Register y = apply.b() < 0 ? null : at(apply.b(), level);
            Register d = define(v, apply.dtype());
            Step step = Operations.step(apply.op(), x, y, d);
            steps.add(phase(v), step, y == null ? List.of(x) : List.of(x, y), d);
            steps.addCost(phase(v), level, apply.op().isHeavy());
        }
        if (Casts.needsFitting(apply.dtype()) && Operations.leavesRange(apply.op())) {
            Register d = registers[v];
            steps.add(phase(v), Casts.fit(d, apply.dtype()), List.of(d), d);
        }
    }

    /** Tries the form of an op where one operand is a single number, for the loop or for the row. */
    private boolean scaled(int v, Task.Apply apply) {
        Level level = levels.of(v);
        if (apply.b() < 0 || registers[apply.a()].kind != Kind.FLOAT || level == Level.SCALAR) {
            return false;
        }
        boolean swapped = registers[apply.a()].level != level;
        Register x = registers[swapped ? apply.b() : apply.a()];
        Register s = registers[swapped ? apply.a() : apply.b()];
        FloatOps.@Nullable Scaled f = FloatOps.scaled(apply.op(), swapped);
        boolean rows = s.level == Level.ROW && !space.isColumns() && space.tileLength() >= LONG_ROW;
        if (f == null || x.level != level || s.level == level || (s.level == Level.ROW && !rows)) {
            return false;
        }
        Register d = define(v, apply.dtype());
        steps.add(phase(v), rows ? Operations.scaledRows(f, x, s, d) : Operations.scaled(f, x, s, d), List.of(x, s), d);
        return true;
    }

    private void cast(int v, Task.Apply apply) {
        DType from = loop.values().get(apply.a()).dtype();
        if (Casts.isFree(from, apply.dtype())) {
            registers[v] = registers[apply.a()];
            return;
        }
        Register x = registers[apply.a()];
        Register d = define(v, apply.dtype());
        steps.add(phase(v), Casts.step(x, d, apply.dtype()), List.of(x), d);
    }

    // ---------------------------------------------------------------- reductions

    private void fold(int v, Task.Fold fold) {
        Register x = at(fold.a(), Level.FULL);
        boolean position = switch (fold.kind()) {
            case ARGMAX, ARGMIN -> true;
            case SUM, MAX, MIN -> false;
        };
        if (x.kind == Kind.INT) {
            x = widened(x, Kind.LONG, DType.I64);
        } else if (x.kind == Kind.FLOAT && position) {
            x = widened(x, Kind.DOUBLE, DType.F64);
        }
        Register state = new Register(x.kind == Kind.LONG ? Kind.LONG : Kind.DOUBLE, Level.ROW);
        Register d = define(v, fold.dtype());
        if (position) {
            steps.addFold(stream, new ArgFold(fold.kind(), x, state, d, space), x, state, d);
            return;
        }
        steps.addFold(stream, make(fold.kind(), x, state), x, state);
        // The states of all folds are cast: the result of a sum has to be rounded or wrapped.
        steps.add(stream ? Phase.END : Phase.TILE, Casts.step(state, d, fold.dtype()), List.of(state), d);
    }

    private Fold make(Reduce.Kind kind, Register x, Register state) {
        return x.kind == Kind.LONG
                ? new LongFold(kind, x, state, space.isColumns())
                : new DoubleFold(kind, x, state, space.isColumns());
    }

    private Register widened(Register x, Kind kind, DType dtype) {
        Register wide = new Register(kind, Level.FULL);
        steps.add(Phase.TILE, Casts.step(x, wide, dtype), List.of(x), wide);
        return wide;
    }

    // ---------------------------------------------------------------- stores

    private void store(Task.Store store) {
        Level level = levels.ofStore(store);
        Register x = at(store.value(), level);
        Phase phase = stream && level == Level.ROW ? Phase.END : Phase.TILE;
        steps.add(phase, Windows.store(space, x, store.access()), List.of(x));
    }
}
